import { readFileSync } from 'node:fs';
import type { Decision } from '../../event/index.ts';
import { parseAddress } from '../../net/index.ts';
import { type Changes, type Enforcer, EnforcerError, type Reconciled } from '../enforcer.ts';
import { cutConnections } from './conntrack.ts';
import { cutByProgram } from './conntrack-program.ts';
import {
  compare,
  type ElementSet,
  numberOf,
  SETS,
  type SetChange,
  TABLES,
  type Table,
} from './element-set.ts';
import { type ElementStore, StaleSets } from './element-store.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import { explain, NetlinkStore } from './netlink-store.ts';
import { NftError, runNft } from './nft-program.ts';
import { NftStore } from './nft-store.ts';
import { changeLines } from './nft-text.ts';
import { checkOptions, type NftablesOptions, type Settings } from './options.ts';
import { droppedPackets, fingerprint, isOurs, removalLines, rulesetLines, tableName } from './ruleset.ts';
import { targetOf, Wanted } from './wanted.ts';

/** Differences of an element's end that are left as they are: `nft` tells it in whole seconds. */
const TOLERANCE_MS = 2000;
/** Times that a change is tried when others change the rule set at the same time. */
const ATTEMPTS = 6;

/** A table as it is in the kernel. */
type Listing = { readonly table: Table; readonly text: string | undefined };

/**
 * Decisions as elements of sets in tables of our own, `inet PREFIX_hosts` and `inet PREFIX_ranges`: bans drop what comes
 * from and goes to an address at forward, input and output, throttles limit its packets, redirects turn its new web
 * connections elsewhere, exceptions win over all. Elements end by themselves. Tables of others are not touched.
 */
export class NftablesEnforcer implements Enforcer {
  readonly name = 'nftables';
  private readonly settings: Settings;
  private socket: NetlinkSocket | undefined;
  private store: ElementStore | undefined;
  private wanted = new Wanted();
  /** What the tables looked like when we had made them; undefined before. */
  private made: string | undefined;
  /** The rule set's generation when tables and elements were as we want them; undefined where that is not known. */
  private generation: number | undefined;
  private readonly counts = {
    changes: 0,
    repairs: 0,
    rebuilt: 0,
    cut: 0,
    uncut: 0,
    bannedPackets: 0,
    throttledPackets: 0,
  };

  /** Throws an `EnforcerError` for options that make no sense; touches nothing. */
  constructor(options: NftablesOptions = {}) {
    this.settings = checkOptions(options);
  }

  /** Bans, throttles, exceptions and, where there is somewhere to go, redirects of addresses and networks. */
  handles(decision: Decision): boolean {
    if (decision.type === 'redirect' && this.settings.redirect === undefined) return false;
    return targetOf(decision) !== undefined;
  }

  /** Commands for a shell, as a person could run them; with the tables where they have not been made yet. */
  plan(changes: Changes): readonly string[] {
    const now = this.settings.now();
    const edits = this.wanted.read(this.handled(changes), now);
    const lines = changeLines(this.wanted.changesOf(edits, now), this.tableOf, now, true);
    if (lines.length === 0) return [];
    if (this.made === undefined) lines.unshift(...rulesetLines(this.settings, this.settings.ingress));
    const [only] = lines;
    if (lines.length === 1 && only !== undefined) return [`nft '${only}'`];
    return [`nft -f - <<'END'`, ...lines, 'END'];
  }

  /**
   * Makes the tables, or takes over those of an earlier run, and brings their elements to these decisions. Tables that
   * somebody changed are made anew, in one step: what is banned stays banned meanwhile. Decisions that it does not
   * handle are passed over.
   */
  async reconcile(decisions: readonly Decision[]): Promise<Reconciled> {
    const wanted = new Wanted();
    wanted.edit(wanted.read(this.handled({ add: decisions, remove: [] }), this.settings.now()));
    this.checkSize(wanted);
    const reconciled = (await this.bringUntouched(wanted)) ?? (await this.bring(wanted));
    this.wanted = wanted;
    return reconciled;
  }

