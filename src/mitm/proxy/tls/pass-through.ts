import { isIP } from 'node:net';
import { PrefixSet, parseAddress, parsePrefix } from '../../../net/index.ts';

/** Whom a connection is from, and whom it asks for. */
export interface PassCandidate {
  /** Address of the client. */
  readonly client: string;
  /** SNI; empty without. */
  readonly serverName: string;
  /** Host name or address that the connection goes to: of a CONNECT, or the original destination. */
  readonly host: string;
}

/** A connection that is to be passed on unread because the user said so. */
export interface PassException {
  /** `bank.example`, or `*.bank.example` for all that lies below it. */
  readonly name?: string | undefined;
  /** Address or prefix of clients. Where a name is given too, both must fit. */
  readonly client?: string | undefined;
  /** Why, for whoever reads the list. */
  readonly reason: string;
}

/** Why a connection is passed on unread; this is what a list of them shows. */
export type PassEntry =
  | {
      readonly kind: 'configured';
      /** What was configured: name, client or both. */
      readonly what: string;
      readonly reason: string;
      /** Connections that were passed on. */
      readonly count: number;
    }
  | {
      readonly kind: 'learned';
      readonly client: string;
      readonly serverName: string;
      readonly host: string;
      /** What the client did, the last time. */
      readonly reason: string;
      readonly count: number;
      /** Milliseconds since 1970. */
      readonly since: number;
      readonly expires: number;
    };

/** How pass-through behaves. */
export interface PassThroughOptions {
  readonly exceptions?: readonly PassException[] | undefined;
  /** Whether clients that refuse our certificate are passed on after a while: true by default. */
  readonly learns?: boolean | undefined;
  /** Refusals within `windowMs` after which a client is passed on to that server: 3. */
  readonly failures?: number | undefined;
  /** 10 minutes. */
  readonly windowMs?: number | undefined;
  /** How long a learned entry holds, whatever uses it: one hour. Then our certificate is tried again. */
  readonly holdsMs?: number | undefined;
  /** Learned entries, and clients with refusals, that are kept: 1000 each. */
  readonly capacity?: number | undefined;
  /** Told of each connection that is passed on unread. */
  readonly onPass: (candidate: PassCandidate, entry: PassEntry) => void;
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

interface Learned {
  readonly candidate: PassCandidate;
  readonly reason: string;
  count: number;
  readonly since: number;
  readonly expires: number;
}

interface Configured {
  readonly name: string;
  readonly clients: PrefixSet | undefined;
  readonly what: string;
  readonly reason: string;
  count: number;
}

interface Refusals {
  count: number;
  readonly since: number;
}

const FAILURES = 3;
const WINDOW_MS = 10 * 60_000;
const HOLDS_MS = 3_600_000;
const CAPACITY = 1000;

/**
 * Which connections are passed on unread: configured exceptions, and clients that refused our certificate repeatedly.
 * What was learned counts for that client and that server only, so that no client decides for another; it is in the
 * list with its reason and ends by itself.
 */
export class PassThroughTable {
  private readonly options: PassThroughOptions;
  private readonly configured: readonly Configured[];
  /** In the order in which they were learned, so also in that in which they end. */
  private readonly learned = new Map<string, Learned>();
  private readonly refusals = new Map<string, Refusals>();
  private readonly capacity: number;
  private readonly now: () => number;
  private displaced = 0;

  /** Throws a `RangeError` for an exception that means nothing. */
  constructor(options: PassThroughOptions) {
    this.options = options;
    this.configured = (options.exceptions ?? []).map(readException);
    this.capacity = Math.max(1, options.capacity ?? CAPACITY);
    this.now = options.now ?? Date.now;
  }

  /** The reason to pass a connection on unread; undefined where there is none. Counts it and tells of it. */
  admit(candidate: PassCandidate): PassEntry | undefined {
    const configured = this.configured.find((exception) => fits(exception, candidate));
    if (configured !== undefined) {
      configured.count++;
      return this.told(candidate, configuredEntry(configured));
    }
    const key = keyOf(candidate);
    const learned = this.learned.get(key);
    if (learned === undefined) return undefined;
    if (this.now() >= learned.expires) {
      this.learned.delete(key);
      return undefined;
    }
    learned.count++;
    return this.told(candidate, learnedEntry(learned));
  }

