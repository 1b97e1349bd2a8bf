/** What the LAPI sends, checked: everything in it came from elsewhere, the names of scenarios as much as the addresses. */

import { addressOf, type DecisionScope, type DecisionType, listOf, objectOf } from '../../event/index.ts';
import { formatAddress, formatPrefix, parsePrefix } from '../../net/index.ts';
import { parseGoDuration } from './duration.ts';

/** A decision of the LAPI as it is told in its stream and in alerts. */
export interface LapiDecision {
  readonly id: number;
  /** `crowdsec`, `cscli`, `CAPI`, `lists:…`, or `weir/…` for what a weir pushed. */
  readonly origin: string;
  readonly scenario: string;
  /** As CrowdSec has it: `Ip`, `Range`, `Country` … */
  readonly scope: string;
  /** As CrowdSec has it: `ban`, `captcha`, or a name of somebody's own. */
  readonly type: string;
  readonly value: string;
  /** What is left of it, in milliseconds; below 0 when it is over. */
  readonly leftMs: number;
  readonly simulated: boolean;
}

/** What happened, as one event of an alert tells it. */
export interface AlertEvent {
  /** Milliseconds since 1970; undefined where the alert says no time that can be read. */
  readonly timeMs: number | undefined;
  readonly meta: Readonly<Record<string, string>>;
}

/** An alert that CrowdSec raised. */
export interface CrowdSecAlert {
  readonly id: number;
  /** The machine that told of it. */
  readonly machine: string;
  readonly scenario: string;
  readonly message: string;
  /** The address that it is about, in its short form; empty where it is about something else. */
  readonly address: string;
  /** The network that it is about, as `203.0.113.0/24`; empty where it is about something else. */
  readonly range: string;
  /** Milliseconds since 1970: when the LAPI took it. */
  readonly createdMs: number;
  /** Milliseconds since 1970: when it began and ended; undefined where that cannot be read. */
  readonly startMs: number | undefined;
  readonly stopMs: number | undefined;
  /** Events that led to it; {@link events} has some of them. */
  readonly count: number;
  readonly simulated: boolean;
  readonly events: readonly AlertEvent[];
  readonly decisions: readonly LapiDecision[];
}

/** What a decision is about, in our words. */
export interface Subject {
  readonly type: DecisionType;
  readonly scope: DecisionScope;
  readonly value: string;
}

const LONGEST_NAME = 255;
const LONGEST_MESSAGE = 1024;
const LONGEST_KEY = 64;
const MOST_EVENTS = 16;
const MOST_META = 32;
const MOST_DECISIONS = 16;
/** What CrowdSec decides that is taken over. `allow` is not: nobody outside opens what is shut here. */
const TYPES: ReadonlySet<string> = new Set<DecisionType>(['ban', 'captcha', 'throttle']);

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;
const EACH_UNPRINTABLE = new RegExp(UNPRINTABLE, 'g');

/** Reads a decision; undefined for what has not the shape of one. */
export function readDecision(value: unknown): LapiDecision | undefined {
  const fields = objectOf(value);
  if (fields === undefined) return undefined;
  const leftMs = parseGoDuration(fields.duration);
  const id = idOf(fields.id);
  const scope = textOf(fields.scope, LONGEST_NAME);
  const type = textOf(fields.type, LONGEST_NAME);
  const about = textOf(fields.value, LONGEST_NAME);
  if (leftMs === undefined || id === undefined || !scope || !type || !about) return undefined;
  return {
    id,
    origin: textOf(fields.origin, LONGEST_NAME) ?? '',
    scenario: textOf(fields.scenario, LONGEST_NAME) ?? '',
    scope,
    type,
    value: about,
    leftMs,
    simulated: fields.simulated === true,
  };
}

