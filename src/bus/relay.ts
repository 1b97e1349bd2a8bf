import type { BusStatistics, RecordBatch, TopicStatistics } from './bus.ts';
import { type FromRelay, memberMessage, type ToRelay } from './messages.ts';
import type { Port } from './port.ts';
import { batchBytes, Queue } from './queue.ts';

/** Bounds of a relay. */
export interface RelayOptions {
  /** Bytes that may wait for each subscriber. */
  readonly queueBytes: number;
  /** Batches that may be on their way to each subscriber. */
  readonly window?: number;
}

/** While a store is busy with its files, what is published in a tenth of a second can go on to whoever takes it up at once. */
const WINDOW = 32;
/** Topics, and queues, that there may be: names come from members. */
const MOST_TOPICS = 64;
const MOST_QUEUES = 64;
/** Batches of one member that may wait for room. */
const MOST_HELD = 64;

type Publication = Extract<ToRelay, { readonly bus: 'publish' }>;

/** A batch that waits for room in some queues. */
interface Held {
  readonly member: Member;
  readonly message: Publication;
  readonly bytes: number;
  readonly missing: Set<Queue>;
  accepted: number;
  dropped: number;
}

interface Member {
  readonly port: Port;
  readonly publishes: ReadonlySet<string> | undefined;
  readonly subscriptions: Map<number, Queue>;
  held: number;
  gone: boolean;
}

/** The middle of the bus: takes batches of its members and brings them to the subscribers, at each one's pace. */
export class Relay {
  private readonly options: Required<RelayOptions>;
  private readonly queues = new Set<Queue>();
  /** Who is subscribed, and under which number. */
  private readonly subscribers = new Map<Queue, { readonly member: Member; readonly number: number }>();
  private readonly topics = new Map<string, { batches: number; records: number; unclaimed: number }>();
  private readonly holding: Held[] = [];
  private readonly idle: (() => void)[] = [];
  private nextSubscription = 1;
  /** Messages that made no sense. */
  malformed = 0;

  constructor(options: RelayOptions) {
    this.options = { window: WINDOW, ...options };
  }

  /**
   * A new member at the other end of the port; it leaves when the port closes. Messages of others are passed over.
   * `publishes`: the topics that it may publish on; all without.
   */
  attach(port: Port, publishes?: ReadonlySet<string>): void {
    const member: Member = { port, publishes, subscriptions: new Map(), held: 0, gone: false };
    port.onMessage((value) => {
      if (member.gone) return;
      const message = memberMessage(value);
      if (message !== undefined) this.take(member, message);
      else if (typeof value === 'object' && value !== null && 'bus' in value) this.malformed++;
    });
    port.onClosed(() => this.leave(member));
  }

  /** Makes the queue of a durable subscriber before it comes, so that it misses nothing. */
  declare(topic: string, name: string): void {
    if (this.find(topic, name) === undefined) this.create(topic, name, true);
  }

