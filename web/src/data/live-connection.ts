import type { LiveRecord, StatusFigures } from './types.ts';

/** Where the stream is. `off`: nobody listens, or the page has been hidden for a while. */
export type LiveState = 'off' | 'connecting' | 'open' | 'waiting';

/** The address of a stream with these types of records, that goes on after the event with the identifier. */
export type StreamUrl = (types: readonly string[], after: string | undefined) => string;

/** Who hears of events. */
export interface LiveListener {
  /** Types of records that are wanted; none for the status alone. */
  readonly types: readonly string[];
  /** Records of the wanted types, the oldest first; at most four times a second. */
  readonly records?: (records: readonly LiveRecord[]) => void;
  readonly status?: (figures: StatusFigures, atMs: number) => void;
  /** Records that this reader was too slow for. */
  readonly missed?: (count: number) => void;
}

/** Milliseconds for which records are gathered: React sees at most four deliveries a second. */
const GATHER_MS = 250;
/** Records that wait for a delivery at most; a hidden page is woken rarely. */
const MOST_GATHERED = 5_000;
/** Changes of what is wanted settle first: a page that opens asks for several things. */
const SETTLE_MS = 30;
/** A page that nobody sees gives its connection back: browsers allow six to a server. */
const HIDDEN_MS = 60_000;
const RETRY_MS = { least: 1_000, most: 30_000 } as const;

/**
 * The one connection for live events of this page. It asks for the union of what its listeners want, gathers what comes,
 * resumes where it stopped (the browser sends `Last-Event-ID`, a new connection `after`), and comes back by itself.
 */
export class LiveConnection {
  private readonly url: StreamUrl;
  private readonly listeners = new Set<LiveListener>();
  private readonly stateListeners = new Set<() => void>();
  private source: EventSource | undefined;
  private asked = '';
  /** Identifier of the last event: a new connection, for other types, goes on there. */
  private lastId: string | undefined;
  private currentState: LiveState = 'off';
  private gathered: LiveRecord[] = [];
  private overflowed = 0;
  private settleTimer: ReturnType<typeof setTimeout> | undefined;
  private gatherTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  private retryMs: number = RETRY_MS.least;
  private asleep = false;
  private refused: () => void = () => {};

  constructor(url: StreamUrl) {
    this.url = url;
    document.addEventListener('visibilitychange', this.visibilityChanged);
  }

  /** Where the stream is now. */
  get state(): LiveState {
    return this.currentState;
  }

  /** Says what to do when the server refuses the stream, most likely because the session ended. */
  whenRefused(handler: () => void): void {
    this.refused = handler;
  }

  /** Hears of events until the returned function is called. */
  listen(listener: LiveListener): () => void {
    this.listeners.add(listener);
    this.settle();
    return () => {
      this.listeners.delete(listener);
      this.settle();
    };
  }

  /** Hears of changes of `state` until the returned function is called. */
  onState(listener: () => void): () => void {
    this.stateListeners.add(listener);
    return () => void this.stateListeners.delete(listener);
  }

  private settle(): void {
    clearTimeout(this.settleTimer);
    this.settleTimer = setTimeout(() => this.adjust(), SETTLE_MS);
  }

  /** Opens, keeps or closes the connection after what is wanted now. */
  private adjust(): void {
    if (this.listeners.size === 0 || this.asleep) {
      this.close();
      this.setState('off');
      return;
    }
    const wanted = [...new Set([...this.listeners].flatMap((listener) => listener.types))].sort();
    if (this.source !== undefined && this.asked === wanted.join()) return;
    this.close();
    this.open(wanted);
  }

  private open(types: readonly string[]): void {
    this.asked = types.join();
    this.setState('connecting');
    const source = new EventSource(this.url(types, this.lastId));
    this.source = source;
    source.addEventListener('open', () => {
      this.retryMs = RETRY_MS.least;
      this.setState('open');
    });
    source.addEventListener('error', () => this.failed(source));
    source.addEventListener('record', (event) => this.gather(event));
    source.addEventListener('status', (event) => this.tellStatus(event));
    source.addEventListener('missed', (event) => {
      const told = parsed(event);
      if (typeof told?.count === 'number') this.tellMissed(told.count);
    });
  }

  private close(): void {
    clearTimeout(this.retryTimer);
    this.source?.close();
    this.source = undefined;
    this.asked = '';
  }

  /** A broken connection is mended by the browser, with `Last-Event-ID`; a refused one only by us. */
  private failed(source: EventSource): void {
    if (source !== this.source) return;
    this.setState('waiting');
    if (source.readyState !== EventSource.CLOSED) return;
    this.close();
    // The place may be what is refused: a server that was started anew knows it no longer.
    this.lastId = undefined;
    this.refused();
    this.retryTimer = setTimeout(() => this.adjust(), this.retryMs);
    this.retryMs = Math.min(RETRY_MS.most, this.retryMs * 2);
  }

  private gather(event: MessageEvent<string>): void {
    this.lastId = event.lastEventId || this.lastId;
    const record = parsed(event);
    if (record === undefined || typeof record.event_type !== 'string') return;
    this.gathered.push(record as LiveRecord);
    if (this.gathered.length > MOST_GATHERED) {
      const gone = this.gathered.length - MOST_GATHERED / 2;
      this.gathered.splice(0, gone);
      this.overflowed += gone;
    }
    this.gatherTimer ??= setTimeout(() => this.deliver(), GATHER_MS);
  }

  private deliver(): void {
    this.gatherTimer = undefined;
    const records = this.gathered;
    this.gathered = [];
    const overflowed = this.overflowed;
    this.overflowed = 0;
    if (overflowed > 0) this.tellMissed(overflowed);
    for (const listener of [...this.listeners]) {
      if (listener.records === undefined) continue;
      const own = records.filter((record) => listener.types.includes(record.event_type));
      if (own.length > 0) listener.records(own);
    }
  }

  private tellStatus(event: MessageEvent<string>): void {
    this.lastId = event.lastEventId || this.lastId;
    const figures = parsed(event);
    if (figures === undefined) return;
    const now = Date.now();
    for (const listener of [...this.listeners]) listener.status?.(figures as unknown as StatusFigures, now);
  }

  private tellMissed(count: number): void {
    for (const listener of [...this.listeners]) listener.missed?.(count);
  }

  /** Closes the stream for good: of one that is not for the whole life of the page. */
  end(): void {
    document.removeEventListener('visibilitychange', this.visibilityChanged);
    this.listeners.clear();
    clearTimeout(this.settleTimer);
    clearTimeout(this.hiddenTimer);
    this.close();
    this.setState('off');
  }

  private readonly visibilityChanged = (): void => {
    clearTimeout(this.hiddenTimer);
    if (document.visibilityState === 'hidden') {
      this.hiddenTimer = setTimeout(() => {
        this.asleep = true;
        this.adjust();
      }, HIDDEN_MS);
    } else if (this.asleep) {
      this.asleep = false;
      this.adjust();
    }
  };

  private setState(state: LiveState): void {
    if (state === this.currentState) return;
    this.currentState = state;
    for (const listener of [...this.stateListeners]) listener();
  }
}

function parsed(event: MessageEvent<string>): Readonly<Record<string, unknown>> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(event.data);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