  /** Applies changes in one batch, all or nothing. */
  async apply(changes: Changes): Promise<void> {
    if (this.made === undefined) {
      throw new EnforcerError('nftables: the tables are not made; reconcile first, and see why it failed');
    }
    const now = this.settings.now();
    const edits = this.wanted.read(this.handled(changes), now);
    const sets = this.wanted.changesOf(edits, now);
    const inverse = this.wanted.edit(edits);
    try {
      this.checkSize(this.wanted);
      if (sets.length > 0) await this.change(sets, now);
    } catch (error) {
      this.wanted.edit(inverse);
      throw error;
    }
  }

  /**
   * Makes the kernel forget connections with the address or network; how many. The rules drop their packets without
   * this. It frees their entries (an established one stays for days), ends those that a flow table carries past the
   * rules, and turns those of a redirect that were opened before.
   */
  async cut(decision: Decision): Promise<number> {
    const target = targetOf(decision);
    if (target === undefined || target.type === 'allow' || target.type === 'throttle') return 0;
    const { version, key } = target;
    const socket = this.openSocket();
    if (socket === undefined) {
      const removed = await cutByProgram(version, key);
      if (removed === undefined) this.counts.uncut++;
      this.counts.cut += removed ?? 0;
      return removed ?? 0;
    }
    const span = target.network ?? hostSpan(decision.value);
    if (span === undefined) return 0;
    try {
      const removed = cutConnections(socket, { version, ...span });
      this.counts.cut += removed;
      return removed;
    } catch (error) {
      throw asEnforcerError(error);
    }
  }

  /**
   * Decisions by type, packets dropped up to the last time that the tables were looked at, `changes` (batches), `repairs` (changes that found the
   * sets not as they had been left), `rebuilt` (times that the tables were made anew), `cut` connections, `uncut`
   * decisions whose connections could not be cut for want of the addon and of the program conntrack, `netlink` (1:
   * elements go by netlink, 0: by the program nft).
   */
  statistics(): Readonly<Record<string, number>> {
    return {
      bans: this.wanted.count('ban'),
      throttles: this.wanted.count('throttle'),
      redirects: this.wanted.count('redirect'),
      allowed: this.wanted.count('allow'),
      ...this.counts,
      netlink: this.store instanceof NetlinkStore ? 1 : 0,
    };
  }

  /**
   * Removes our tables, also those of an earlier run, or with `keep` leaves them: their elements end by themselves.
   * Harmless when it is closed.
   */
  async close(keep: boolean): Promise<void> {
    const made = this.made !== undefined;
    this.store?.close();
    this.socket?.close();
    this.store = undefined;
    this.socket = undefined;
    this.made = undefined;
    this.generation = undefined;
    this.wanted = new Wanted();
    if (keep) return;
    let ours: Listing[];
    try {
      ours = (await this.list()).filter(({ text }) => text !== undefined && isOurs(text));
    } catch (error) {
      // It could not make anything either, and has said so.
      if (!made) return;
      throw error;
    }
    if (ours.length === 0) return;
    await this.nft(
      removalLines(
        this.settings,
        ours.map(({ table }) => table),
      ),
    );
  }

  private readonly tableOf = ({ table }: ElementSet): string => tableName(this.settings, table);

  private handled({ add, remove }: Changes): Changes {
    const handles = (decision: Decision): boolean => this.handles(decision);
    return { add: add.filter(handles), remove: remove.filter(handles) };
  }

  private checkSize(wanted: Wanted): void {
    if (wanted.size <= this.settings.limit) return;
    wanted.forget(this.settings.now());
    if (wanted.size <= this.settings.limit) return;
    throw new EnforcerError(
      `nftables: ${wanted.size} decisions are more than the ${this.settings.limit} that are allowed; decide about networks instead`,
    );
  }

