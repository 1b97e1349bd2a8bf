import type { Tone } from '../design/index.ts';
import type { Decision, DecisionType, Mode } from './answers.ts';

/** What a type of decision is called, and what it does, in words. */
export interface DecisionWords {
  readonly label: string;
  /** `Ban 192.0.2.1`. */
  readonly verb: string;
  /** `192.0.2.1 is banned`. */
  readonly done: string;
  readonly effect: string;
  readonly tone: Tone;
}

const WORDS: Readonly<Record<DecisionType, DecisionWords>> = {
  ban: {
    label: 'Ban',
    verb: 'Ban',
    done: 'is banned',
    effect: 'Its packets and web requests are refused, and its open connections end.',
    tone: 'danger',
  },
  throttle: {
    label: 'Throttle',
    verb: 'Throttle',
    done: 'is throttled',
    effect: 'It gets a few packets a second and 30 web requests a minute.',
    tone: 'warning',
  },
  captcha: {
    label: 'Captcha',
    verb: 'Challenge',
    done: 'has to solve a captcha',
    effect: 'Its web requests are answered with a picture to solve; who solves it passes for an hour.',
    tone: 'warning',
  },
  redirect: {
    label: 'Redirect',
    verb: 'Redirect',
    done: 'is redirected',
    effect: 'Its web requests are led to the page that respond.proxy.location names.',
    tone: 'notice',
  },
  allow: {
    label: 'Allow',
    verb: 'Allow',
    done: 'is allowed',
    effect: 'No other decision holds for it: neither those that stand nor those to come.',
    tone: 'good',
  },
};

/** The types in the order in which they are offered. */
export const DECISION_TYPES = Object.keys(WORDS) as readonly DecisionType[];

/** The words of a type. */
export function wordsOf(type: DecisionType): DecisionWords {
  return WORDS[type];
}

/** The type that a word of the page's address names, else a ban. */
export function decisionTypeOf(word: string | undefined): DecisionType {
  return word !== undefined && Object.hasOwn(WORDS, word) ? (word as DecisionType) : 'ban';
}

/** How long decisions may last; values are milliseconds. */
export const DURATIONS = [
  { value: '900000', label: '15 minutes' },
  { value: '3600000', label: '1 hour' },
  { value: '14400000', label: '4 hours' },
  { value: '86400000', label: '1 day' },
  { value: '604800000', label: '7 days' },
  { value: '2592000000', label: '30 days' },
  { value: '31536000000', label: '1 year' },
] as const;

/** What a mode means, in a sentence. */
export function modeSentence(mode: Mode): string {
  return mode === 'enforce'
    ? 'Decisions take effect.'
    : 'Decisions are taken and told of, but nothing is blocked.';
}

const ORIGINS: Readonly<Record<string, string>> = {
  scenario: 'a scenario',
  reputation: 'its reputation',
  user: 'a person',
  crowdsec: 'CrowdSec',
  list: 'a list',
};

/** Who asked for a decision: a person by name, else the kind of program. */
export function originOf({ origin, author }: Pick<Decision, 'origin' | 'author'>): string {
  return author === '' ? (ORIGINS[origin] ?? origin) : author;
}

/** What is left of a decision, 0 to 1. */
export function shareLeft(
  { createdMs, untilMs }: Pick<Decision, 'createdMs' | 'untilMs'>,
  nowMs: number,
): number {
  const whole = untilMs - createdMs;
  return whole <= 0 ? 0 : Math.min(1, Math.max(0, (untilMs - nowMs) / whole));
}
