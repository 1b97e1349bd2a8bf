import { SETS, TABLES, type Table } from './element-set.ts';
import type { Settings } from './options.ts';

/** Marks a table as ours; the number counts changes of what is in it. */
const MARK = 'weir decisions 1';
/** Addresses whose rate is measured at once in each table; older ones are forgotten after a minute. */
const METERS = 65_535;
/** Before filter chains of others (0) and address translation (-100), behind connection tracking (-200). */
const PRIORITY = -150;
/** At an interface: before flow tables and other chains there (0). */
const INGRESS_PRIORITY = -500;
/** Before address translation of others (-100): the first that matches counts. */
const REDIRECT_PRIORITY = -110;

/** The name of a table in the kernel; its family is inet. */
export function tableName({ prefix }: Pick<Settings, 'prefix'>, table: Table): string {
  return `${prefix}_${table}`;
}

/** Whether `nft list table` shows a table of ours, of this version or another. */
export function isOurs(listing: string): boolean {
  return /^\tcomment "weir decisions \d+"$/m.test(listing);
}

/** What a listing says about the structure: without what the packets count. */
export function fingerprint(listing: string): string {
  return listing.replace(/ packets \d+ bytes \d+/g, '');
}

/** Packets that the rules have dropped, by what was behind it. */
export function droppedPackets(listing: string): { readonly banned: number; readonly throttled: number } {
  let banned = 0;
  let throttled = 0;
  for (const [, set, packets] of listing.matchAll(
    /@(ban|meter)[46] .*counter packets (\d+) bytes \d+ drop/g,
  )) {
    if (set === 'ban') banned += Number(packets);
    else throttled += Number(packets);
  }
  return { banned, throttled };
}

/** Both tables without elements, as `nft -f -` takes them, one command a line; `devices` are interfaces that exist. */
export function rulesetLines(settings: Settings, devices: readonly string[]): string[] {
  return TABLES.flatMap((table) => tableLines(settings, table, devices));
}

/** Commands that remove tables. */
export function removalLines(settings: Settings, tables: readonly Table[]): string[] {
  return tables.map((table) => `delete table inet ${tableName(settings, table)}`);
}

function tableLines(settings: Settings, table: Table, devices: readonly string[]): string[] {
  const lines = [`table inet ${tableName(settings, table)} {`, `\tcomment "${MARK}"`];
  for (const { table: of, name, version, interval } of SETS) {
    if (of !== table) continue;
    const flags = interval ? 'interval, timeout' : 'timeout';
    lines.push(`\tset ${name} { type ipv${version}_addr; flags ${flags}; }`);
  }
  for (const version of [4, 6]) {
    const meter = `type ipv${version}_addr; size ${METERS}; flags dynamic, timeout; timeout 1m;`;
    lines.push(`\tset meter${version} { ${meter} }`);
  }
  lines.push('\tchain bans {', ...banRules(), '\t}');
  lines.push('\tchain throttles {', ...throttleRules(settings, table), '\t}');
  for (const hook of ['forward', 'input', 'output']) {
    lines.push(
      ...baseChain(hook, `filter hook ${hook} priority ${PRIORITY}`, ['jump bans', 'jump throttles']),
    );
  }
  if (devices.length > 0) {
    const list = devices.map((device) => `"${device}"`).join(', ');
    const hook = `filter hook ingress devices = { ${list} } priority ${INGRESS_PRIORITY}`;
    lines.push(...baseChain('ingress', hook, ['jump bans']));
  }
  if (settings.redirect !== undefined) {
    const rules = redirectRules(settings.redirect);
    lines.push(...baseChain('redirects', `nat hook prerouting priority ${REDIRECT_PRIORITY}`, rules));
  }
  lines.push('}');
  return lines;
}

function baseChain(name: string, hook: string, rules: readonly string[]): string[] {
  return [
    `\tchain ${name} {`,
    `\t\ttype ${hook}; policy accept;`,
    ...rules.map((rule) => `\t\t${rule}`),
    '\t}',
  ];
}

/** `ip saddr @ban4 ip saddr != @allow4` for both ends and versions: an exception is asked about where it matters only. */
function matches(type: string): { readonly match: string; readonly end: string; readonly version: 4 | 6 }[] {
  return ([4, 6] as const).flatMap((version) =>
    ['saddr', 'daddr'].map((end) => {
      const field = `${version === 4 ? 'ip' : 'ip6'} ${end}`;
      return { match: `${field} @${type}${version} ${field} != @allow${version}`, end, version };
    }),
  );
}

function banRules(): string[] {
  return matches('ban').map(({ match }) => `\t\t${match} counter drop`);
}

/**
 * One limit for each address, both directions together. Of an IPv6 network it is one for each /64: a host has all of
 * that to itself, and could send from ever new addresses.
 */
function throttleRules({ packetsPerSecond, burst }: Settings, table: Table): string[] {
  const limit = `limit rate over ${packetsPerSecond}/second burst ${burst} packets`;
  return matches('throttle').map(({ match, end, version }) => {
    const mask = version === 6 && table === 'ranges' ? ' & ffff:ffff:ffff:ffff::' : '';
    const key = `${version === 4 ? 'ip' : 'ip6'} ${end}${mask}`;
    return `\t\t${match} update @meter${version} { ${key} ${limit} } counter drop`;
  });
}

function redirectRules({ port, ports, address4, address6 }: NonNullable<Settings['redirect']>): string[] {
  const to4 = address4 === undefined ? `redirect to :${port}` : `dnat ip to ${address4}:${port}`;
  const to6 = address6 === undefined ? `redirect to :${port}` : `dnat ip6 to [${address6}]:${port}`;
  return matches('redirect')
    .filter(({ end }) => end === 'saddr')
    .map(({ match, version }) => {
      return `${match} tcp dport { ${ports.join(', ')} } counter ${version === 4 ? to4 : to6}`;
    });
}
