import type { Decision } from '../../event/index.ts';
import { formatAddress, parseAddress, parsePrefix } from '../../net/index.ts';
import type { Changes } from '../enforcer.ts';
import {
  compare,
  type ElementSet,
  type Elements,
  intervalText,
  lastAddress,
  numberOf,
  RULE_TYPES,
  type RuleType,
  SETS,
  type SetChange,
} from './element-set.ts';
import { layOut, type Network } from './segments.ts';

/** With more networks touched at once than this, all of a group are laid out anew. */
const FEW = 8;

/** What the rules can do about a decision. */
interface Target {
  readonly type: RuleType;
  readonly version: 4 | 6;
  /** The value in its short form: names the decision within its type and version. */
  readonly key: string;
  /** A network, or a single address of an exception; undefined for the address of a host. */
  readonly network: { readonly first: bigint; readonly last: bigint } | undefined;
}

/** Decisions of one type and version. */
interface Group {
  readonly hosts: Map<string, number>;
  readonly networks: Map<string, Network>;
}

/** Changes of a group by key; undefined: gone. */
interface Edit {
  readonly hosts: Map<string, number | undefined>;
  readonly networks: Map<string, Network | undefined>;
  /** Networks that the changes touch, also those that go. */
  readonly touched: { first: bigint; last: bigint }[];
}

/** Changes of all groups, to be shown ({@link Wanted.changesOf}) and made ({@link Wanted.edit}). */
export type Edits = ReadonlyMap<string, Edit>;

/** What the rules can do about a decision; undefined where they cannot, or its value is no address or network. */
export function targetOf({ type, scope, value, simulated }: Decision): Target | undefined {
  if (simulated || !isRuleType(type)) return undefined;
  if (scope === 'address') {
    const address = parseAddress(value);
    if (address === undefined) return undefined;
    const { version } = address;
    const key = formatAddress(version, ...address.words);
    if (type !== 'allow') return { type, version, key, network: undefined };
    const number = numberOf(address);
    return { type, version, key, network: { first: number, last: number } };
  }
  if (scope !== 'range') return undefined;
  const prefix = parsePrefix(value);
  if (prefix === undefined) return undefined;
  const { version, words, length } = prefix;
  const first = numberOf({ version, words });
  const last = first | (lastAddress(version) >> BigInt(length));
  return { type, version, key: `${formatAddress(version, ...words)}/${length}`, network: { first, last } };
}

function isRuleType(type: string): type is RuleType {
  return (RULE_TYPES as readonly string[]).includes(type);
}

/** What is to be in force, and which elements of which sets that takes. */
export class Wanted {
  private readonly groups = new Map<string, Group>();

  constructor() {
    for (const type of RULE_TYPES) {
      for (const version of [4, 6])
        this.groups.set(`${type}${version}`, { hosts: new Map(), networks: new Map() });
    }
  }

  /** Decisions of a type, both versions. */
  count(type: RuleType): number {
    let count = 0;
    for (const version of [4, 6]) {
      const { hosts, networks } = this.group(`${type}${version}`);
      count += hosts.size + networks.size;
    }
    return count;
  }

  /** Decisions of all types. */
  get size(): number {
    return RULE_TYPES.reduce((sum, type) => sum + this.count(type), 0);
  }

  /** Changes by type, scope and value: removals first, then additions, the last of which counts. Others are passed over. */
  read(changes: Changes, nowMs: number): Edits {
    const edits = new Map<string, Edit>();
    const put = (decision: Decision, untilMs: number | undefined): void => {
      const target = targetOf(decision);
      if (target === undefined) return;
      const name = `${target.type}${target.version}`;
      const edit: Edit = edits.get(name) ?? { hosts: new Map(), networks: new Map(), touched: [] };
      edits.set(name, edit);
      if (target.network === undefined) {
        edit.hosts.set(target.key, untilMs);
      } else {
        edit.touched.push({ ...target.network });
        edit.networks.set(target.key, untilMs === undefined ? undefined : { ...target.network, untilMs });
      }
    };
    for (const decision of changes.remove) put(decision, undefined);
    for (const decision of changes.add)
      put(decision, decision.untilMs > nowMs ? decision.untilMs : undefined);
    return edits;
  }

