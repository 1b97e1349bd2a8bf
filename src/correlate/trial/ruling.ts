import type { Wish } from '../../event/index.ts';
import { type Prefix, parseAddress, parsePrefix, prefixContains } from '../../net/index.ts';
import type { Ruling } from '../simulation-result.ts';

/** Decisions that are kept in mind. */
const MOST = 100_000;

/**
 * What would become of wishes where nothing but the list of whom nobody may ban stands against them. Times in
 * milliseconds since 1970.
 */
export class TrialRuling {
  private readonly spared: readonly Prefix[];
  private readonly untilMs = new Map<string, number>();

  /** What is no network is left out. */
  constructor(neverBan: readonly string[]) {
    this.spared = neverBan.flatMap((text) => parsePrefix(text) ?? []);
  }

  /** What would become of a wish. */
  rule({ type, scope, value, durationMs, simulated }: Wish, nowMs: number): Ruling {
    if (type !== 'allow' && this.isSpared(value)) {
      return { kind: 'refused', guard: 'never-ban', reason: `${value} must never be banned` };
    }
    const key = `${type} ${scope} ${value}`;
    const before = this.untilMs.get(key) ?? 0;
    const untilMs = nowMs + durationMs;
    if (before >= untilMs) return { kind: 'kept', untilMs: before };
    if (before <= nowMs && this.untilMs.size >= MOST && !this.untilMs.has(key)) {
      return { kind: 'refused', guard: 'capacity', reason: `${MOST} decisions were taken` };
    }
    this.untilMs.set(key, untilMs);
    return before > nowMs ? { kind: 'extended', untilMs } : { kind: 'taken', durationMs, untilMs, simulated };
  }

  private isSpared(value: string): boolean {
    const address = parseAddress(value.split('/', 1)[0] ?? '');
    if (address === undefined) return false;
    return this.spared.some((prefix) => prefixContains(prefix, address.version, ...address.words));
  }
}
