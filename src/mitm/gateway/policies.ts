import { type PolicyEntry, type PolicyOptions, policyFaults } from '../waf/policy-options.ts';
import { GatewayError } from './options.ts';

/** How requests to a host, below a path, are judged otherwise. */
export interface WafPolicy {
  /** `shop.example`, `*.shop.example`; empty: every host. */
  readonly host: string;
  /** `/admin` is `/admin` and `/admin/...`; empty: every path. */
  readonly path: string;
  /** `inherit`: as all others. */
  readonly mode: 'inherit' | 'on' | 'detection' | 'off';
  /** 1 to 4; 0: as all others. */
  readonly paranoia: number;
  /** Rules that do not count, by their id. */
  readonly exclude: readonly number[];
}

/**
 * Policies as the rules take them: of those that mean a request the one with the most exact host counts, of one host
 * that with the longest path, as of routes. Undefined where there are none. Throws a {@link GatewayError}.
 */
export function policyOf(policies: readonly WafPolicy[] = []): PolicyOptions | undefined {
  if (policies.length === 0) return undefined;
  const places = new Map<string, number>();
  for (const [i, { host, path }] of policies.entries()) {
    const place = `${host.toLowerCase()}${path}`;
    const before = places.get(place);
    if (before !== undefined) {
      throw new GatewayError(
        `web.waf.policies[${i}]: there is one for ${place === '' ? 'every host and path' : place} already, [${before}]`,
      );
    }
    places.set(place, i);
    const faults = policyFaults({ entries: [entryOf(policies[i] as WafPolicy)] });
    const [fault] = faults;
    if (fault !== undefined)
      throw new GatewayError(`web.waf.policies[${i}]${fault.slice('entries[0]'.length)}`);
  }
  return { entries: [...policies].sort(bySpecificity).map(entryOf) };
}

function entryOf({ host, path, mode, paranoia, exclude }: WafPolicy): PolicyEntry {
  return {
    ...(host === '' ? {} : { host }),
    ...(path === '' ? {} : { path }),
    ...(mode === 'inherit' ? {} : { mode }),
    ...(paranoia === 0 ? {} : { paranoiaLevel: paranoia }),
    excludedRules: exclude.map(String),
  };
}

function bySpecificity(a: WafPolicy, b: WafPolicy): number {
  return exactness(b.host) - exactness(a.host) || b.path.length - a.path.length;
}

/** A whole name before patterns, a longer pattern before a shorter one, every host last. */
function exactness(host: string): number {
  if (host === '') return -1;
  return host.startsWith('*.') ? host.length : 1000;
}
