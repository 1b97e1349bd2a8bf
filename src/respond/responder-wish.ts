import { DECISION_TYPES, type Wish } from '../event/index.ts';
import { readTarget, type Target } from './guard/index.ts';

const LONGEST = { value: 256, origin: 64, scenario: 256, author: 128, reason: 1024, evidence: 64 } as const;
const MOST_EVIDENCE = 16;
/** Ten years: what lasts longer belongs into a configuration. */
const LONGEST_MS = 10 * 366 * 86_400_000;

/** A wish with all its texts within bounds, and what it is about, or what is wrong with it. */
export interface ReadWish {
  readonly wish: Wish;
  readonly target: Target | string;
}

/** Checks a wish, which comes from another process, and brings it into its short form. */
export function readWish(asked: Wish, nowMs: number): ReadWish {
  const { durationMs, askedMs } = asked;
  const wish: Wish = {
    type: asked.type,
    scope: asked.scope,
    value: plain(asked.value, LONGEST.value),
    origin: plain(asked.origin, LONGEST.origin),
    reason: plain(asked.reason, LONGEST.reason),
    scenario: plain(asked.scenario, LONGEST.scenario),
    durationMs: Number.isFinite(durationMs) ? Math.round(durationMs) : 0,
    simulated: asked.simulated === true,
    evidence: evidenceOf(asked.evidence),
    // A clock that runs ahead elsewhere must not give latencies below nothing.
    askedMs: Number.isFinite(askedMs) ? Math.min(askedMs, nowMs) : nowMs,
    author: plain(asked.author, LONGEST.author),
  };
  if (!DECISION_TYPES.includes(wish.type)) {
    return { wish, target: `'${plain(wish.type, 64)}' is no type of decision` };
  }
  if (!(wish.durationMs >= 1 && wish.durationMs <= LONGEST_MS)) {
    return { wish, target: `a decision lasts from 1 ms to ten years, not ${wish.durationMs} ms` };
  }
  const target = readTarget(wish.scope, wish.value);
  if (typeof target === 'string') return { wish, target };
  return { wish: { ...wish, scope: target.scope, value: target.value }, target };
}

function evidenceOf(given: unknown): readonly string[] {
  if (!Array.isArray(given)) return [];
  return given.slice(0, MOST_EVIDENCE).map((id) => plain(id, LONGEST.evidence));
}

/** Text out of traffic and from users: cut, without control characters. */
export function plain(text: unknown, longest: number): string {
  if (typeof text !== 'string') return '';
  return text
    .slice(0, longest)
    .replaceAll(/\p{Cc}/gu, ' ')
    .toWellFormed();
}
