import { MirrorError } from './mirror-error.ts';
import type { Classifier, MirrorFilters, SoftwareMirror, Target } from './record.ts';
import type { Filter, Link, Qdisc } from './traffic-control.ts';

/** One change: a call of ip or tc, or a value for a file under /proc/sys. */
export type Step =
  | { readonly program: 'ip' | 'tc'; readonly args: readonly string[] }
  | { readonly file: string; readonly value: string };

/** What hangs on an interface. */
export interface Attached {
  readonly qdiscs: readonly Qdisc[];
  readonly ingress: readonly Filter[];
  readonly egress: readonly Filter[];
}

/** The number of our filters within their preference: one that tc does not give by itself (those begin at 0x800). */
export const NODE = '7e1';
/**
 * Preference of the mirror where nobody is in front. Low, so that the mirror sees packets before a filter of others
 * drops or redirects them; not 1, for filters that are added without a preference get the one below the first.
 */
const PREFERENCE = 1000;
/** As large as a device can have: what fits the source fits the target, also when the source is changed later. */
const MTU = '65535';

const DIRECTIONS = ['ingress', 'egress'] as const;
type Direction = (typeof DIRECTIONS)[number];

/** Name of the end of a pair that the filters mirror to. */
export function inputName(target: string): string {
  return `${target.slice(0, 12)}-in`;
}

/**
 * Makes the target (`create`), deaf and dumb (`quieten`) but not switched on: it must not answer what is mirrored to
 * it, nor send anything by itself.
 */
export function planTarget(
  target: Target,
  sysctl: { readonly ipv6: boolean },
): { readonly create: Step; readonly quieten: readonly Step[] } {
  const { kind, name, address, input, inputAddress } = target;
  const device = ['link', 'add', 'name', input, 'address', inputAddress, 'mtu', MTU, 'type', kind];
  const peer = ['peer', 'name', name, 'address', address, 'mtu', MTU];
  const quieten = endsOf(target).flatMap((end): Step[] => [
    ...(sysctl.ipv6 ? [{ file: `/proc/sys/net/ipv6/conf/${end}/disable_ipv6`, value: '1' }] : []),
    { program: 'ip', args: ['link', 'set', 'dev', end, 'arp', 'off'] },
  ]);
  return { create: { program: 'ip', args: kind === 'veth' ? [...device, ...peer] : device }, quieten };
}

function endsOf({ kind, name, input }: Target): readonly string[] {
  return kind === 'veth' ? [input, name] : [name];
}

/** Switches the target on. */
export function planSwitchOn(target: Target): Step[] {
  return endsOf(target).map((end): Step => ({ program: 'ip', args: ['link', 'set', 'dev', end, 'up'] }));
}

/** A hook for filters on a device. */
export function planClsact(device: string): Step {
  return { program: 'tc', args: ['qdisc', 'add', 'dev', device, 'clsact'] };
}

/** Tries a mirror on the target itself, where nothing passes yet: fails where the kernel lacks the classifier. */
export function planProbe({ name, input }: Target, classifier: Classifier): Step[] {
  return [
    mirrorFilter(name, 'egress', input, { classifier, cookie: '00', preference: 1 }),
    { program: 'tc', args: ['filter', 'del', 'dev', name, 'egress', 'pref', '1'] },
  ];
}

/**
 * Ways to drop what arrives on the capturing end of a pair, behind the capture and before the machine's own network
 * stack: a broadcast that is mirrored must not reach a DHCP server a second time. The first that the kernel takes.
 */
export function planSeals({ name }: Target, classifier: Classifier): Step[] {
  const add = ['filter', 'add', 'dev', name, 'ingress', 'protocol', 'all', 'pref', '1'];
  return [
    { program: 'tc', args: [...add, ...match(classifier), 'action', 'drop'] },
    // Without the action `drop` (act_gact): one instruction of classic BPF, return TC_ACT_SHOT (2).
    { program: 'tc', args: [...add, 'bpf', 'da', 'bytecode', '1,6 0 0 2,'] },
  ];
}

/**
 * Where the filters go on the source, and whether `clsact` has to be added. Throws {@link MirrorError} when what hangs
 * there already leaves no room for both directions.
 */
export function placeFilters(
  source: string,
  attached: Attached,
): { readonly clsact: boolean; readonly ingress: number; readonly egress: number } {
  const hook = attached.qdiscs.find(({ rest }) => rest.startsWith('parent ffff:fff1'));
  if (hook !== undefined && hook.kind !== 'clsact') {
    throw new MirrorError(
      `${source} has a qdisc '${hook.kind}' of somebody else, which takes no filters for what is sent; it must be replaced by clsact, which takes the same filters and more (tc qdisc del dev ${source} ${hook.kind}; tc qdisc add dev ${source} clsact; then its filters again)`,
    );
  }
  if (hook !== undefined && /(?:in|e)gress_block/.test(hook.rest)) {
    throw new MirrorError(
      `the filters of ${source} are in a block that it shares with other interfaces (${hook.rest}); a mirror there would copy the packets of all of them`,
    );
  }
  const taken = new Set([...attached.ingress, ...attached.egress].map(({ preference }) => preference));
  // Two preferences: hash tables of u32 with one preference show up in both directions.
  const first = Math.min(PREFERENCE + 2, ...taken) - 2;
  const ingress = first > 1 ? first : firstFree(taken);
  return { clsact: hook === undefined, ingress, egress: ingress + 1 };
}

