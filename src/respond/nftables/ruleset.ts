/** The table's structure as `nft` reads and lists it. */
import { formatAddress, parsePrefix } from '../../net/index.ts';
import { bitsOf, type ElementSet, setNamed } from './element-set.ts';
import type { Settings } from './options.ts';

/** Marks a table as ours; the number counts changes of what is in it. */
const MARK = 'weir decisions 2';
/** Addresses whose rate is measured at once; older ones are forgotten after a minute. */
const METERS = 65_535;
/** Before filter chains of others (0) and address translation (-100), behind connection tracking (-200). */
const PRIORITY = -150;
/** At an interface: before flow tables and other chains there (0). */
const INGRESS_PRIORITY = -500;
/** Before address translation of others (-100): the first that matches counts. */
const REDIRECT_PRIORITY = -110;
const VERSIONS = [4, 6] as const;
const ENDS = ['saddr', 'daddr'] as const;
/** What is dropped because of where it comes from, because of where it goes to, and for being too much. */
const COUNTERS = { saddr: 'banned_from', daddr: 'banned_to', throttle: 'throttled' } as const;

/** A rule that asks whether an end of a packet is in a set. */
export interface Lookup {
  readonly chain: string;
  readonly set: ElementSet;
  readonly end: End;
  /** The chain where it goes on then; undefined: back where it came from. */
  readonly to: string | undefined;
}

type End = (typeof ENDS)[number];

/** The name of the table in the kernel; its family is inet. */
export function tableName({ prefix }: Pick<Settings, 'prefix'>): string {
  return `${prefix}_decisions`;
}

/** Names of tables that the layout before this one (its number was 1) had. */
export function formerNames({ prefix }: Pick<Settings, 'prefix'>): string[] {
  return [`${prefix}_hosts`, `${prefix}_ranges`];
}

/** The listings of tables in that of a rule set, by name. */
export function tablesIn(ruleset: string): Map<string, string> {
  const tables = new Map<string, string>();
  for (const [listing, name = ''] of ruleset.matchAll(/^table inet (\S+) \{.*\n(?:\t.*\n|\n)*\}$/gm)) {
    tables.set(name, listing);
  }
  return tables;
}

/** Whether a listing is that of a table of ours, of this layout or another. */
export function isOurs(listing: string | undefined): boolean {
  return /^\tcomment "weir decisions \d+"$/m.test(listing ?? '');
}