  /** Makes a change; where the sets are not as we left them, brings them to what is wanted now. */
  private async change(sets: readonly SetChange[], now: number): Promise<void> {
    try {
      await this.elements().change(sets, now);
      this.counts.changes++;
      this.follow();
    } catch (error) {
      if (!(error instanceof StaleSets)) throw error;
      this.counts.repairs++;
      this.generation = undefined;
      await this.bring(this.wanted);
    }
  }

  /** After a change of ours: where it was the only one, the rule set is still as we know it. */
  private follow(): void {
    const generation = this.elements().generation();
    const only = this.generation !== undefined && generation === this.generation + 1;
    this.generation = only ? generation : undefined;
  }

  /** Where nobody has changed the rule set since, nothing needs to be read: with many elements that takes long. */
  private async bringUntouched(wanted: Wanted): Promise<Reconciled | undefined> {
    if (this.generation === undefined || this.elements().generation() !== this.generation) return undefined;
    const now = this.settings.now();
    this.wanted.forget(now);
    const before = new Map(SETS.map((set) => [set, this.wanted.elementsOf(set)]));
    const changes = SETS.map((set) =>
      compare(set, before.get(set) ?? new Map(), wanted.elementsOf(set), now),
    );
    const needed = changes.filter(({ add, remove }) => add.length + remove.length > 0);
    if (needed.length === 0) return { added: 0, removed: 0 };
    try {
      await this.elements().change(needed, now, this.generation);
    } catch (error) {
      if (!(error instanceof StaleSets)) throw error;
      this.generation = undefined;
      return undefined;
    }
    this.follow();
    return tally(changes, before);
  }

  private async bring(wanted: Wanted): Promise<Reconciled> {
    this.generation = undefined;
    let seen = this.elements().generation();
    const listings = await this.list();
    this.refuseForeign(listings);
    const present = listings.filter(({ text }) => text !== undefined);
    if (present.length > 0 && (this.made === undefined || shape(listings) !== this.made)) {
      return this.replace(wanted, present);
    }
    if (present.length === 0) seen = await this.make(this.structure());
    this.count(listings);
    for (let attempt = 1; ; attempt++) {
      const now = this.settings.now();
      const { elements, generation } = await this.elements().read(SETS, now);
      const changes = SETS.map((set) =>
        compare(set, elements.get(set) ?? new Map(), wanted.elementsOf(set), now, TOLERANCE_MS),
      );
      const needed = changes.filter(({ add, remove }) => add.length + remove.length > 0);
      try {
        // Where others change their own tables all the time, ours is not waited for any longer.
        const guard = attempt < ATTEMPTS - 1 ? generation : undefined;
        if (needed.length > 0) await this.elements().change(needed, now, guard);
        this.generation = generation === seen ? generation : undefined;
        if (needed.length > 0) this.follow();
        return tally(changes, elements);
      } catch (error) {
        if (!(error instanceof StaleSets)) throw error;
        if (attempt === ATTEMPTS) {
          throw new EnforcerError('nftables: somebody else keeps changing our tables', { cause: error });
        }
      }
    }
  }

  /** Tables with all elements in the place of those that are there, in one step. */
  private async replace(wanted: Wanted, present: readonly Listing[]): Promise<Reconciled> {
    const now = this.settings.now();
    const { elements } = await this.elements().read(SETS, now);
    const nothing = new Map<string, number>();
    const all = SETS.map((set) => compare(set, nothing, wanted.elementsOf(set), now));
    this.generation = await this.make([
      ...removalLines(
        this.settings,
        present.map(({ table }) => table),
      ),
      ...this.structure(),
      ...changeLines(all, this.tableOf, now),
    ]);
    this.counts.rebuilt++;
    const differences = SETS.map((set) =>
      compare(set, elements.get(set) ?? nothing, wanted.elementsOf(set), now, TOLERANCE_MS),
    );
    return tally(differences, elements);
  }

  private structure(): string[] {
    const existing = interfaces();
    const devices = this.settings.ingress.filter((name) => existing.has(name));
    // Later one may go and come back; at first it is a mistake.
    if (this.made === undefined && devices.length < this.settings.ingress.length) {
      const missing = this.settings.ingress.filter((name) => !existing.has(name));
      throw new EnforcerError(`nftables: ingress names interfaces that are not there: ${missing.join(', ')}`);
    }
    return rulesetLines(this.settings, devices);
  }