function firstFree(taken: ReadonlySet<number>): number {
  for (let preference = 1; preference < 0xffff; preference++) {
    if (!taken.has(preference) && !taken.has(preference + 1)) return preference;
  }
  throw new MirrorError('every preference for filters is taken on this interface');
}

/** The two filters of a mirror. */
export function planFilters(source: string, input: string, filters: MirrorFilters): Step[] {
  const { classifier, cookie } = filters;
  return DIRECTIONS.map((direction) =>
    mirrorFilter(source, direction, input, { classifier, cookie, preference: filters[direction] }),
  );
}

function mirrorFilter(
  device: string,
  direction: Direction,
  to: string,
  filter: { readonly classifier: Classifier; readonly cookie: string; readonly preference: number },
): Step {
  const { classifier, cookie, preference } = filter;
  const handle = classifier === 'u32' ? `::${NODE}` : `0x${NODE}`;
  return {
    program: 'tc',
    args: [
      ...['filter', 'add', 'dev', device, direction, 'protocol', 'all', 'pref', String(preference)],
      ...['handle', handle, ...match(classifier), 'skip_hw'],
      // `continue`: filters of others that come behind are asked as before. With mirred's own `pipe` they would not be.
      ...['action', 'mirred', 'egress', 'mirror', 'dev', to, 'continue', 'cookie', cookie],
    ],
  };
}

function match(classifier: Classifier): readonly string[] {
  return classifier === 'u32' ? ['u32', 'match', 'u32', '0', '0'] : ['matchall'];
}

/** What of a mirror the kernel still shows. */
export interface Remains {
  /** The source's name now; undefined when it is gone, and with it all that hung on it. */
  readonly source: string | undefined;
  readonly attached: Attached;
  readonly target: Link | undefined;
  /** Names of all links that are switched on. */
  readonly up: ReadonlySet<string>;
}

/** True when the kernel shows something that can only be this mirror's. */
export function isEvidence(mirror: SoftwareMirror, { attached, target }: Remains): boolean {
  return (
    target !== undefined ||
    [...attached.ingress, ...attached.egress].some((filter) => isOwn(filter, mirror.filters))
  );
}

/** True for a filter that this mirror has made. */
export function isOwn(filter: Filter, filters: MirrorFilters | undefined): boolean {
  return filters !== undefined && filter.cookie === filters.cookie;
}

/**
 * The next change that brings the kernel back to where it was before this mirror; undefined when nothing is left to
 * do. Ask again with what remains after each. The target goes last: as long as it is there, the rest is known as ours.
 *
 * `sure`: something ours was seen ({@link isEvidence}) when undoing began; an empty `clsact` bears no name.
 */
export function nextUndo(mirror: SoftwareMirror, remains: Remains, sure: boolean): Step | undefined {
  const { source, attached, target } = remains;
  if (source !== undefined) {
    for (const direction of DIRECTIONS) {
      const step = undoFilter(source, direction, attached[direction], mirror.filters);
      if (step !== undefined) return step;
    }
    const idle = attached.ingress.length === 0 && attached.egress.length === 0;
    if (mirror.clsact && sure && idle && attached.qdiscs.some(({ kind }) => kind === 'clsact')) {
      return { program: 'tc', args: ['qdisc', 'del', 'dev', source, 'clsact'] };
    }
  }
  if (target === undefined) return undefined;
  return { program: 'ip', args: ['link', 'del', 'dev', target.name] };
}

function undoFilter(
  source: string,
  direction: Direction,
  present: readonly Filter[],
  filters: MirrorFilters | undefined,
): Step | undefined {
  if (filters === undefined) return undefined;
  const remove = (preference: number, ...rest: readonly string[]): Step => ({
    program: 'tc',
    args: ['filter', 'del', 'dev', source, direction, 'protocol', 'all', 'pref', String(preference), ...rest],
  });
  const own = present.find((filter) => isOwn(filter, filters) && filter.handle !== undefined);
  if (own !== undefined) return remove(own.preference, 'handle', own.handle ?? '', own.kind);
  // Without its last filter a list of u32 stays behind, with an empty hash table and nobody's name.
  const list = present.filter(({ preference }) => preference === filters[direction]);
  const empty = list.every(
    ({ handle, kind, protocol }) => handle === undefined && kind === filters.classifier && protocol === 'all',
  );
  return list.length > 0 && empty ? remove(filters[direction], filters.classifier) : undefined;
}