/** The sets of decisions in a listing. */
export function setsIn(listing: string): ElementSet[] {
  const names = [...listing.matchAll(/^\tset (\w+) \{$/gm)].map(([, name = '']) => name);
  return names.map(setNamed).filter((set) => set !== undefined);
}

/** What a listing says about the structure: without what the packets count. */
export function fingerprint(listing: string): string {
  return listing.replace(/\bpackets \d+ bytes \d+/g, '');
}

/** Packets that the rules have dropped, by what was behind it. */
export function droppedPackets(listing: string): { readonly banned: number; readonly throttled: number } {
  const count = (name: string): number =>
    Number(new RegExp(`\\tcounter ${name} \\{\\s+packets (\\d+) `).exec(listing)?.[1] ?? 0);
  return {
    banned: count(COUNTERS.saddr) + count(COUNTERS.daddr),
    throttled: count(COUNTERS.throttle),
  };
}

/**
 * Commands that make the table without elements; `devices` are interfaces that exist. Each packet is looked up in every
 * set of its IP version, so only sets are there that are used.
 */
export function makingLines(
  settings: Settings,
  devices: readonly string[],
  layout: readonly ElementSet[],
): string[] {
  const table = `inet ${tableName(settings)}`;
  const lines = [`add table ${table} { comment "${MARK}"; }`];
  for (const counter of Object.values(COUNTERS)) lines.push(`add counter ${table} ${counter}`);
  for (const version of VERSIONS) {
    const meter = `type ipv${version}_addr; size ${METERS}; flags dynamic, timeout; timeout 1m;`;
    lines.push(`add set ${table} meter${version} { ${meter} }`);
  }
  for (const chain of decisionRules(settings, layout).keys()) lines.push(`add chain ${table} ${chain}`);
  const base = (name: string, hook: string, to: readonly string[]): void => {
    lines.push(`add chain ${table} ${name} { type ${hook}; policy accept; }`);
    for (const chain of to) {
      for (const version of VERSIONS)
        lines.push(`add rule ${table} ${name} meta nfproto ipv${version} jump ${chain}${version}`);
    }
  };
  for (const hook of ['forward', 'input', 'output']) {
    base(hook, `filter hook ${hook} priority ${PRIORITY}`, ['bans', 'throttles']);
  }
  if (devices.length > 0) {
    const list = devices.map((device) => `"${device}"`).join(', ');
    base('ingress', `filter hook ingress devices = { ${list} } priority ${INGRESS_PRIORITY}`, ['bans']);
  }
  if (settings.redirect !== undefined) {
    base('redirects', `nat hook prerouting priority ${REDIRECT_PRIORITY}`, ['redirects']);
  }
  return [...lines, ...layingLines(settings, [], layout)];
}

/** Commands that add the sets which `present` lacks and let the rules ask those of the layout alone. */
export function layingLines(
  settings: Settings,
  present: readonly ElementSet[],
  layout: readonly ElementSet[],
): string[] {
  const name = tableName(settings);
  const lines = layout.filter((set) => !present.includes(set)).map((set) => setLine(name, set));
  for (const [chain, rules] of decisionRules(settings, layout)) {
    lines.push(
      `flush chain inet ${name} ${chain}`,
      ...rules.map((rule) => `add rule inet ${name} ${chain} ${rule}`),
    );
  }
  return lines;
}

/** Commands that make sets, and the rules that ask them. */
export function growingLines(table: string, lookups: readonly Lookup[]): string[] {
  const sets = new Set(lookups.map(({ set }) => set));
  return [
    ...[...sets].map((set) => setLine(table, set)),
    ...lookups.map((lookup) => `insert rule inet ${table} ${lookup.chain} ${lookupText(lookup)}`),
  ];
}

function setLine(table: string, { name, version }: ElementSet): string {
  return `add set inet ${table} ${name} { type ipv${version}_addr; flags timeout; }`;
}

/** Commands that remove the sets which a layout has no more. To be run behind {@link layingLines}. */
export function leavingLines(
  settings: Settings,
  present: readonly ElementSet[],
  layout: readonly ElementSet[],
): string[] {
  return present
    .filter((set) => !layout.includes(set))
    .map(({ name }) => `delete set inet ${tableName(settings)} ${name}`);
}

/** Rules by chain: those that ask sets, and behind them those that do what was decided. */
function decisionRules(settings: Settings, layout: readonly ElementSet[]): Map<string, string[]> {
  const chains = new Map<string, string[]>();
  for (const version of VERSIONS) {
    for (const chain of ['bans', 'throttles']) chains.set(`${chain}${version}`, []);
    if (settings.redirect !== undefined) chains.set(`redirects${version}`, []);
    for (const end of ENDS) for (const { chain } of outcomes(settings, version, end)) chains.set(chain, []);
  }
  for (const lookup of layout.flatMap((set) => lookupsOf(settings, set))) {
    chains.get(lookup.chain)?.push(lookupText(lookup));
  }
  for (const version of VERSIONS) {
    for (const end of ENDS) {
      for (const { chain, rule } of outcomes(settings, version, end)) chains.get(chain)?.push(rule);
    }
  }
  return chains;
}

/**
 * The rules that ask a set. `bans4` and its like ask whether an address is in one; only then the next chain asks whether
 * it is excepted.
 */
export function lookupsOf(settings: Settings, set: ElementSet): Lookup[] {
  const { type, version, length } = set;
  switch (type) {
    case 'ban':
      return ENDS.map((end) => ({ chain: `bans${version}`, set, end, to: `ban_${end}${version}` }));
    case 'throttle': {
      const kind = length === undefined ? 'host' : 'network';
      const to = (end: End): string => `throttle_${kind}_${end}${version}`;
      return ENDS.map((end) => ({ chain: `throttles${version}`, set, end, to: to(end) }));
    }
    case 'redirect':
      if (settings.redirect === undefined) return [];
      return [{ chain: `redirects${version}`, set, end: 'saddr', to: `redirect${version}` }];
    case 'allow':
      return ENDS.flatMap((end) =>
        outcomes(settings, version, end).map(({ chain }) => ({ chain, set, end, to: undefined })),
      );
  }
}

/** Chains that do what was decided about an end of a packet, and the rule that does it. */
function outcomes(settings: Settings, version: 4 | 6, end: End) {
  const chains = [{ chain: `ban_${end}${version}`, rule: `counter name ${COUNTERS[end]} drop` }];
  for (const kind of ['host', 'network'] as const) {
    const rule = throttleRule(settings, version, end, kind);
    chains.push({ chain: `throttle_${kind}_${end}${version}`, rule });
  }
  if (settings.redirect !== undefined && end === 'saddr') {
    chains.push({ chain: `redirect${version}`, rule: redirectRule(settings.redirect, version) });
  }
  return chains;
}

/** `ip saddr @ban4 jump ban_saddr4`, `ip6 daddr & ffff:ffff:: @allow6_32 return`. */
function lookupText({ set: { name, version, length }, end, to }: Lookup): string {
  const verdict = to === undefined ? 'return' : `jump ${to}`;
  return `${fieldOf(version, end)}${maskOf(version, length)} @${name} ${verdict}`;
}

function fieldOf(version: 4 | 6, end: End): string {
  return `${version === 4 ? 'ip' : 'ip6'} ${end}`;
}

function maskOf(version: 4 | 6, length: number | undefined): string {
  if (length === undefined || length === bitsOf(version)) return '';
  const mask = parsePrefix(`${allOnes(version)}/${length}`);
  return mask === undefined ? '' : ` & ${formatAddress(version, ...mask.words)}`;
}

/** The last address of a version. */
export function allOnes(version: 4 | 6): string {
  return version === 4 ? '255.255.255.255' : Array(8).fill('ffff').join(':');
}

/**
 * One limit for each address, both directions together. Of an IPv6 network it is one for each /64: a host has all of
 * that to itself, and could send from ever new addresses.
 */
function throttleRule(
  { packetsPerSecond, burst }: Settings,
  version: 4 | 6,
  end: End,
  kind: 'host' | 'network',
): string {
  const key = `${fieldOf(version, end)}${version === 6 && kind === 'network' ? maskOf(6, 64) : ''}`;
  const limit = `limit rate over ${packetsPerSecond}/second burst ${burst} packets`;
  return `update @meter${version} { ${key} ${limit} } counter name ${COUNTERS.throttle} drop`;
}

function redirectRule(redirect: NonNullable<Settings['redirect']>, version: 4 | 6): string {
  const { port, ports, address4, address6 } = redirect;
  const match = `tcp dport { ${ports.join(', ')} } counter`;
  const address = version === 4 ? address4 : address6;
  if (address === undefined) return `${match} redirect to :${port}`;
  return version === 4
    ? `${match} dnat ip to ${address}:${port}`
    : `${match} dnat ip6 to [${address}]:${port}`;
}
