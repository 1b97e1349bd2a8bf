import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Network } from './network.ts';
import { ADDRESS, LAN } from './topology.ts';

const FILE = 'nat.nft';
/** What masquerading needs besides, with a file of it. */
export const NAT_PACKAGE = ['nftables', '/usr/sbin/nft'] as const;

/**
 * Clients leave through `wan0` with the gateway's address there, as behind most uplinks; dmz, which is reached from
 * outside, keeps its own. IPv4 alone: IPv6 goes as it is. Throws where the kernel cannot.
 */
export async function masquerade(net: Network): Promise<void> {
  const file = join(net.folder, FILE);
  writeFileSync(
    file,
    `table ip lab_nat {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname "wan0" ip saddr ${LAN} ip saddr != ${ADDRESS.dmz} masquerade
  }
}
`,
  );
  const { code, output } = await net.run('gateway', 'nft', '-f', file);
  if (code !== 0) throw new Error(`the gateway cannot masquerade: ${output.trim().slice(-300)}`);
}

/** Whether the gateway of a lab masquerades. */
export function isMasquerading(folder: string): boolean {
  return existsSync(join(folder, FILE));
}
