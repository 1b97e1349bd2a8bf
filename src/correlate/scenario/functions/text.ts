import {
  ANY,
  asInteger,
  asList,
  asText,
  BOOLEAN,
  bounded,
  EvaluationError,
  type ExpressionFunction,
  type Frame,
  NUMBER,
  TEXT,
  TEXTS,
  type Type,
  textOf,
} from '../expression/index.ts';
import { format } from './format.ts';

function pure(
  parameters: readonly Type[],
  result: Type,
  call: (values: readonly unknown[], frame: Frame) => unknown,
): ExpressionFunction {
  return { parameters, result, pure: true, call };
}

/** A function of one text. */
function one(call: (text: string) => unknown, result: Type = TEXT): ExpressionFunction {
  return pure([TEXT], result, ([text]) => call(text as string));
}

/** A function of two texts. */
function two(call: (text: string, other: string) => unknown, result: Type = TEXT): ExpressionFunction {
  return pure([TEXT, TEXT], result, ([text, other]) => call(text as string, other as string));
}

function split(text: string, separator: string, most: number, keep: boolean, frame: Frame): string[] {
  if (most === 0) return [];
  const parts = text.split(separator);
  frame.spend(parts.length);
  const merged =
    most < 0 || parts.length <= most
      ? parts
      : [...parts.slice(0, most - 1), parts.slice(most - 1).join(separator)];
  return keep ? merged.map((part, i) => (i < merged.length - 1 ? part + separator : part)) : merged;
}

function replace(text: string, from: string, to: string, most: number): string {
  const parts = text.split(from);
  const count = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
  if (text.length + count * to.length > 1_048_576)
    throw new EvaluationError('a replacement that is too long');
  return (
    parts.slice(0, count + 1).join(to) +
    parts
      .slice(count + 1)
      .map((part) => from + part)
      .join('')
  );
}

function trimStart(text: string, cutset: string): string {
  let from = 0;
  while (from < text.length && cutset.includes(text[from]!)) from++;
  return text.slice(from);
}

function trimEnd(text: string, cutset: string): string {
  let to = text.length;
  while (to > 0 && cutset.includes(text[to - 1]!)) to--;
  return text.slice(0, to);
}

/** `Match` of CrowdSec: `*` for any text, `?` for one character. Time is at most the product of the lengths. */
function matchesGlob(pattern: string, text: string): boolean {
  let p = 0;
  let star = -1;
  let resume = 0;
  for (let t = 0; t < text.length; ) {
    if (p < pattern.length && (pattern[p] === '?' || (pattern[p] !== '*' && pattern[p] === text[t]))) {
      p++;
      t++;
    } else if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** Longest text and pattern of `Match`, whose time is their product. */
const LONGEST_GLOB = 8192;

/** Functions over texts: those of CrowdSec begin with a capital. */
export const TEXT_FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  Upper: one((text) => text.toUpperCase()),
  Lower: one((text) => text.toLowerCase()),
  upper: one((text) => text.toUpperCase()),
  lower: one((text) => text.toLowerCase()),
  TrimSpace: one((text) => text.trim()),
  Trim: two((text, cutset) => trimEnd(trimStart(text, cutset), cutset)),
  TrimLeft: two(trimStart),
  TrimRight: two(trimEnd),
  TrimPrefix: two((text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  TrimSuffix: two((text, end) => (text.endsWith(end) ? text.slice(0, text.length - end.length) : text)),
  trimPrefix: two((text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  trimSuffix: two((text, end) => (text.endsWith(end) ? text.slice(0, text.length - end.length) : text)),
  trim: {
    ...pure([TEXT, TEXT], TEXT, ([text, cutset]) => {
      if (cutset === undefined) return (text as string).trim();
      return trimEnd(trimStart(text as string, cutset as string), cutset as string);
    }),
    least: 1,
  },
  hasPrefix: two((text, prefix) => text.startsWith(prefix), BOOLEAN),
  hasSuffix: two((text, end) => text.endsWith(end), BOOLEAN),
  indexOf: two((text, part) => text.indexOf(part), NUMBER),
  lastIndexOf: two((text, part) => text.lastIndexOf(part), NUMBER),
  Index: two((text, part) => text.indexOf(part), NUMBER),
  IndexAny: two((text, chars) => {
    for (let i = 0; i < text.length; i++) if (chars.includes(text[i]!)) return i;
    return -1;
  }, NUMBER),
  Fields: one((text) => text.split(/\s+/).filter((part) => part !== ''), TEXTS),
  Split: pure([TEXT, TEXT], TEXTS, ([text, by], frame) => split(asText(text), asText(by), -1, false, frame)),
  SplitN: pure([TEXT, TEXT, NUMBER], TEXTS, ([text, by, most], frame) => {
    return split(asText(text), asText(by), asInteger(most), false, frame);
  }),
  SplitAfter: pure([TEXT, TEXT], TEXTS, ([text, by], frame) =>
    split(asText(text), asText(by), -1, true, frame),
  ),
  SplitAfterN: pure([TEXT, TEXT, NUMBER], TEXTS, ([text, by, most], frame) => {
    return split(asText(text), asText(by), asInteger(most), true, frame);
  }),
  split: {
    ...pure([TEXT, TEXT, NUMBER], TEXTS, ([text, by, most], frame) => {
      return split(asText(text), asText(by), most === undefined ? -1 : asInteger(most), false, frame);
    }),
    least: 2,
  },
  Join: pure([TEXTS, TEXT], TEXT, ([list, by]) => bounded(asList(list).map(asText).join(asText(by)))),
  join: {
    ...pure([TEXTS, TEXT], TEXT, ([list, by]) =>
      bounded(
        asList(list)
          .map(asText)
          .join((by as string) ?? ''),
      ),
    ),
    least: 1,
  },
  Replace: pure([TEXT, TEXT, TEXT, NUMBER], TEXT, ([text, from, to, most]) => {
    return replace(asText(text), asText(from), asText(to), asInteger(most));
  }),
  ReplaceAll: pure([TEXT, TEXT, TEXT], TEXT, ([text, from, to]) =>
    replace(asText(text), asText(from), asText(to), -1),
  ),
  replace: pure([TEXT, TEXT, TEXT], TEXT, ([text, from, to]) =>
    replace(asText(text), asText(from), asText(to), -1),
  ),
  repeat: pure([TEXT, NUMBER], TEXT, ([text, count]) => {
    const times = Math.max(0, asInteger(count));
    if (asText(text).length * times > 1_048_576) throw new EvaluationError('a repetition that is too long');
    return asText(text).repeat(times);
  }),
  Match: two((pattern, text) => {
    if (pattern.length > LONGEST_GLOB || text.length > LONGEST_GLOB) return false;
    return matchesGlob(pattern, text);
  }, BOOLEAN),
  Sprintf: {
    ...pure([TEXT], TEXT, ([pattern, ...values]) => format(asText(pattern), values)),
    rest: ANY,
  },
  ToString: pure([ANY], TEXT, ([value]) => (typeof value === 'string' ? value : '')),
  string: pure([ANY], TEXT, ([value]) => (value === null || value === undefined ? '<nil>' : textOf(value))),
};
