/** Seconds that are remembered. */
const SECONDS = 60;
/** Names that a second has at most; further ones are counted as {@link OTHER}. */
const MOST_NAMES = 200;
/** Stands for all names that found no room. */
export const OTHER = 'other';
const MOST_NAME_CHARACTERS = 80;

/** Something by its name: how often it was seen, and with how many bytes. */
export interface NameCount {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}

interface Second {
  readonly at: number;
  readonly names: Map<string, { count: number; bytes: number }>;
}

/** What was seen in the last minute, by name; bounded in names and in time. */
export class Recent {
  private readonly seconds: (Second | undefined)[] = new Array(SECONDS).fill(undefined);
  private readonly clock: () => number;

  /** `clock`: milliseconds that never go back. */
  constructor(clock: () => number = () => performance.now()) {
    this.clock = clock;
  }

  add(name: string, count: number, bytes = 0): void {
    const { names } = this.second();
    const short = name.slice(0, MOST_NAME_CHARACTERS);
    const key = names.has(short) || names.size < MOST_NAMES ? short : OTHER;
    const entry = names.get(key);
    if (entry === undefined) names.set(key, { count, bytes });
    else {
      entry.count += count;
      entry.bytes += bytes;
    }
  }

  /** Those with the most bytes first, then those seen most often; of `seconds` whole ones and the one under way. */
  top(most: number, seconds = SECONDS): NameCount[] {
    const sums = new Map<string, { count: number; bytes: number }>();
    const now = this.now();
    for (const second of this.seconds) {
      if (second === undefined || second.at <= now - seconds) continue;
      for (const [name, { count, bytes }] of second.names) {
        const sum = sums.get(name) ?? { count: 0, bytes: 0 };
        sums.set(name, { count: sum.count + count, bytes: sum.bytes + bytes });
      }
    }
    return [...sums]
      .map(([name, sum]) => ({ name, ...sum }))
      .sort((a, b) => b.bytes - a.bytes || b.count - a.count || (a.name < b.name ? -1 : 1))
      .slice(0, most);
  }

  private now(): number {
    return Math.floor(this.clock() / 1000);
  }

  private second(): Second {
    const at = this.now();
    const place = at % SECONDS;
    const known = this.seconds[place];
    if (known?.at === at) return known;
    const begun = { at, names: new Map() };
    this.seconds[place] = begun;
    return begun;
  }
}
