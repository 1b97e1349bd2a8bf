import { formatDuration } from '../duration.ts';
import { BOOLEAN, DURATION, type Method, NUMBER, TEXT, TIME, type Type } from './types.ts';
import { asNumber, asTime, Moment } from './values.ts';

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  ...['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October'],
  ...['November', 'December'],
];

/** `time.Weekday` and `time.Month`: a number that has a name. */
function named(name: string, names: readonly string[]): Type {
  return {
    kind: 'structure',
    name,
    fields: {},
    methods: { String: { parameters: [], result: TEXT, call: (value) => names[asNumber(value)] ?? '' } },
  };
}

const WEEKDAY = named('Weekday', WEEKDAYS);
const MONTH = named('Month', ['', ...MONTHS]);

function part(result: Type, of: (date: Date) => unknown): Method {
  return { parameters: [], result, call: (value) => of(new Date(asTime(value).us / 1000)) };
}

/** Methods of `time.Time`; UTC. */
export const TIME_METHODS: Readonly<Record<string, Method>> = {
  Year: part(NUMBER, (date) => date.getUTCFullYear()),
  Month: part(MONTH, (date) => date.getUTCMonth() + 1),
  Day: part(NUMBER, (date) => date.getUTCDate()),
  Hour: part(NUMBER, (date) => date.getUTCHours()),
  Minute: part(NUMBER, (date) => date.getUTCMinutes()),
  Second: part(NUMBER, (date) => date.getUTCSeconds()),
  Weekday: part(WEEKDAY, (date) => date.getUTCDay()),
  Unix: { parameters: [], result: NUMBER, call: (value) => Math.floor(asTime(value).us / 1e6) },
  UnixMilli: { parameters: [], result: NUMBER, call: (value) => Math.floor(asTime(value).us / 1e3) },
  UnixMicro: { parameters: [], result: NUMBER, call: (value) => asTime(value).us },
  IsZero: { parameters: [], result: BOOLEAN, call: (value) => asTime(value).us === 0 },
  UTC: { parameters: [], result: TIME, call: (value) => value },
  String: part(TEXT, (date) => date.toISOString()),
  Sub: { parameters: [TIME], result: DURATION, call: (value, [other]) => differenceOf(value, other) * 1000 },
  Add: {
    parameters: [DURATION],
    result: TIME,
    call: (value, [by]) => new Moment(asTime(value).us + asNumber(by) / 1000),
  },
  Before: { parameters: [TIME], result: BOOLEAN, call: (value, [other]) => differenceOf(value, other) < 0 },
  After: { parameters: [TIME], result: BOOLEAN, call: (value, [other]) => differenceOf(value, other) > 0 },
  Equal: { parameters: [TIME], result: BOOLEAN, call: (value, [other]) => differenceOf(value, other) === 0 },
};

function differenceOf(a: unknown, b: unknown): number {
  return asTime(a).us - asTime(b).us;
}

function length(ns: number): Method {
  return { parameters: [], result: NUMBER, call: (value) => asNumber(value) / ns };
}

/** Methods of `time.Duration`; its value is nanoseconds. */
export const DURATION_METHODS: Readonly<Record<string, Method>> = {
  Nanoseconds: length(1),
  Microseconds: length(1e3),
  Milliseconds: length(1e6),
  Seconds: length(1e9),
  Minutes: length(60e9),
  Hours: length(3600e9),
  String: { parameters: [], result: TEXT, call: (value) => formatDuration(asNumber(value)) },
};
