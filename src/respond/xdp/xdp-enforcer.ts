import { closeSync } from 'node:fs';
import type { Decision } from '../../event/index.ts';
import { type KernelAddon, kernelAddon } from '../../native/index.ts';
import { type Changes, type Enforcer, EnforcerError, type Reconciled } from '../enforcer.ts';
import { type Attachment, AttachmentError, Attachments, errnoOf } from './attachment.ts';
import { dropProgram, TABLES } from './program.ts';
import {
  COUNTERS,
  eachInTurn,
  type MapShape,
  monotonicNs,
  placeOf,
  Table,
  type TableBounds,
  type TableName,
  tableShape,
} from './tables.ts';

/** How an {@link XdpEnforcer} is set up. */
export interface XdpOptions {
  /** Names of interfaces; packets that come in on them are looked at. No other interface is touched. */
  readonly interfaces: readonly string[];
  /** Entries at most, for IPv4 and for IPv6 each. Default: 200,000 hosts, 50,000 ranges, 10,000 allowed. */
  readonly bounds?: Partial<TableBounds>;
  /**
   * By which programs and maps are known in the kernel (`weir_xdp`, `weir_host4`): 1 to 8 lower-case letters and digits.
   * What has this name in the network namespace is ours to replace and to take away. Default: `weir`.
   */
  readonly label?: string;
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
}

const DEFAULT_BOUNDS: TableBounds = { hosts: 200_000, ranges: 50_000, allowed: 10_000 };
const XDP_PROGRAM = 6;
/** Frames may lie in several buffers: with jumbo frames and on veth. Since Linux 5.18. */
const FRAGMENTS = 1 << 5;
const LICENSE = 'Apache-2.0';
const EPERM = 1;
const MOST_INTERFACES = 256;
/** The end of an entry is set anew when it is off by more, as after the clock was set. */
const DRIFT_NS = 1e9;

/** What is in the kernel. */
interface Kernel {
  readonly program: number;
  readonly tables: Readonly<Record<TableName, Table>>;
  readonly counters: number;
}

type Wanted = Readonly<Record<TableName, Map<string, number>>>;

/**
 * Drops what comes from banned addresses and networks before the kernel makes a packet of it: a BPF program on the
 * named interfaces, in the driver where that can. Decisions lie in maps with the time at which each ends, so that they
 * end in the kernel, with or without this process. An allowed address or network passes whatever is banned.
 *
 * The program stays on its interfaces, with its maps, when this process ends without `close(false)`; the next run finds
 * both and goes on with the same maps, so that bans hold all the while.
 */
export class XdpEnforcer implements Enforcer {
  readonly name = 'xdp';
  private readonly interfaces: readonly string[];
  private readonly bounds: TableBounds;
  private readonly label: string;
  private readonly now: () => number;
  private kernel: Kernel | undefined;
  private known: Attachments | undefined;
  private places: readonly Attachment[] = [];

  /** Throws where an option is not what it should be. */
  constructor(options: XdpOptions) {
    this.interfaces = [...new Set(options.interfaces)];
    this.bounds = { ...DEFAULT_BOUNDS, ...options.bounds };
    this.label = options.label ?? 'weir';
    this.now = options.now ?? Date.now;
    if (!/^[a-z0-9]{1,8}$/.test(this.label)) {
      throw new EnforcerError(`xdp: label ${this.label} is not 1 to 8 lower-case letters and digits`);
    }
    if (this.interfaces.length === 0 || this.interfaces.length > MOST_INTERFACES) {
      throw new EnforcerError(
        `xdp: names of 1 to ${MOST_INTERFACES} interfaces are needed, as ip link shows them`,
      );
    }
    for (const [name, count] of Object.entries(this.bounds)) {
      if (!Number.isInteger(count) || count < 1 || count > 1 << 24) {
        throw new EnforcerError(`xdp: ${name} is ${count}, and must be a whole number from 1 to ${1 << 24}`);
      }
    }
  }

  handles(decision: Decision): boolean {
    return !decision.simulated && placeOf(decision) !== undefined;
  }

  plan(changes: Changes): readonly string[] {
    const where = this.interfaces.join(', ');
    return [
      ...changes.remove.map(({ type, value }) =>
        type === 'ban' ? `xdp: no longer drop packets from ${value}` : `xdp: no longer except ${value}`,
      ),
      ...changes.add.map(({ type, value, untilMs }) => {
        const until = `until ${new Date(untilMs).toISOString().slice(0, 19)}Z`;
        return type === 'ban'
          ? `xdp: drop packets from ${value} that come in on ${where}, ${until}`
          : `xdp: let packets from ${value} in on ${where} whatever is banned, ${until}`;
      }),
    ];
  }

