import { parseDuration } from '../duration.ts';
import {
  ANY,
  asList,
  asTime,
  DURATION,
  EvaluationError,
  type ExpressionFunction,
  Moment,
  TEXT,
  TIME,
  type Type,
} from '../expression/index.ts';

const TIMES: Type = { kind: 'list', of: TIME };

function durationOf(text: unknown): number {
  const ns = parseDuration(String(text));
  if (ns === undefined)
    throw new EvaluationError(`${JSON.stringify(text)} is no duration, as 30s, 5m and 1h30m`);
  return ns;
}

/** Nanoseconds between each time and the next, in their order. */
function intervalsOf(list: unknown): number[] {
  const times = asList(list)
    .map((each) => asTime(each).us)
    .sort((a, b) => a - b);
  if (times.length < 2) throw new EvaluationError('an interval needs two times');
  return times.slice(1).map((us, i) => (us - times[i]!) * 1000);
}

function dateOf(text: string): Moment {
  const ms = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  if (Number.isNaN(ms)) throw new EvaluationError(`${JSON.stringify(text)} is no date`);
  return new Moment(ms * 1000);
}

/** Functions of time. What is now is the time of the event. */
export const TIME_FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  TimeNow: {
    parameters: [],
    result: TEXT,
    pure: false,
    call: (_values, frame) => new Date(frame.timeUs / 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
  },
  now: { parameters: [], result: TIME, pure: false, call: (_values, frame) => new Moment(frame.timeUs) },
  duration: { parameters: [TEXT], result: DURATION, pure: true, call: ([text]) => durationOf(text) },
  date: {
    parameters: [TEXT, ANY],
    least: 1,
    result: TIME,
    pure: true,
    call: ([text]) => dateOf(text as string),
    check: ([, layout]) =>
      layout === undefined ? undefined : 'date takes dates of ISO 8601, without a layout',
  },
  ParseUnix: {
    parameters: [TEXT],
    result: TEXT,
    pure: true,
    call: ([text]) => {
      const seconds = Number.parseInt((text as string).split('.')[0] ?? '', 10);
      const isTime = seconds > 0 && seconds < 1e11;
      return isTime ? new Date(seconds * 1000).toISOString().replace('.000Z', 'Z') : '';
    },
  },
  AverageInterval: {
    parameters: [TIMES],
    result: DURATION,
    pure: true,
    call: ([list]) => {
      const intervals = intervalsOf(list);
      return intervals.reduce((a, b) => a + b, 0) / intervals.length;
    },
  },
  MedianInterval: {
    parameters: [TIMES],
    result: DURATION,
    pure: true,
    call: ([list]) => {
      const intervals = intervalsOf(list).sort((a, b) => a - b);
      const middle = intervals.length >> 1;
      return intervals.length % 2 === 1
        ? intervals[middle]
        : (intervals[middle - 1]! + intervals[middle]!) / 2;
    },
  },
};