  /** Returns the rule set's generation after it, where nobody else changed anything meanwhile. */
  private async make(lines: readonly string[]): Promise<number | undefined> {
    const before = this.elements().generation();
    await this.nft(lines);
    const after = this.elements().generation();
    this.made = shape(await this.list());
    return before !== undefined && after === before + 1 ? after : undefined;
  }

  private async nft(lines: readonly string[]): Promise<void> {
    await runNft(this.settings.program, ['-f', '-'], `${lines.join('\n')}\n`);
  }

  private list(): Promise<Listing[]> {
    return Promise.all(TABLES.map(async (table) => ({ table, text: await this.listing(table) })));
  }

  private async listing(table: Table): Promise<string | undefined> {
    try {
      const name = tableName(this.settings, table);
      return await runNft(this.settings.program, ['-t', 'list', 'table', 'inet', name]);
    } catch (error) {
      if (error instanceof NftError && error.missing) return undefined;
      throw error;
    }
  }

  private refuseForeign(listings: readonly Listing[]): void {
    for (const { table, text } of listings) {
      if (text === undefined || isOurs(text)) continue;
      throw new EnforcerError(
        `nftables: the table inet ${tableName(this.settings, table)} is there and is not weir's; rename it, or set another prefix`,
      );
    }
  }

  private count(listings: readonly Listing[]): void {
    const dropped = listings.map(({ text }) => droppedPackets(text ?? ''));
    this.counts.bannedPackets = dropped.reduce((sum, { banned }) => sum + banned, 0);
    this.counts.throttledPackets = dropped.reduce((sum, { throttled }) => sum + throttled, 0);
  }

  private openSocket(): NetlinkSocket | undefined {
    if (!this.settings.netlink) return undefined;
    try {
      this.socket ??= NetlinkSocket.open();
    } catch (error) {
      throw asEnforcerError(error);
    }
    return this.socket;
  }

  private elements(): ElementStore {
    if (this.store !== undefined) return this.store;
    const socket = this.openSocket();
    this.store =
      socket === undefined
        ? new NftStore(this.settings.program, this.tableOf)
        : new NetlinkStore(socket, this.tableOf);
    return this.store;
  }
}

function asEnforcerError(error: unknown): EnforcerError {
  const explained = explain(error);
  return explained instanceof EnforcerError
    ? explained
    : new EnforcerError(`nftables: ${explained.message}`, { cause: error });
}

function shape(listings: readonly Listing[]): string {
  return listings.map(({ text }) => fingerprint(text ?? '')).join('\n');
}

/** Elements that were not there, and those that should not have been; exceptions are in both tables. */
function tally(
  changes: readonly SetChange[],
  before: ReadonlyMap<ElementSet, ReadonlyMap<string, number>>,
): Reconciled {
  let [added, removed] = [0, 0];
  const seen = new Set<string>();
  for (const { set, add, remove } of changes) {
    const once = (element: string, what: string): boolean => {
      if (set.type !== 'allow') return true;
      const name = `${what} ${set.name} ${element}`;
      if (seen.has(name)) return false;
      seen.add(name);
      return true;
    };
    const had = before.get(set);
    const adding = new Set(add.map(([element]) => element));
    for (const element of adding) if (!had?.has(element) && once(element, 'add')) added++;
    for (const element of remove) if (!adding.has(element) && once(element, 'remove')) removed++;
  }
  return { added, removed };
}

function hostSpan(value: string): { readonly first: bigint; readonly last: bigint } | undefined {
  const address = parseAddress(value);
  if (address === undefined) return undefined;
  const number = numberOf(address);
  return { first: number, last: number };
}

/** Names of this network namespace's interfaces; /sys may be that of another. */
function interfaces(): ReadonlySet<string> {
  const lines = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2);
  return new Set(lines.map((line) => line.slice(0, line.indexOf(':')).trim()));
}
