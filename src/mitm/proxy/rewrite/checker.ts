import { nearMiss } from '../../waf/seclang/near-miss.ts';

/** Mistakes that are told of at most. */
const MOST_FAULTS = 100;

/** Rules that cannot be used; the message lists the mistakes and where they are. */
export class RewriteRulesError extends Error {
  override name = 'RewriteRulesError';
  /** `rules[2].response.headers.set: ...`. */
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

/** Reads what came out of YAML or JSON, and keeps all mistakes with their places. */
export class Checker {
  readonly faults: string[] = [];

  fault(place: string, text: string): undefined {
    if (this.faults.length < MOST_FAULTS) this.faults.push(`${place}: ${text}`);
    return undefined;
  }

  /** Its members by name; those that nobody knows are mistakes. */
  object(place: string, value: unknown, known: readonly string[]): Record<string, unknown> | undefined {
    const members = this.#members(place, value);
    if (members === undefined) return undefined;
    for (const name of Object.keys(members)) {
      if (known.includes(name)) continue;
      const hint = nearMiss(name, known) || `: known are ${known.join(', ')}`;
      this.fault(place, `${shown(name)} is unknown here${hint}`);
    }
    return members;
  }

  /** Names and values, whatever the names are. */
  entries(place: string, value: unknown, most: number): [name: string, value: unknown][] {
    const members = this.#members(place, value);
    if (members === undefined) return [];
    const entries = Object.entries(members);
    if (entries.length > most) {
      this.fault(place, `${entries.length} are too many: at most ${most}`);
      return [];
    }
    return entries;
  }

  list(place: string, value: unknown, most: number): unknown[] {
    if (!Array.isArray(value)) {
      this.fault(place, `a list is wanted, not ${shown(value)}`);
      return [];
    }
    if (value.length === 0) this.fault(place, 'the list is empty');
    if (value.length <= most) return value;
    this.fault(place, `${value.length} are too many: at most ${most}`);
    return [];
  }

  /** One, or a list of several. */
  some(place: string, value: unknown, most: number): [place: string, value: unknown][] {
    if (!Array.isArray(value)) return [[place, value]];
    return this.list(place, value, most).map((each, i) => [`${place}[${i}]`, each]);
  }

  text(place: string, value: unknown, most: number): string | undefined {
    if (typeof value !== 'string') return this.fault(place, `a text is wanted, not ${shown(value)}`);
    if (value.length > most)
      return this.fault(place, `${value.length} characters are too many: at most ${most}`);
    return value;
  }

  boolean(place: string, value: unknown): boolean | undefined {
    return typeof value === 'boolean'
      ? value
      : this.fault(place, `${shown(value)} is neither true nor false`);
  }

  /** One of several words. */
  word<T extends string>(place: string, value: unknown, known: readonly T[]): T | undefined {
    const found = known.find((each) => each === value);
    if (found !== undefined) return found;
    const hint = (typeof value === 'string' && nearMiss(value, known)) || `: ${known.join(' or ')} is wanted`;
    return this.fault(place, `${shown(value)} is unknown${hint}`);
  }

  #members(place: string, value: unknown): Record<string, unknown> | undefined {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
    return this.fault(place, `names and values are wanted, not ${shown(value)}`);
  }
}

/** A value as it is shown to whoever wrote it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : String(value);
}