  /** A client refused our certificate. True where it is passed on from now. */
  refused(candidate: PassCandidate, reason: string): boolean {
    if (this.options.learns === false) return false;
    const key = keyOf(candidate);
    const now = this.now();
    const known = this.refusals.get(key);
    const current = known !== undefined && now - known.since < (this.options.windowMs ?? WINDOW_MS);
    const refusals: Refusals = current ? known : { count: 0, since: now };
    refusals.count++;
    this.refusals.delete(key);
    if (refusals.count < (this.options.failures ?? FAILURES)) {
      if (this.refusals.size >= this.capacity) dropFirst(this.refusals);
      this.refusals.set(key, refusals);
      return false;
    }
    this.learned.delete(key);
    if (this.learned.size >= this.capacity) {
      dropFirst(this.learned);
      this.displaced++;
    }
    const expires = now + (this.options.holdsMs ?? HOLDS_MS);
    this.learned.set(key, { candidate, reason, count: 0, since: now, expires });
    return true;
  }

  /** A client accepted our certificate: what it refused before is forgotten. */
  accepted(candidate: PassCandidate): void {
    if (this.refusals.size > 0) this.refusals.delete(keyOf(candidate));
  }

  /** All that is passed on unread, now. */
  entries(): PassEntry[] {
    this.expire();
    return [...this.configured.map(configuredEntry), ...[...this.learned.values()].map(learnedEntry)];
  }

  /** Forgets what was learned of a client and a server. False where there is no such entry. */
  forget(candidate: PassCandidate): boolean {
    return this.learned.delete(keyOf(candidate));
  }

  /** Learned entries that went before their time since there were too many. */
  get displacedEntries(): number {
    return this.displaced;
  }

  private told(candidate: PassCandidate, entry: PassEntry): PassEntry {
    this.options.onPass(candidate, entry);
    return entry;
  }

  private expire(): void {
    const now = this.now();
    for (const [key, entry] of this.learned) {
      if (now < entry.expires) return;
      this.learned.delete(key);
    }
  }
}

/** What entries are kept by. */
export function keyOf({ client, serverName, host }: PassCandidate): string {
  return `${client} ${serverName} ${host}`;
}

function dropFirst(map: Map<string, unknown>): void {
  const first = map.keys().next();
  if (!first.done) map.delete(first.value);
}

function readException({ name, client, reason }: PassException): Configured {
  const lower = name?.toLowerCase() ?? '';
  if (lower === '' && client === undefined) {
    throw new RangeError('an exception from TLS inspection needs a name or a client');
  }
  if (lower !== '' && !/^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(lower)) {
    throw new RangeError(`an exception's name is a host name or *.DOMAIN, not '${name}'`);
  }
  let clients: PrefixSet | undefined;
  if (client !== undefined) {
    const prefix = parsePrefix(client);
    if (prefix === undefined) {
      throw new RangeError(`an exception's client is an address or a prefix, not '${client}'`);
    }
    clients = new PrefixSet([prefix]);
  }
  const what = [lower, client].filter((part) => part !== undefined && part !== '').join(' from ');
  return { name: lower, clients, what, reason, count: 0 };
}

function fits({ name, clients }: Configured, candidate: PassCandidate): boolean {
  if (clients !== undefined) {
    const address = parseAddress(candidate.client);
    if (address === undefined || !clients.has(address.version, ...address.words)) return false;
  }
  if (name === '') return true;
  const { serverName, host } = candidate;
  if (serverName === '') return nameFits(name, host);
  // A name that is asked for inside a connection to another one opens no way past the inspection.
  return (
    nameFits(name, serverName) && (isIP(host) !== 0 || host === '' || nameFits(name, host.toLowerCase()))
  );
}

function nameFits(pattern: string, name: string): boolean {
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
}

function configuredEntry({ what, reason, count }: Configured): PassEntry {
  return { kind: 'configured', what, reason, count };
}

function learnedEntry({ candidate, reason, count, since, expires }: Learned): PassEntry {
  return { kind: 'learned', ...candidate, reason, count, since, expires };
}
