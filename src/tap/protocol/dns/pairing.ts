import type { DnsMessage } from './message.ts';
import type { Exchange } from './zeek.ts';

interface Waiting {
  readonly message: DnsMessage;
  readonly timeUs: number;
}

/**
 * Pairs queries and answers of one flow by identifier, oldest first; either may come first. What waits is bounded:
 * the oldest is handed back as unmatched.
 */
export class Pairing {
  private readonly proto: string;
  private readonly capacity: number;
  // Made on first use: most flows are one query with its answer.
  private queries: Waiting[] | undefined;
  private answers: Waiting[] | undefined;

  /** `proto` is Zeek's name of the transport; `capacity` bounds the queries and the answers that wait. */
  constructor(proto: string, capacity: number) {
    this.proto = proto;
    this.capacity = Math.max(1, capacity);
  }

  /** Takes a message; returns the exchange that it completes, or undefined when it waits. */
  add(message: DnsMessage, response: boolean, timeUs: number): Exchange | undefined {
    const partner = take(response ? this.queries : this.answers, message.id);
    if (partner === undefined) {
      const waiting: Waiting = { message, timeUs };
      if (response) {
        if (this.answers === undefined) this.answers = [waiting];
        else this.answers.push(waiting);
      } else if (this.queries === undefined) this.queries = [waiting];
      else this.queries.push(waiting);
      return undefined;
    }
    const { proto } = this;
    return response
      ? { proto, query: partner.message, answer: message, queryUs: partner.timeUs, answerUs: timeUs }
      : { proto, query: message, answer: partner.message, queryUs: timeUs, answerUs: partner.timeUs };
  }

  /** True when nothing waits for its other half. */
  get empty(): boolean {
    return (this.queries?.length ?? 0) === 0 && (this.answers?.length ?? 0) === 0;
  }

  /** The oldest exchange beyond the bound, if there is one. */
  overflow(): Exchange | undefined {
    if (this.queries !== undefined && this.queries.length > this.capacity) {
      return this.alone(this.queries.shift()!, false);
    }
    if (this.answers !== undefined && this.answers.length > this.capacity) {
      return this.alone(this.answers.shift()!, true);
    }
    return undefined;
  }

  /** Hands out all that waits, and forgets it. */
  drain(take: (exchange: Exchange) => void): void {
    const { queries, answers } = this;
    this.queries = undefined;
    this.answers = undefined;
    for (const waiting of queries ?? []) take(this.alone(waiting, false));
    for (const waiting of answers ?? []) take(this.alone(waiting, true));
  }

  /** The exchange of a message that is not to be paired. */
  single(message: DnsMessage, response: boolean, timeUs: number): Exchange {
    return this.alone({ message, timeUs }, response);
  }

  private alone({ message, timeUs }: Waiting, response: boolean): Exchange {
    const { proto } = this;
    return response
      ? { proto, query: undefined, answer: message, queryUs: 0, answerUs: timeUs }
      : { proto, query: message, answer: undefined, queryUs: timeUs, answerUs: 0 };
  }
}

function take(waiting: Waiting[] | undefined, id: number): Waiting | undefined {
  if (waiting === undefined) return undefined;
  for (let i = 0; i < waiting.length; i++) {
    if (waiting[i]!.message.id !== id) continue;
    const found = waiting[i];
    if (i === 0) waiting.shift();
    else waiting.splice(i, 1);
    return found;
  }
  return undefined;
}