  async reconcile(decisions: readonly Decision[]): Promise<Reconciled> {
    return await this.guarded(async () => {
      const { kernel, attachments } = await this.open();
      const wanted = await this.wanted(decisions);
      for (const name of TABLES) this.checkRoom(name, wanted[name].size);
      let added = 0;
      let removed = 0;
      for (const name of TABLES) {
        const table = kernel.tables[name];
        await table.read();
        const now = monotonicNs();
        const stale: string[] = [];
        const missing = new Map<string, number>();
        await eachInTurn(table.entries, ([key, untilNs]) => {
          if (wanted[name].has(key)) return;
          stale.push(key);
          if (untilNs > now) removed++;
        });
        await eachInTurn(wanted[name], ([key, untilNs]) => {
          const before = table.entries.get(key) ?? 0;
          if (before <= now) added++;
          if (before <= now || Math.abs(before - untilNs) > DRIFT_NS) missing.set(key, untilNs);
        });
        await table.delete(stale);
        await table.set(missing);
      }
      this.attach(attachments);
      return { added, removed };
    });
  }

  async apply(changes: Changes): Promise<void> {
    await this.guarded(async () => {
      const { kernel, attachments } = await this.open();
      const added = await this.wanted(changes.add);
      const removed: Readonly<Record<TableName, Set<string>>> = perTable(() => new Set<string>());
      await eachInTurn(changes.remove, (decision) => {
        const place = placeOf(decision);
        if (place !== undefined) removed[place.table].add(place.key);
      });
      for (const name of TABLES) {
        const { entries } = kernel.tables[name];
        // What is removed and added again is only set anew, and holds in between.
        for (const key of added[name].keys()) removed[name].delete(key);
        let size = entries.size;
        for (const key of removed[name]) if (entries.has(key)) size--;
        for (const key of added[name].keys()) if (!entries.has(key)) size++;
        this.checkRoom(name, size);
      }
      for (const name of TABLES) {
        await kernel.tables[name].delete([...removed[name]]);
        await kernel.tables[name].set(added[name]);
      }
      if (this.places.length === 0) this.attach(attachments);
    });
  }

  /** Packets are dropped whatever connection they belong to: there is nothing to end. */
  async cut(_decision: Decision): Promise<number> {
    return 0;
  }

  /** Interfaces that packets are dropped on, and how. */
  attachments(): readonly Attachment[] {
    return this.places;
  }

  statistics(): Readonly<Record<string, number>> {
    const count = (mode: Attachment['mode']) => this.places.filter((place) => place.mode === mode).length;
    const size = (name: TableName) => this.kernel?.tables[name].entries.size ?? 0;
    const [droppedPackets, droppedBytes] = this.dropped();
    return {
      interfaces: this.places.length,
      interfacesNative: count('native'),
      interfacesGeneric: count('generic'),
      hosts: size('host4') + size('host6'),
      ranges: size('range4') + size('range6'),
      allowed: size('allow4') + size('allow6'),
      droppedPackets,
      droppedBytes,
    };
  }

  async close(keep: boolean): Promise<void> {
    await this.guarded(async () => {
      const addon = kernelAddon();
      if (!keep && addon !== undefined) {
        const attachments = this.attachmentsOf(addon);
        for (const link of attachments.ours()) attachments.remove(link);
      }
      this.places = [];
      const { kernel } = this;
      this.kernel = undefined;
      this.known?.forget();
      if (kernel === undefined) return;
      closeSync(kernel.program);
      closeSync(kernel.counters);
      for (const name of TABLES) closeSync(kernel.tables[name].descriptor);
    });
  }

  private attachmentsOf(addon: KernelAddon): Attachments {
    this.known ??= new Attachments(addon, `${this.label}_xdp`);
    return this.known;
  }

  /** Takes over what an earlier run left, or makes it. */
  private async open(): Promise<{ kernel: Kernel; attachments: Attachments }> {
    const addon = kernelAddon();
    if (addon === undefined) {
      throw new EnforcerError(
        'xdp: build/weir.node is missing or does not load (setup/addon.sh builds it; weir doctor tells more)',
      );
    }
    const attachments = this.attachmentsOf(addon);
    if (this.kernel === undefined) {
      this.kernel = await this.prepare(addon, attachments);
      attachments.use(this.kernel.program);
    }
    return { kernel: this.kernel, attachments };
  }

  private async prepare(addon: KernelAddon, attachments: Attachments): Promise<Kernel> {
    const shapes: Record<string, MapShape> = { counters: COUNTERS };
    for (const name of TABLES) shapes[name] = tableShape(name, this.bounds);
    const found = this.findMaps(addon, attachments, shapes);
    const maps: Record<string, number> = {};
    const taken = TABLES.filter((name) => found.has(name));
    try {
      for (const [name, shape] of Object.entries(shapes)) {
        const { kind, keyBytes, valueBytes, entries, flags } = shape;
        maps[name] =
          found.get(name) ??
          addon.bpfCreateMap(kind, keyBytes, valueBytes, entries, flags, `${this.label}_${name}`);
        found.delete(name);
      }
      const tables = perTable((name) => new Table(addon, name, maps[name]!, shapes[name]!));
      for (const name of taken) await tables[name].read();
      return { program: this.load(addon, maps), tables, counters: maps.counters! };
    } catch (error) {
      for (const descriptor of [...Object.values(maps), ...found.values()]) closeSync(descriptor);
      throw error;
    }
  }

