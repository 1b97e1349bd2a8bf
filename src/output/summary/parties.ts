import type { AnswerHighlight, FlowRecord } from '../../event/index.ts';
import { Sums } from './top.ts';

/** Connections without data from which on a client is said to be scanning, and their share of its flows. */
const SCAN_CONNECTIONS = 20;
const SCAN_SHARE = 0.5;

/** A client: what it opened. */
export class ClientSums extends Sums {
  /** TCP connections on which no data came. */
  fruitless = 0;
  /** The server that most of them went to, by majority vote (Boyer and Moore). */
  private target = '';
  private votes = 0;

  /** Notes a connection without data. */
  failed(server: string): void {
    this.fruitless++;
    if (this.votes === 0) {
      this.target = server;
      this.votes = 1;
    } else if (server === this.target) this.votes++;
    else this.votes--;
  }

  /** What looks like a scan; undefined where it does not. `target` is empty where there is no main one. */
  scan(): Scan | undefined {
    if (this.fruitless < SCAN_CONNECTIONS || this.fruitless < this.flows * SCAN_SHARE) return undefined;
    const target = this.votes > this.fruitless / 2 ? this.target : '';
    return { client: this.key, connections: this.fruitless, flows: this.flows, target };
  }
}

/** A client that opened connections in vain. */
export interface Scan {
  readonly client: string;
  readonly connections: number;
  readonly flows: number;
  readonly target: string;
}

/** A server: how fast it is. */
export class ServerSums extends Sums {
  handshakes = 0;
  answers = 0;
  /** The answer that took longest. */
  slowestUs = 0;
  slowestRequest = '';
  /** TCP segments that were sent again, both directions. */
  retransmissions = 0;
  private handshakeSumUs = 0;
  private answerSumUs = 0;

  /** Adds the timing of a flow. */
  timed(tcp: NonNullable<FlowRecord['tcp']>): void {
    if (tcp.rttServerUs !== undefined) {
      this.handshakes++;
      this.handshakeSumUs += tcp.rttServerUs;
    }
    this.retransmissions += tcp.retransmissions[0] + tcp.retransmissions[1];
  }

  answered(answer: AnswerHighlight): void {
    this.answers++;
    this.answerSumUs += answer.waitUs;
    if (answer.waitUs <= this.slowestUs) return;
    this.slowestUs = answer.waitUs;
    this.slowestRequest = answer.request();
  }

  /** Its figures; undefined where nothing was measured. */
  slowness(): Slowness | undefined {
    if (this.handshakes === 0 && this.answers === 0) return undefined;
    return {
      server: this.key,
      handshakes: this.handshakes,
      meanHandshakeUs: this.handshakes === 0 ? undefined : Math.round(this.handshakeSumUs / this.handshakes),
      answers: this.answers,
      meanAnswerUs: this.answers === 0 ? undefined : Math.round(this.answerSumUs / this.answers),
      slowestAnswerUs: this.answers === 0 ? undefined : this.slowestUs,
      slowestRequest: this.slowestRequest,
      retransmissions: this.retransmissions,
      packets: this.packets,
    };
  }
}

/** How fast a server answered: handshakes of TCP, answers to HTTP requests; times in microseconds. */
export interface Slowness {
  readonly server: string;
  readonly handshakes: number;
  readonly meanHandshakeUs: number | undefined;
  readonly answers: number;
  readonly meanAnswerUs: number | undefined;
  readonly slowestAnswerUs: number | undefined;
  readonly slowestRequest: string;
  readonly retransmissions: number;
  readonly packets: number;
}

/** Orders servers, the slowest first: by the slowest answer, else by the handshake. */
export function bySlowness(a: Slowness, b: Slowness): number {
  return slowest(b) - slowest(a) || (a.server < b.server ? -1 : 1);
}

function slowest(one: Slowness): number {
  return Math.max(one.slowestAnswerUs ?? 0, one.meanHandshakeUs ?? 0);
}
