import type { Decision } from '../../event/index.ts';
import { type Changes, type Enforcer, EnforcerError, type Reconciled } from '../enforcer.ts';
import { cutConnections } from './conntrack.ts';
import { cutByProgram } from './conntrack-program.ts';
import { KernelDecisions, newCounts } from './kernel-decisions.ts';
import { NetlinkSocket } from './netlink-socket.ts';
import { explain } from './netlink-store.ts';
import { checkOptions, type NftablesOptions, type Settings } from './options.ts';
import { targetOf, textOf } from './target.ts';
import { Wanted } from './wanted.ts';

/**
 * Decisions as elements of sets in a table of our own, `inet PREFIX_decisions`: bans drop what comes from and goes to an
 * address at forward, input and output, throttles limit its packets, redirects turn its new web connections elsewhere,
 * exceptions win over all. Elements end by themselves. Tables of others are not touched.
 */
export class NftablesEnforcer implements Enforcer {
  readonly name = 'nftables';
  private readonly settings: Settings;
  private readonly kernelCounts = newCounts();
  private readonly cutCounts = { cut: 0, uncut: 0 };
  private socket: NetlinkSocket | undefined;
  private kernel: KernelDecisions;
  private wanted = new Wanted();

  /** Throws an `EnforcerError` for options that make no sense; touches nothing. */
  constructor(options: NftablesOptions = {}) {
    this.settings = checkOptions(options);
    this.kernel = new KernelDecisions(this.settings, this.kernelCounts);
  }

  /** Bans, throttles, exceptions and, where there is somewhere to go, redirects of addresses and networks. */
  handles(decision: Decision): boolean {
    if (decision.type === 'redirect' && this.settings.redirect === undefined) return false;
    return targetOf(decision) !== undefined;
  }

  /** Commands for a shell, as a person could run them; with the table, or sets of it, that have not been made yet. */
  plan(changes: Changes): readonly string[] {
    const now = this.settings.now();
    const edits = this.wanted.read(this.handled(changes), now);
    const lines = this.kernel.planLines(this.wanted.changesOf(edits, now), now);
    if (lines.length === 0) return [];
    const [only] = lines;
    if (lines.length === 1 && only !== undefined) return [`nft '${only}'`];
    return [`nft -f - <<'END'`, ...lines, 'END'];
  }

  /**
   * Makes the table, or takes over that of an earlier run, and brings its elements to these decisions. A table that
   * somebody changed is made anew, in one step: what is banned stays banned meanwhile. Decisions that it does not
   * handle are passed over.
   */
  async reconcile(decisions: readonly Decision[]): Promise<Reconciled> {
    const wanted = new Wanted();
    wanted.edit(wanted.read(this.handled({ add: decisions, remove: [] }), this.settings.now()));
    this.checkSize(wanted);
    this.kernel.open(this.openSocket());
    const reconciled = await this.kernel.reconcile(this.wanted, wanted);
    this.wanted = wanted;
    return reconciled;
  }

  /** Applies changes in one batch, all or nothing. */
  async apply(changes: Changes): Promise<void> {
    if (!this.kernel.isMade) {
      throw new EnforcerError('nftables: the table is not made; reconcile first, and see why it failed');
    }
    const now = this.settings.now();
    const edits = this.wanted.read(this.handled(changes), now);
    const sets = this.wanted.changesOf(edits, now);
    const inverse = this.wanted.edit(edits);
    try {
      this.checkSize(this.wanted);
      if (sets.length > 0) await this.kernel.change(sets, this.wanted, now);
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
    if (target === undefined || decision.type === 'allow' || decision.type === 'throttle') return 0;
    const socket = this.openSocket();
    if (socket === undefined) {
      const removed = await cutByProgram(target.prefix.version, textOf(target));
      if (removed === undefined) this.cutCounts.uncut++;
      this.cutCounts.cut += removed ?? 0;
      return removed ?? 0;
    }
    try {
      const removed = cutConnections(socket, target.prefix);
      this.cutCounts.cut += removed;
      return removed;
    } catch (error) {
      throw asEnforcerError(error);
    }
  }

  /**
   * Decisions by type, packets dropped up to the last time that the table was looked at, `changes` (batches), `repairs`
   * (changes that found the sets not as they had been left), `rebuilt` (times that the table was made anew), `cut`
   * connections, `uncut` decisions whose connections could not be cut for want of the addon and of the program conntrack,
   * `netlink` (1: elements go by netlink, 0: by the program nft).
   */
  statistics(): Readonly<Record<string, number>> {
    return {
      bans: this.wanted.count('ban'),
      throttles: this.wanted.count('throttle'),
      redirects: this.wanted.count('redirect'),
      allowed: this.wanted.count('allow'),
      ...this.kernelCounts,
      ...this.cutCounts,
      netlink: this.kernel.byNetlink ? 1 : 0,
    };
  }

  /**
   * Removes our table, also that of an earlier run, or with `keep` leaves it: its elements end by themselves. Harmless
   * when it is closed.
   */
  async close(keep: boolean): Promise<void> {
    const { kernel } = this;
    kernel.close();
    this.socket?.close();
    this.socket = undefined;
    this.kernel = new KernelDecisions(this.settings, this.kernelCounts);
    this.wanted = new Wanted();
    if (keep) return;
    try {
      await kernel.remove();
    } catch (error) {
      // Where it could not make anything either, it has said so.
      if (kernel.isMade) throw error;
    }
  }

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

  private openSocket(): NetlinkSocket | undefined {
    if (!this.settings.netlink) return undefined;
    try {
      this.socket ??= NetlinkSocket.open();
    } catch (error) {
      throw asEnforcerError(error);
    }
    return this.socket;
  }
}

function asEnforcerError(error: unknown): EnforcerError {
  const explained = explain(error);
  return explained instanceof EnforcerError
    ? explained
    : new EnforcerError(`nftables: ${explained.message}`, { cause: error });
}
