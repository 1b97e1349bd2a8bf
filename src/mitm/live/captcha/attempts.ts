import { CHALLENGE_MS } from './challenge.ts';

/** Answers of one network within the time in which a challenge can be answered. */
const MOST_ANSWERS = 10;
/** Networks that are remembered; the one that was silent longest is forgotten first. */
const MOST_NETWORKS = 16_384;

interface Attempt {
  readonly token: string;
  readonly timeMs: number;
}

/** Answers that were given a short while ago: each challenge is good for one, and each network for a few. */
export class Attempts {
  private readonly most: number;
  /** In the order of the last answer. */
  private readonly byNetwork = new Map<string, Attempt[]>();

  constructor(most: number = MOST_NETWORKS) {
    this.most = most;
  }

  /** Networks that are remembered. */
  get size(): number {
    return this.byNetwork.size;
  }

  /** Seconds until the network may answer again; 0: it may. */
  waitOf(network: string, nowMs: number): number {
    const recent = this.recent(network, nowMs);
    const first = recent[0];
    if (first === undefined || recent.length < MOST_ANSWERS) return 0;
    return Math.max(1, Math.ceil((first.timeMs + CHALLENGE_MS - nowMs) / 1000));
  }

  /** Notes an answer to a challenge; false where there was one before. */
  note(network: string, token: string, nowMs: number): boolean {
    const recent = this.recent(network, nowMs);
    const isFirst = recent.every((one) => one.token !== token);
    this.byNetwork.delete(network);
    this.byNetwork.set(network, [...recent, { token, timeMs: nowMs }]);
    if (this.byNetwork.size > this.most) {
      // What is forgotten could be answered again: for its own network alone, that passes with the cookie as well.
      const [oldest] = this.byNetwork.keys();
      if (oldest !== undefined) this.byNetwork.delete(oldest);
    }
    return isFirst;
  }

  private recent(network: string, nowMs: number): readonly Attempt[] {
    return (this.byNetwork.get(network) ?? []).filter(({ timeMs }) => nowMs - timeMs < CHALLENGE_MS);
  }
}
