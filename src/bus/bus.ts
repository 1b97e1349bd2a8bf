/** What travels at once: records, each a line of JSON. */
export type RecordBatch = readonly string[];

/** Takes a batch; the batch is acknowledged when this returns or resolves, and comes again when it throws. */
export type BatchHandler = (batch: RecordBatch, topic: string) => void | Promise<void>;

/** How a batch is published. */
export interface PublishOptions {
  /**
   * Wait for room where a subscriber's queue is full, instead of dropping the batch for that subscriber: for who can
   * slow down.
   */
  readonly wait?: boolean;
}

/** What became of a batch, by subscribers. */
export interface Receipt {
  /** Subscribers that have it in their queue: the bus answers for it from now on. */
  readonly accepted: number;
  /** Subscribers whose queue was full. */
  readonly dropped: number;
}

/** How a topic is subscribed to. */
export interface SubscribeOptions {
  /** Name in the statistics; of a durable subscription also its identity. */
  readonly name: string;
  /**
   * The queue outlives the subscriber: what was not acknowledged comes again when a subscriber of this name comes
   * back. Every batch comes at least once, in order of publication.
   */
  readonly durable?: boolean;
  /**
   * Called as a batch comes, while the handler may still be at work on others: for what need not wait for its turn. The
   * handler gets the same batch afterwards, whatever this throws.
   */
  readonly onArrival?: (batch: RecordBatch) => void;
}

/** A subscription that can be ended. */
export interface Subscription {
  /** No more batches; what a durable one has not acknowledged waits for its return. */
  close(): Promise<void>;
}

/** What one subscriber of a topic has got, and what it has not. */
export interface SubscriberStatistics {
  readonly topic: string;
  readonly name: string;
  readonly connected: boolean;
  /** Batches and bytes that wait or are on their way. */
  readonly queuedBatches: number;
  readonly queuedBytes: number;
  /** Bytes that may wait. */
  readonly limitBytes: number;
  /** Records that it acknowledged, that came to it again, and that it did not get because its queue was full. */
  readonly acknowledged: number;
  readonly redelivered: number;
  readonly dropped: number;
}

/** What was published on a topic. */
export interface TopicStatistics {
  readonly topic: string;
  readonly batches: number;
  readonly records: number;
  /** Records that nobody had subscribed to. */
  readonly unclaimed: number;
}

/** The state of the whole bus. */
export interface BusStatistics {
  readonly topics: readonly TopicStatistics[];
  readonly subscribers: readonly SubscriberStatistics[];
}

/** Batches of records between processes, by topic. Queues are bounded; what does not fit is counted by its name. */
export interface Bus {
  /** Resolves when the bus has taken the batch over or dropped it. Rejects with {@link BusError} when it is gone. */
  publish(topic: string, batch: RecordBatch, options?: PublishOptions): Promise<Receipt>;
  /** Batches come one after the other. Rejects with {@link BusError} when the name is taken. */
  subscribe(topic: string, handler: BatchHandler, options?: SubscribeOptions): Promise<Subscription>;
  statistics(): Promise<BusStatistics>;
  /** Ends all subscriptions; batches that handlers are at work on are finished first. */
  close(): Promise<void>;
}

/** The bus cannot do what was asked. */
export class BusError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'BusError';
  }
}
