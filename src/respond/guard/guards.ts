import type { DecisionType } from '../../event/index.ts';
import { formatPrefix, type Prefix } from '../../net/index.ts';
import { type CeilingOptions, Ceilings } from './ceilings.ts';
import { ProtectedSet } from './protected-set.ts';
import { reservedReason } from './reserved.ts';
import type { ProtectionSource } from './source.ts';
import { peerPrefix, type Target, unmapped } from './target.ts';

/** Why something was not decided. */
export interface Refusal {
  /** Name of the guard: of a source, `reserved`, `width`, `session`, `ceiling_per_minute` or `ceiling_share`. */
  readonly guard: string;
  /** In words for people. */
  readonly reason: string;
}

/** How {@link Guards} are set up. */
export interface GuardOptions {
  readonly sources: readonly ProtectionSource[];
  /** Addresses from which the users of our own interfaces are logged in now; asked at each wish. */
  readonly sessions?: () => Iterable<string>;
  readonly ceilings?: CeilingOptions;
  /** Origins that the ceilings do not count: what a person asked for. Default: `user` and `list`. */
  readonly uncountedOrigins?: readonly string[];
  /** The widest networks that may be decided on, except by a user: length of the prefix. Default: 16 and 32. */
  readonly widest?: { readonly ipv4: number; readonly ipv6: number };
  readonly now: () => number;
  /** Told of sources that cannot be read. */
  readonly tell: (message: string) => void;
}

/** What is asked of the guards. */
export interface Question {
  readonly target: Target;
  readonly type: DecisionType;
  readonly origin: string;
  readonly simulated: boolean;
}

/** What a source said when it was read last. */
interface Reading {
  readonly source: ProtectionSource;
  set: ProtectedSet | undefined;
  dueMs: number;
  failing: boolean;
}

/** All guards: what must not be banned, and how much may be. */
export class Guards {
  private readonly options: GuardOptions;
  private readonly readings: readonly Reading[];
  private readonly uncounted: ReadonlySet<string>;
  /** What is only simulated does not use up what may be enforced. */
  private readonly enforced: Ceilings;
  private readonly simulated: Ceilings;
  private refreshing: Promise<Prefix[]> | undefined;

  constructor(options: GuardOptions) {
    this.options = options;
    this.readings = options.sources.map((source) => ({ source, set: undefined, dueMs: 0, failing: false }));
    this.uncounted = new Set(options.uncountedOrigins ?? ['user', 'list']);
    this.enforced = new Ceilings(options.ceilings);
    this.simulated = new Ceilings(options.ceilings);
  }

  /**
   * Reads the sources whose time has come; `all`: every one. Networks that are protected now and were not before. A
   * source that cannot be read is told of once, and protects what it did before.
   */
  refresh(all = false): Promise<Prefix[]> {
    this.refreshing ??= this.read(all).finally(() => {
      this.refreshing = undefined;
    });
    return this.refreshing;
  }

  /** Sources that could not be read when that was tried last. */
  failing(): readonly string[] {
    return this.readings.filter(({ failing }) => failing).map(({ source }) => source.name);
  }

  /**
   * Why this must not be decided, whatever was decided before; undefined where nothing is against it. `forced`: a user
   * insists; then only what is reserved, and what cuts the machine off, is refused.
   */
  refusal(question: Question, forced = false): Refusal | undefined {
    const { prefix } = question.target;
    if (prefix === undefined) return undefined;
    const byUser = question.origin === 'user';
    if (question.type !== 'allow') {
      const reserved = reservedReason(prefix);
      if (reserved !== undefined) return { guard: 'reserved', reason: reserved };
    }
    const { ipv4 = 16, ipv6 = 32 } = this.options.widest ?? {};
    const widest = prefix.version === 4 ? ipv4 : ipv6;
    if (prefix.length < widest && !byUser) {
      const reason = `${formatPrefix(prefix)} is wider than /${widest}; only a user may decide on so many`;
      return { guard: 'width', reason };
    }
    if (question.type === 'allow') return undefined;
    return this.protection(prefix, forced && byUser);
  }

  /** What protects an address, or a part of a network; `forced`: against a user who insists. */
  protection(prefix: Prefix, forced = false): Refusal | undefined {
    for (const { source, set } of this.readings) {
      if (forced && source.isAbsolute !== true) continue;
      if (set === undefined) {
        return { guard: source.name, reason: 'what it protects could not be read yet: nothing is banned' };
      }
      const found = set.overlap(prefix);
      if (found !== undefined) {
        return {
          guard: source.name,
          reason: `${formatPrefix(prefix)} meets what is protected: ${found.what}`,
        };
      }
    }
    const { sessions } = this.options;
    if (sessions === undefined || forced) return undefined;
    const entries = [];
    for (const address of sessions()) {
      const session = peerPrefix(address);
      if (session !== undefined)
        entries.push({ prefix: session, what: `a user is logged in from ${address}` });
    }
    const found = new ProtectedSet(entries).overlap(prefix);
    return found && { guard: 'session', reason: `${formatPrefix(prefix)} is protected: ${found.what}` };
  }

  /** Why a ceiling holds a new decision back. */
  ceiling(question: Question): Refusal | undefined {
    if (!this.isCounted(question)) return undefined;
    return this.ceilingsFor(question).refusal(question.target.prefix, this.options.now());
  }

  /** A decision was taken that was not there before. */
  taken(id: string, question: Question): void {
    if (!this.isCounted(question)) return;
    this.ceilingsFor(question).count(id, question.target.prefix, this.options.now());
  }

  /** A decision was lifted. */
  lifted(id: string): void {
    this.enforced.lifted(id);
    this.simulated.lifted(id);
  }

  private isCounted({ type, origin }: Question): boolean {
    return type !== 'allow' && !this.uncounted.has(origin);
  }

  private ceilingsFor({ simulated }: Question): Ceilings {
    return simulated ? this.simulated : this.enforced;
  }

  private async read(all: boolean): Promise<Prefix[]> {
    const now = this.options.now();
    const fresh: Prefix[] = [];
    for (const reading of this.readings) {
      const { source } = reading;
      if (!all && reading.dueMs > now) continue;
      reading.dueMs = now + source.everyMs;
      try {
        const entries = await source.read();
        // Sockets for both families show IPv4 peers as mapped ones.
        const set = new ProtectedSet(entries.map((entry) => ({ ...entry, prefix: unmapped(entry.prefix) })));
        fresh.push(...set.since(reading.set));
        reading.set = set;
        reading.failing = false;
      } catch (error) {
        if (!reading.failing) {
          const reason = error instanceof Error ? error.message : String(error);
          this.options.tell(`what the guard '${source.name}' protects cannot be read: ${reason}`);
        }
        reading.failing = true;
        reading.dueMs = now + 2000;
      }
    }
    return fresh;
  }
}