  /** Resolves when no queue of a connected or durable subscriber holds anything. */
  async drained(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if (this.holding.length === 0 && [...this.queues].every((queue) => queue.empty)) return true;
      await new Promise<void>((resolve) => {
        this.idle.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return false;
  }

  statistics(): BusStatistics {
    const topics: TopicStatistics[] = [...this.topics].map(([topic, counters]) => ({ topic, ...counters }));
    return {
      topics,
      subscribers: [...this.queues].map((queue) => queue.statistics(this.subscribers.has(queue))),
    };
  }

  private take(member: Member, message: ToRelay): void {
    switch (message.bus) {
      case 'publish':
        this.publish(member, message);
        break;
      case 'subscribe':
        this.subscribe(member, message.id, message.topic, message.name, message.durable);
        break;
      case 'unsubscribe': {
        const queue = member.subscriptions.get(message.subscription);
        member.subscriptions.delete(message.subscription);
        if (queue !== undefined) this.release(queue);
        answer(member, { bus: 'unsubscribed', id: message.id });
        break;
      }
      case 'acknowledge': {
        const queue = member.subscriptions.get(message.subscription);
        if (queue?.acknowledge(message.entry)) this.moved(queue);
        break;
      }
      case 'statistics':
        answer(member, { bus: 'counted', id: message.id, statistics: this.statistics() });
        break;
      default:
        message satisfies never;
    }
  }

  private publish(member: Member, message: Publication): void {
    const { topic, batch } = message;
    if (member.publishes?.has(topic) === false) {
      answer(member, {
        bus: 'refused',
        id: message.id,
        reason: `this process may publish nothing on ${topic}`,
      });
      return;
    }
    const queues = [...this.queues].filter((queue) => queue.topic === topic);
    this.count(topic, batch, queues.length === 0);
    const bytes = batchBytes(batch);
    const held: Held = { member, message, bytes, missing: new Set(), accepted: 0, dropped: 0 };
    for (const queue of queues) {
      // Who waits has a place in the row: a later batch does not pass.
      const waits = message.wait && !queue.tooLarge(bytes) && member.held < MOST_HELD;
      const row = this.holding.some(({ missing }) => missing.has(queue));
      if (!row && queue.offer(batch, bytes)) {
        held.accepted++;
        this.send(queue);
      } else if (waits) held.missing.add(queue);
      else {
        held.dropped++;
        queue.drop(batch);
      }
    }
    if (held.missing.size === 0) receipt(held);
    else {
      member.held++;
      this.holding.push(held);
    }
  }

  private count(topic: string, batch: RecordBatch, unclaimed: boolean): void {
    let counters = this.topics.get(topic);
    if (counters === undefined) {
      if (this.topics.size >= MOST_TOPICS) return;
      counters = { batches: 0, records: 0, unclaimed: 0 };
      this.topics.set(topic, counters);
    }
    counters.batches++;
    counters.records += batch.length;
    if (unclaimed) counters.unclaimed += batch.length;
  }

  private subscribe(member: Member, id: number, topic: string, name: string, durable: boolean): void {
    let queue = this.find(topic, name);
    if (queue !== undefined && this.subscribers.has(queue)) {
      const reason = `'${topic}' has a subscriber '${name}' already`;
      answer(member, { bus: 'refused', id, reason });
      return;
    }
    if (queue === undefined && this.queues.size >= MOST_QUEUES) {
      answer(member, { bus: 'refused', id, reason: `there are ${MOST_QUEUES} subscriptions already` });
      return;
    }
    queue ??= this.create(topic, name, durable);
    const number = this.nextSubscription++;
    member.subscriptions.set(number, queue);
    this.subscribers.set(queue, { member, number });
    answer(member, { bus: 'subscribed', id, subscription: number });
    this.send(queue);
  }

  private find(topic: string, name: string): Queue | undefined {
    return [...this.queues].find((queue) => queue.topic === topic && queue.name === name);
  }

  private create(topic: string, name: string, durable: boolean): Queue {
    const queue = new Queue(topic, name, durable, this.options.queueBytes, this.options.window);
    this.queues.add(queue);
    return queue;
  }

  private leave(member: Member): void {
    member.gone = true;
    for (const queue of member.subscriptions.values()) this.release(queue);
    member.subscriptions.clear();
  }

  /** The queue has no subscriber any more. */
  private release(queue: Queue): void {
    this.subscribers.delete(queue);
    queue.takeBack();
    if (!queue.durable) this.queues.delete(queue);
    this.moved(queue);
  }

  /** There may be room again: first for who waits, in the order in which they came. */
  private moved(queue: Queue): void {
    for (const held of this.holding.filter(({ missing }) => missing.has(queue))) {
      if (this.queues.has(queue)) {
        if (!queue.offer(held.message.batch, held.bytes)) break;
        held.accepted++;
      }
      held.missing.delete(queue);
      if (held.missing.size > 0) continue;
      this.holding.splice(this.holding.indexOf(held), 1);
      held.member.held--;
      receipt(held);
    }
    this.send(queue);
    if (queue.empty) for (const resolve of this.idle.splice(0)) resolve();
  }

  private send(queue: Queue): void {
    const subscriber = this.subscribers.get(queue);
    if (subscriber === undefined) return;
    const { member, number } = subscriber;
    for (let entry = queue.next(); entry !== undefined; entry = queue.next()) {
      const { id, batch } = entry;
      answer(member, { bus: 'deliver', subscription: number, entry: id, topic: queue.topic, batch });
    }
  }
}

function receipt({ member, message, accepted, dropped }: Held): void {
  answer(member, { bus: 'receipt', id: message.id, accepted, dropped });
}

function answer(member: Member, message: FromRelay): void {
  if (!member.gone) member.port.send(message);
}