  /** What changes in the sets. */
  changesOf(edits: Edits, nowMs: number): SetChange[] {
    const changes: SetChange[] = [];
    for (const [name, edit] of edits) {
      const group = this.group(name);
      const networks = edit.touched.length === 0 ? undefined : networksAround(group.networks, edit);
      for (const set of SETS.filter((candidate) => candidate.name === name)) {
        if (!set.interval)
          changes.push(compare(set, picked(group.hosts, edit.hosts), present(edit.hosts), nowMs));
        else if (networks !== undefined) {
          changes.push(compare(set, intervals(set, networks.before), intervals(set, networks.after), nowMs));
        }
      }
    }
    return changes.filter(({ remove, add }) => remove.length > 0 || add.length > 0);
  }

  /** Makes changes; returns those that take them back. */
  edit(edits: Edits): Edits {
    const inverse = new Map<string, Edit>();
    for (const [name, { hosts, networks, touched }] of edits) {
      const group = this.group(name);
      inverse.set(name, {
        hosts: replace(group.hosts, hosts),
        networks: replace(group.networks, networks),
        touched,
      });
    }
    return inverse;
  }

  /** Drops what has ended: the kernel has taken it away by itself. */
  forget(nowMs: number): void {
    for (const { hosts, networks } of this.groups.values()) {
      for (const [key, untilMs] of hosts) if (untilMs <= nowMs) hosts.delete(key);
      for (const [key, { untilMs }] of networks) if (untilMs <= nowMs) networks.delete(key);
    }
  }

  /** All that is to be in a set. */
  elementsOf(set: ElementSet): Elements {
    const { hosts, networks } = this.group(set.name);
    return set.interval ? intervals(set, networks.values()) : hosts;
  }

  private group(name: string): Group {
    return this.groups.get(name) as Group;
  }
}

/** The networks that touched ones overlap with, before and after: no others' pieces change. */
function networksAround(networks: ReadonlyMap<string, Network>, edit: Edit) {
  const added = [...edit.networks.values()].filter((network) => network !== undefined);
  const regions = edit.touched.length > FEW ? undefined : edit.touched.map((touched) => ({ ...touched }));
  for (const list of [networks.values(), added]) {
    if (regions === undefined) break;
    for (const { first, last } of list) {
      for (const region of regions) {
        if (first > region.first || last < region.last) continue;
        region.first = first;
        region.last = last;
      }
    }
  }
  const before: Network[] = [];
  const after: Network[] = [];
  for (const [key, network] of networks) {
    const { first, last } = network;
    if (regions?.every((region) => first < region.first || last > region.last)) continue;
    before.push(network);
    if (!edit.networks.has(key)) after.push(network);
  }
  return { before, after: [...after, ...added] };
}

function intervals({ version }: ElementSet, networks: Iterable<Network>): Map<string, number> {
  return new Map(
    layOut(networks).map(
      ({ first, last, untilMs }) => [intervalText(version, first, last), untilMs] as const,
    ),
  );
}

/** Of `all`, what is named. */
function picked(all: ReadonlyMap<string, number>, named: ReadonlyMap<string, unknown>): Map<string, number> {
  const result = new Map<string, number>();
  for (const key of named.keys()) {
    const value = all.get(key);
    if (value !== undefined) result.set(key, value);
  }
  return result;
}

function present(changes: ReadonlyMap<string, number | undefined>): Map<string, number> {
  const result = new Map<string, number>();
  for (const [key, value] of changes) if (value !== undefined) result.set(key, value);
  return result;
}

/** Puts changes into a map; returns what takes them back. */
function replace<T>(
  map: Map<string, T>,
  changes: ReadonlyMap<string, T | undefined>,
): Map<string, T | undefined> {
  const inverse = new Map<string, T | undefined>();
  for (const [key, value] of changes) {
    inverse.set(key, map.get(key));
    if (value === undefined) map.delete(key);
    else map.set(key, value);
  }
  return inverse;
}
