/** A link as `ip -j -s -d link show` tells it. */
export interface Link {
  /** Its number in the network namespace; stays when it is renamed, is not used again while it lives. */
  readonly index: number;
  readonly name: string;
  /** `veth`, `dummy`, `bridge` ...; empty for hardware. */
  readonly kind: string;
  /** What its frames begin with: `ether`, `loopback`, `none` ... */
  readonly layer: string;
  /** Hardware address in hexadecimal with colons; empty where there is none. */
  readonly address: string;
  /** Switched on by the administrator. */
  readonly up: boolean;
  /** Frames that it could not send. */
  readonly sendDrops: number;
}

/** A queueing discipline as `tc qdisc show` tells it. */
export interface Qdisc {
  readonly kind: string;
  readonly handle: string;
  /** `root`, `parent ffff:fff1`, options, blocks: what stands behind the handle. */
  readonly rest: string;
}

/** A line `filter ...` of `tc -s filter show` with the lines that belong to it. */
export interface Filter {
  readonly protocol: string;
  readonly preference: number;
  /** `u32`, `matchall`, `bpf`, `flower` ... */
  readonly kind: string;
  /** What deletes this filter and no other; undefined for the lines that stand for a list or a hash table. */
  readonly handle: string | undefined;
  /** Device that its first mirred action copies to; `*` when that is gone. */
  readonly mirrorsTo: string | undefined;
  /** Cookie of its actions, in hexadecimal. */
  readonly cookie: string | undefined;
  /** Counted by its actions; a super-frame counts as the packets that it stands for. */
  readonly packets: number;
  readonly bytes: number;
  /** What its actions dropped, and what mirred could not hand on (`overlimits`). */
  readonly dropped: number;
}

/** Thrown for text that is not what the program prints. */
export class UnknownFormat extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnknownFormat';
  }
}

/** The links in the answer of `ip -j -s -d link show`. Throws {@link UnknownFormat}. */
export function parseLinks(text: string): Link[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new UnknownFormat('ip -j does not answer in JSON');
  }
  if (!Array.isArray(list)) throw new UnknownFormat('ip -j link does not answer with a list');
  // Links of which nothing may be told are empty objects.
  return list.filter((one) => isObject(one) && 'ifname' in one).map(link);
}

function link(one: Readonly<Record<string, unknown>>): Link {
  const { ifindex, ifname, link_type: layer, address, flags, linkinfo, stats64 } = one;
  if (typeof ifindex !== 'number' || typeof ifname !== 'string') {
    throw new UnknownFormat('ip -j link names a link without number or name');
  }
  const kind = isObject(linkinfo) ? linkinfo.info_kind : '';
  const sent = isObject(stats64) && isObject(stats64.tx) ? stats64.tx.dropped : 0;
  return {
    index: ifindex,
    name: ifname,
    kind: typeof kind === 'string' ? kind : '',
    layer: typeof layer === 'string' ? layer : '',
    address: typeof address === 'string' ? address : '',
    up: Array.isArray(flags) && flags.includes('UP'),
    sendDrops: typeof sent === 'number' ? sent : 0,
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The disciplines in the answer of `tc qdisc show dev NAME`. Throws {@link UnknownFormat}. */
export function parseQdiscs(text: string): Qdisc[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('qdisc ')) return [];
    const match = /^qdisc (\S+) (\S+:)(?: (.*))?$/.exec(line.trimEnd());
    if (match === null) throw new UnknownFormat(`tc qdisc show says '${line}'`);
    return [{ kind: match[1] ?? '', handle: match[2] ?? '', rest: match[3] ?? '' }];
  });
}

/** The filters in the answer of `tc -s filter show dev NAME ingress|egress`. Throws {@link UnknownFormat}. */
export function parseFilters(text: string): Filter[] {
  return text
    .split(/^(?=filter )/m)
    .filter((part) => part.startsWith('filter '))
    .map(filter);
}

function filter(text: string): Filter {
  const lines = text.split('\n');
  const head = /^filter (?:(?:parent|block) \S+ )?protocol (\S+) pref (\d+) (\S+)(?: chain \d+)?(.*)$/.exec(
    lines[0] ?? '',
  );
  if (head === null) throw new UnknownFormat(`tc filter show says '${lines[0]}'`);
  let [packets, bytes, dropped] = [0, 0, 0];
  let mirrorsTo: string | undefined;
  let cookie: string | undefined;
  for (const line of lines) {
    const sent = /^\s*Sent (\d+) bytes (\d+) pkt \(dropped (\d+), overlimits (\d+)/.exec(line);
    if (sent !== null) {
      [bytes, packets] = [bytes + Number(sent[1]), packets + Number(sent[2])];
      dropped += Number(sent[3]) + Number(sent[4]);
    }
    mirrorsTo ??= /^\s*action order \d+: mirred \(Egress Mirror to device (\S+)\)/.exec(line)?.[1];
    cookie ??= /^\s*cookie ([0-9a-f]+)/.exec(line)?.[1];
  }
  const rest = head[4] ?? '';
  const handle = / fh (\w+:\w*:\w+)/.exec(rest)?.[1] ?? / handle (0x\w+)/.exec(rest)?.[1];
  return {
    protocol: head[1] ?? '',
    preference: Number(head[2]),
    kind: head[3] ?? '',
    handle,
    mirrorsTo,
    cookie,
    packets,
    bytes,
    dropped,
  };
}
