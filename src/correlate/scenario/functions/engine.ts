import { parseDuration } from '../duration.ts';
import {
  ANY,
  BOOLEAN,
  EvaluationError,
  type ExpressionFunction,
  NUMBER,
  TEXT,
  TEXTS,
} from '../expression/index.ts';

function nanoseconds(text: unknown): number {
  const ns = parseDuration(String(text));
  if (ns === undefined) throw new EvaluationError(`${JSON.stringify(text)} is no duration`);
  return ns;
}

/** Texts of the stash without a duration are kept this long. */
const STASH_NS = 24 * 3600e9;

/** Functions that ask the engine: data files, decisions, the stash. */
export const ENGINE_FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  File: {
    parameters: [TEXT],
    result: TEXTS,
    pure: false,
    call: ([name], frame) => frame.data.lines(name as string),
    check: ([name], checks) => (typeof name === 'string' ? checks.dataFile(name, 'string') : undefined),
  },
  RegexpInFile: {
    parameters: [TEXT, TEXT],
    result: BOOLEAN,
    pure: false,
    call: ([text, name], frame) => frame.data.matches(text as string, name as string),
    check: ([, name], checks) => (typeof name === 'string' ? checks.dataFile(name, 'regexp') : undefined),
  },
  GetDecisionsCount: {
    parameters: [TEXT],
    result: NUMBER,
    pure: false,
    call: ([value], frame) => frame.services.decisions({ value: value as string, active: false }),
  },
  GetDecisionsSinceCount: {
    parameters: [TEXT, TEXT],
    result: NUMBER,
    pure: false,
    call: ([value, since], frame) => {
      const sinceUs = frame.timeUs - nanoseconds(since) / 1000;
      return frame.services.decisions({ value: value as string, sinceUs, active: false });
    },
    check: ([, since]) => {
      if (typeof since !== 'string' || parseDuration(since) !== undefined) return undefined;
      return `${JSON.stringify(since)} is no duration, as 24h`;
    },
  },
  GetActiveDecisionsCount: {
    parameters: [TEXT],
    result: NUMBER,
    pure: false,
    call: ([value], frame) => frame.services.decisions({ value: value as string, active: true }),
  },
  SetInStash: {
    parameters: [TEXT, TEXT, TEXT, ANY],
    least: 3,
    result: ANY,
    pure: false,
    call: ([name, key, value, duration], frame) => {
      const ns = duration === undefined || duration === null ? STASH_NS : durationNs(duration);
      frame.services.stash.set(name as string, key as string, value as string, frame.timeUs + ns / 1000);
      return null;
    },
  },
  GetFromStash: {
    parameters: [TEXT, TEXT],
    result: TEXT,
    pure: false,
    call: ([name, key], frame) => frame.services.stash.get(name as string, key as string, frame.timeUs),
  },
  Hostname: { parameters: [], result: TEXT, pure: false, call: (_values, frame) => frame.services.hostname },
  LogInfo: { parameters: [TEXT], rest: ANY, result: BOOLEAN, pure: false, call: () => true },
};

function durationNs(duration: unknown): number {
  return typeof duration === 'number' ? duration : nanoseconds(duration);
}
