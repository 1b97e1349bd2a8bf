import { type EveRecord, nameOf, objectOf, timeOf } from '../event/index.ts';
import { formatPrefix, type Prefix, parsePrefix } from '../net/index.ts';

/** Addresses and networks of which it is remembered that they are banned. */
const MOST = 200_000;

/** Which addresses and networks are banned, as the records of decisions tell. */
export class ActiveBans {
  /** Until when, in microseconds since 1970, by network; an address is one of full length. */
  private readonly until = new Map<string, number>();
  /** How many of each length there are, IPv4 and IPv6 apart. */
  private readonly lengths = new Map<number, number>();

  /** Takes a record of the type `decision`. */
  take(record: EveRecord): void {
    const decision = objectOf(record.decision);
    const network = networkOf(nameOf(decision?.value));
    if (decision?.type !== 'ban' || network === undefined || decision.simulated === true) return;
    switch (decision.event) {
      case 'taken':
        this.add(network, timeOf(nameOf(decision.until)) ?? 0);
        break;
      case 'lifted':
      case 'expired':
        this.remove(network);
        break;
      default:
    }
  }

  /** Whether an address or a network lies in one that is banned. Of other texts (JA4) none is. */
  has(subject: string, nowUs: number): boolean {
    const network = networkOf(subject);
    if (network === undefined) return false;
    for (const key of this.lengths.keys()) {
      const length = key & 0xff;
      if (key >> 8 !== network.version || length > network.length) continue;
      const around = maskedTo(network, length);
      const until = this.until.get(formatPrefix(around));
      if (until === undefined) continue;
      if (until > nowUs) return true;
      this.remove(around);
    }
    return false;
  }

  private add(network: Prefix, untilUs: number): void {
    const name = formatPrefix(network);
    if (!this.until.has(name)) {
      if (this.until.size >= MOST) return;
      const key = keyOf(network);
      this.lengths.set(key, (this.lengths.get(key) ?? 0) + 1);
    }
    this.until.set(name, untilUs);
  }

  private remove(network: Prefix): void {
    if (!this.until.delete(formatPrefix(network))) return;
    const key = keyOf(network);
    const left = (this.lengths.get(key) ?? 1) - 1;
    if (left > 0) this.lengths.set(key, left);
    else this.lengths.delete(key);
  }
}

function networkOf(text = ''): Prefix | undefined {
  return text.length > 64 ? undefined : parsePrefix(text);
}

/** Version and length of a network as one number. */
function keyOf({ version, length }: Prefix): number {
  return (version << 8) | length;
}

function maskedTo(network: Prefix, length: number): Prefix {
  const words = network.words.map((word, index) => {
    const bits = Math.min(32, Math.max(0, length - 32 * index));
    return bits === 0 ? 0 : word & (-1 << (32 - bits));
  });
  return { ...network, words: words as [number, number, number, number], length };
}
