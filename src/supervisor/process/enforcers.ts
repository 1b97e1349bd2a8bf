import { type Configuration, endpointOf } from '../../config/index.ts';
import { parseAddress } from '../../net/index.ts';
import type { Enforcer } from '../../respond/index.ts';
import { NftablesEnforcer, type Redirect } from '../../respond/nftables/index.ts';
import { XdpEnforcer } from '../../respond/xdp/index.ts';

/** What the configuration names to enforce decisions in the kernel. Throws EnforcerError for options that make no sense. */
export function kernelEnforcers({ nftables, xdp }: Configuration['respond']): Enforcer[] {
  const { enabled, ingress, throttle, redirect } = nftables;
  const list: Enforcer[] = [];
  if (enabled) {
    const to = redirectOf(redirect);
    list.push(
      new NftablesEnforcer({
        ingress,
        throttle: { packetsPerSecond: throttle },
        ...(to === undefined ? {} : { redirect: to }),
      }),
    );
  }
  if (xdp.interfaces.length > 0) list.push(new XdpEnforcer({ interfaces: xdp.interfaces }));
  return list;
}

/** `192.0.2.1:8080`, `[2001:db8::1]:8080` or `:8080`, which is this machine's own address. */
function redirectOf(text: string): Redirect | undefined {
  if (text === '') return undefined;
  const { host, port } = endpointOf(text);
  const address = parseAddress(host);
  return {
    port,
    ...(address?.version === 4 ? { address4: host } : {}),
    ...(address?.version === 6 ? { address6: host } : {}),
  };
}
