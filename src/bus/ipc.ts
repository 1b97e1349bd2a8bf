import {
  type BatchHandler,
  type Bus,
  BusError,
  type BusStatistics,
  type PublishOptions,
  type Receipt,
  type RecordBatch,
  type SubscribeOptions,
  type Subscription,
} from './bus.ts';
import { type FromRelay, isFromRelay } from './messages.ts';
import type { Port } from './port.ts';

/** Batches without a receipt that a member may have on their way. */
const MOST_PUBLISHED = 32;
/** Until a batch comes to a handler again that has thrown. */
const RETRY_MS = 250;

type Answer = Exclude<FromRelay, { readonly bus: 'deliver' }>;
type Delivery = Extract<FromRelay, { readonly bus: 'deliver' }>;

interface Pending {
  resolve(answer: Answer): void;
  reject(error: BusError): void;
}

/** What a member may be told. */
export interface IpcBusOptions {
  /** A handler has thrown; its batch comes to it again. */
  readonly onHandlerError?: (error: unknown, topic: string) => void;
}

/** A member of the bus whose relay is at the other end of a port. */
export class IpcBus implements Bus {
  private readonly port: Port;
  private readonly options: IpcBusOptions;
  private readonly pending = new Map<number, Pending>();
  private readonly incoming = new Map<number, Incoming>();
  private readonly slots: (() => void)[] = [];
  /** Records of each topic that did not even reach the relay. */
  private readonly dropped = new Map<string, number>();
  /** Deliveries that came before the answer to their subscription was handled. */
  private readonly early = new Map<number, Delivery[]>();
  private published = 0;
  private nextId = 1;
  private end: BusError | undefined;

  constructor(port: Port, options: IpcBusOptions = {}) {
    this.port = port;
    this.options = options;
    port.onMessage((value) => {
      if (isFromRelay(value)) this.take(value);
    });
    port.onClosed(() => this.fail(new BusError('the bus is gone')));
  }

  async publish(topic: string, batch: RecordBatch, options: PublishOptions = {}): Promise<Receipt> {
    const wait = options.wait ?? false;
    this.check();
    if (batch.length === 0) return { accepted: 0, dropped: 0 };
    if (this.published >= MOST_PUBLISHED) {
      if (!wait) {
        this.dropped.set(topic, (this.dropped.get(topic) ?? 0) + batch.length);
        return { accepted: 0, dropped: 1 };
      }
      // The slot is handed over with its count.
      await new Promise<void>((resolve) => this.slots.push(resolve));
      this.check();
    } else this.published++;
    try {
      const answer = await this.ask((id) => ({ bus: 'publish', id, topic, batch, wait }));
      if (answer.bus !== 'receipt') throw unexpected(answer);
      return { accepted: answer.accepted, dropped: answer.dropped };
    } finally {
      const next = this.slots.shift();
      if (next === undefined) this.published--;
      else next();
    }
  }

  async subscribe(
    topic: string,
    handler: BatchHandler,
    options: SubscribeOptions = { name: `member-${process.pid}-${this.nextId}` },
  ): Promise<Subscription> {
    this.check();
    const { name, durable = false, onArrival } = options;
    const answer = await this.ask((id) => ({ bus: 'subscribe', id, topic, name, durable }));
    if (answer.bus !== 'subscribed') throw unexpected(answer);
    const { subscription } = answer;
    const incoming = new Incoming(
      handler,
      (entry) => this.port.send({ bus: 'acknowledge', subscription, entry }),
      (error) => this.options.onHandlerError?.(error, topic),
      onArrival,
    );
    this.incoming.set(subscription, incoming);
    for (const delivery of this.early.get(subscription) ?? []) incoming.push(delivery);
    this.early.delete(subscription);
    return { close: () => this.unsubscribe(subscription, incoming) };
  }

  async statistics(): Promise<BusStatistics> {
    this.check();
    const answer = await this.ask((id) => ({ bus: 'statistics', id }));
    if (answer.bus !== 'counted') throw unexpected(answer);
    const { topics, subscribers } = answer.statistics;
    const own = [...this.dropped].map(([topic, dropped]) => ({
      topic,
      name: 'publisher',
      connected: true,
      queuedBatches: this.published,
      queuedBytes: 0,
      limitBytes: 0,
      acknowledged: 0,
      redelivered: 0,
      dropped,
    }));
    return { topics, subscribers: [...subscribers, ...own] };
  }

  async close(): Promise<void> {
    if (this.end !== undefined) return;
    await Promise.all([...this.incoming].map(([number, incoming]) => this.unsubscribe(number, incoming)));
    this.fail(new BusError('the bus is closed'));
  }

  private async unsubscribe(subscription: number, incoming: Incoming): Promise<void> {
    if (!this.incoming.delete(subscription)) return;
    await incoming.stop();
    if (this.end === undefined) await this.ask((id) => ({ bus: 'unsubscribe', id, subscription }));
  }

  private take(message: FromRelay): void {
    if (message.bus === 'deliver') {
      const incoming = this.incoming.get(message.subscription);
      if (incoming !== undefined) incoming.push(message);
      else {
        const early = this.early.get(message.subscription);
        // Bounded by the relay's window; what comes after the end of a subscription is never asked for.
        if (early !== undefined) early.push(message);
      }
      return;
    }
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.bus === 'subscribed') this.early.set(message.subscription, []);
    if (message.bus === 'refused') pending?.reject(new BusError(message.reason));
    else pending?.resolve(message);
  }

  private ask(make: (id: number) => object): Promise<Answer> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.port.send(make(id));
    });
  }

  private check(): void {
    if (this.end !== undefined) throw this.end;
  }

  private fail(error: BusError): void {
    this.end ??= error;
    for (const incoming of this.incoming.values()) void incoming.stop();
    this.incoming.clear();
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
    for (const resolve of this.slots.splice(0)) resolve();
  }
}

/** The batches of one subscription: handed to its handler one after the other, each until it is done. */
class Incoming {
  private readonly handler: BatchHandler;
  private readonly acknowledge: (entry: number) => void;
  private readonly report: (error: unknown) => void;
  private readonly onArrival: SubscribeOptions['onArrival'];
  private readonly waiting: Delivery[] = [];
  private working: Promise<void> | undefined;
  private stopped = false;
  private wake: (() => void) | undefined;

  constructor(
    handler: BatchHandler,
    acknowledge: (entry: number) => void,
    report: (error: unknown) => void,
    onArrival: SubscribeOptions['onArrival'],
  ) {
    this.onArrival = onArrival;
    this.handler = handler;
    this.acknowledge = acknowledge;
    this.report = report;
  }

  push(delivery: Delivery): void {
    try {
      this.onArrival?.(delivery.batch);
    } catch (error) {
      this.report(error);
    }
    this.waiting.push(delivery);
    this.working ??= this.work();
  }

  /** Resolves when the batch at hand is done with; the others are left to the relay. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.working;
  }

  private async work(): Promise<void> {
    for (;;) {
      const delivery = this.stopped ? undefined : this.waiting.shift();
      if (delivery === undefined) break;
      await this.handle(delivery);
    }
    this.working = undefined;
  }

  private async handle({ batch, topic, entry }: Delivery): Promise<void> {
    while (!this.stopped) {
      try {
        await this.handler(batch, topic);
        this.acknowledge(entry);
        return;
      } catch (error) {
        this.report(error);
        await this.pause();
      }
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RETRY_MS);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function unexpected(answer: Answer): BusError {
  return new BusError(`the relay answered '${answer.bus}'`);
}