/** What a decision is about; or in one word why it is not taken: `scope`, `type`, or `malformed` for a bad value. */
export function subjectOf({ scope, type, value }: LapiDecision): Subject | 'scope' | 'type' | 'malformed' {
  const name = scope.toLowerCase();
  if (name !== 'ip' && name !== 'range') return 'scope';
  const known = type.toLowerCase();
  if (!TYPES.has(known)) return 'type';
  const prefix = value.length <= 64 ? parsePrefix(value) : undefined;
  if (prefix === undefined) return 'malformed';
  const isAddress = prefix.length === (prefix.version === 4 ? 32 : 128);
  if (!isAddress && name === 'ip') return 'malformed';
  return {
    type: known as DecisionType,
    scope: isAddress ? 'address' : 'range',
    value: isAddress ? formatAddress(prefix.version, ...prefix.words) : formatPrefix(prefix),
  };
}

/** Reads an alert; undefined for what has not the shape of one. */
export function readAlert(value: unknown): CrowdSecAlert | undefined {
  const fields = objectOf(value);
  const source = objectOf(fields?.source);
  const id = idOf(fields?.id);
  const createdMs = parseTime(fields?.created_at);
  const scenario = textOf(fields?.scenario, LONGEST_NAME);
  if (fields === undefined || source === undefined || id === undefined) return undefined;
  if (createdMs === undefined || scenario === undefined) return undefined;
  const scope = typeof source.scope === 'string' ? source.scope.toLowerCase() : '';
  const count = fields.events_count;
  return {
    id,
    machine: textOf(fields.machine_id, LONGEST_NAME) ?? '',
    scenario,
    message: textOf(fields.message, LONGEST_MESSAGE) ?? '',
    address: scope === 'ip' ? (addressOf(source.value) ?? '') : '',
    range: scope === 'range' ? rangeOf(source.value) : '',
    createdMs,
    startMs: parseTime(fields.start_at),
    stopMs: parseTime(fields.stop_at),
    count: typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : 0,
    simulated: fields.simulated === true,
    events: listOf(fields.events).slice(0, MOST_EVENTS).map(readEvent).filter(isThere),
    decisions: listOf(fields.decisions).slice(0, MOST_DECISIONS).map(readDecision).filter(isThere),
  };
}

function readEvent(value: unknown): AlertEvent | undefined {
  const fields = objectOf(value);
  if (fields === undefined) return undefined;
  const pairs: [string, string][] = [];
  for (const one of listOf(fields.meta).slice(0, MOST_META)) {
    const pair = objectOf(one);
    const key = textOf(pair?.key, LONGEST_KEY);
    const text = textOf(pair?.value, LONGEST_MESSAGE);
    if (key !== undefined && text !== undefined) pairs.push([key, text]);
  }
  // From entries, so that a key `__proto__` is a key like others.
  return { timeMs: parseTime(fields.timestamp), meta: Object.fromEntries(pairs) };
}

/**
 * Milliseconds since 1970 of a time as the LAPI writes it: RFC 3339 where it is a field of a record, the form of Go's
 * `time.Time.String` (`2026-11-21 13:46:34.118 +0000 UTC`) elsewhere. Undefined for anything else.
 */
export function parseTime(text: unknown): number | undefined {
  if (typeof text !== 'string' || text.length > 80) return undefined;
  const match =
    /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)(?:Z| ?([+-]\d{2}):?(\d{2})(?: [A-Za-z0-9+-]{1,10})?)$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, date, time, hours, minutes] = match;
  const ms = Date.parse(`${date}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Text of a bounded length, without what would break a line of a log or move a terminal's cursor. */
function textOf(value: unknown, longest: number): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const text = value.length > longest ? value.slice(0, longest) : value;
  return UNPRINTABLE.test(text) ? text.replace(EACH_UNPRINTABLE, ' ') : text;
}

function idOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function rangeOf(value: unknown): string {
  const prefix = typeof value === 'string' && value.length <= 64 ? parsePrefix(value) : undefined;
  return prefix === undefined ? '' : formatPrefix(prefix);
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}