  /** Descriptors of the maps that an earlier run left and that have the shape they should have. */
  private findMaps(
    addon: KernelAddon,
    attachments: Attachments,
    shapes: Readonly<Record<string, MapShape>>,
  ): Map<string, number> {
    const found = new Map<string, number>();
    for (const link of attachments.ours()) {
      for (const id of attachments.maps(link)) {
        const descriptor = addon.bpfOpenMap(id);
        if (descriptor === undefined) continue;
        const map = addon.bpfDescribeMap(descriptor);
        const name = map.name.slice(this.label.length + 1);
        const shape = shapes[name];
        if (shape === undefined || found.has(name) || !sameShape(map, shape)) closeSync(descriptor);
        else found.set(name, descriptor);
      }
    }
    return found;
  }

  private load(addon: KernelAddon, maps: Readonly<Record<string, number>>): number {
    const name = `${this.label}_xdp`;
    try {
      return addon.bpfLoad(XDP_PROGRAM, dropProgram(maps, true), name, LICENSE, FRAGMENTS);
    } catch (error) {
      if (errnoOf(error) === EPERM) throw error;
      return addon.bpfLoad(XDP_PROGRAM, dropProgram(maps, false), name, LICENSE, 0);
    }
  }

  /** Puts the program where it should be and takes it off where not. Throws at the end, when all that can be done is. */
  private attach(attachments: Attachments): void {
    const problems: string[] = [];
    const places: Attachment[] = [];
    for (const name of this.interfaces) {
      try {
        places.push(attachments.put(name));
      } catch (error) {
        if (!(error instanceof AttachmentError)) throw error;
        problems.push(error.message);
      }
    }
    for (const link of attachments.ours()) {
      if (!this.interfaces.includes(link.name)) attachments.remove(link);
    }
    this.places = places;
    if (problems.length > 0) throw new EnforcerError(`xdp: ${problems.join('; ')}`);
  }

  /** Entries for those decisions whose time is not over, by table; the last one for a value counts. */
  private async wanted(decisions: readonly Decision[]): Promise<Wanted> {
    const wanted: Wanted = perTable(() => new Map<string, number>());
    const nowMs = this.now();
    const nowNs = monotonicNs();
    await eachInTurn(decisions, (decision) => {
      if (decision.simulated || decision.untilMs <= nowMs) return;
      const place = placeOf(decision);
      if (place !== undefined) wanted[place.table].set(place.key, nowNs + (decision.untilMs - nowMs) * 1e6);
    });
    return wanted;
  }

  private checkRoom(name: TableName, size: number): void {
    const { entries } = tableShape(name, this.bounds);
    if (size <= entries) return;
    const kind = name.startsWith('host')
      ? 'banned hosts'
      : name.startsWith('range')
        ? 'banned ranges'
        : 'exceptions';
    throw new EnforcerError(
      `xdp: ${size} ${kind} of IPv${name.at(-1)} are more than the ${entries} that there is room for: raise the bound, ` +
        'or ban networks in place of hosts',
    );
  }

  private dropped(): readonly [packets: number, bytes: number] {
    const addon = kernelAddon();
    if (this.kernel === undefined || addon === undefined) return [0, 0];
    const value = addon.bpfLookup(this.kernel.counters, new Uint8Array(COUNTERS.keyBytes));
    if (value === undefined) return [0, 0];
    const numbers = new BigUint64Array(value.buffer, 0, value.length >> 3);
    let packets = 0;
    let bytes = 0;
    for (let i = 0; i + 1 < numbers.length; i += 2) {
      packets += Number(numbers[i]);
      bytes += Number(numbers[i + 1]);
    }
    return [packets, bytes];
  }

  /** Errors of the kernel as those of an enforcer. */
  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof EnforcerError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      const hint =
        errnoOf(error) === EPERM ? ' (XDP needs root, or CAP_BPF, CAP_NET_ADMIN and CAP_SYS_ADMIN)' : '';
      throw new EnforcerError(`xdp: ${message}${hint}`, { cause: error });
    }
  }
}

function perTable<T>(make: (name: TableName) => T): Record<TableName, T> {
  return Object.fromEntries(TABLES.map((name) => [name, make(name)])) as Record<TableName, T>;
}

function sameShape(map: MapShape, shape: MapShape): boolean {
  return (
    map.kind === shape.kind &&
    map.keyBytes === shape.keyBytes &&
    map.valueBytes === shape.valueBytes &&
    map.entries === shape.entries &&
    (map.flags & shape.flags) === shape.flags
  );
}
