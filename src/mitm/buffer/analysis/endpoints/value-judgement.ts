import { together } from '../score.ts';
import { CHARACTER_CLASSES, VALUE_KINDS, type ValueShape } from '../value-shape.ts';
import { listed, shownCount } from '../words.ts';
import { bucketOf, countFrom, LENGTH_BUCKETS, usualRange } from './length-histogram.ts';
import { KINDS_AT, MARK_BUCKETS, MARKS_AT, type ValueModel } from './value-model.ts';

/** Surprise is counted to this many bits: what one value in four thousand has. */
const MOST_BITS = 12;
/** Points for each bit of surprise about the kind of a value, by kind: an empty one says little, text in place of a number much. */
const KIND_POINTS: readonly number[] = [0.5, 1, 2, 4];
/** Points for each bit of surprise about how many different marks a value has. */
const MARKS_POINTS = 2.5;
/** What is not in this share of the values is unusual. */
const UNUSUAL = 0.005;
/** Points for each doubling of the longest usual length. */
const LENGTH_POINTS = 12;
const MOST_LENGTH = 60;
/** Bytes that are added to both lengths, so that 6 instead of 3 is not as much as 600 instead of 300. */
const LENGTH_SLACK = 8;
/** Standard deviations of the share of punctuation that mean nothing yet, and points for each beyond. */
const FREE_DEVIATIONS = 3;
const DEVIATION_POINTS = 5;
const MOST_DEVIATION = 30;
const LEAST_DEVIATION = 0.04;
const SHORTEST_DENSE = 6;
/** Values that must be known before a new one of a parameter of few values means something. */
const SETTLED = 100;
const NEW_VALUE = 18;

/**
 * How unusual a value is, 0 to 100. Each feature adds points by how seldom it was seen (in bits: the logarithm of one
 * by its frequency), weighed by how much it says: that a quote is new to a parameter says more than that a letter is.
 */
export function scoreOf(model: ValueModel, shape: ValueShape): number {
  const { weight } = model;
  const scores = [
    lengthScore(model, shape),
    bitsOf(model.counts[KINDS_AT + shape.kind] as number, weight) * (KIND_POINTS[shape.kind] ?? 0),
    marksScore(model, shape),
    punctuationScore(model, shape),
    newValueScore(model, shape),
  ];
  for (let bits = shape.classes; bits !== 0; bits &= bits - 1) {
    const index = 31 - Math.clz32(bits & -bits);
    scores.push(classScore(model, index));
  }
  return together(scores);
}

/** In words what {@link scoreOf} counts, the lengths first. */
export function explain(model: ValueModel, shape: ValueShape): string {
  const { weight } = model;
  const said: string[] = [];
  const of = `${shownCount(weight)} requests`;
  if (lengthScore(model, shape) >= 4) {
    const { from, to } = usualRange(model.counts, 0, weight, 0.01);
    said.push(`${shownCount(shape.length)} characters, usually ${range(from, to)} (99 % of ${of})`);
  }
  const kind = model.counts[KINDS_AT + shape.kind] as number;
  if (bitsOf(kind, weight) * (KIND_POINTS[shape.kind] ?? 0) >= 4) {
    said.push(`${VALUE_KINDS[shape.kind]}, as in ${seenIn(kind)} of ${of} (usually ${usualKind(model)})`);
  }
  const rare: string[] = [];
  let most = 0;
  for (const [i, { name }] of CHARACTER_CLASSES.entries()) {
    if ((shape.classes & (1 << i)) === 0 || classScore(model, i) < 4) continue;
    rare.push(name);
    most = Math.max(most, model.withClass(i));
  }
  if (rare.length > 0) said.push(`has ${listed(rare)}, seen in ${atMost(most)} of ${of}`);
  if (marksScore(model, shape) >= 4) said.push(`has ${shape.marks} kinds of marks at once`);
  if (punctuationScore(model, shape) >= 4) {
    const usual = Math.round(100 * model.punctuation.mean);
    said.push(`${Math.round(100 * shape.punctuation)} % punctuation, usually ${usual} %`);
  }
  if (newValueScore(model, shape) > 0) {
    said.push(`a new value where ${model.values?.size ?? 0} are usual (${of})`);
  }
  return said.join('; ');
}

function range(from: number, to: number): string {
  return from === to ? shownCount(from) : `${shownCount(from)} to ${shownCount(to)}`;
}

function seenIn(count: number): string {
  return count < 0.5 ? 'none' : shownCount(count);
}

function atMost(count: number): string {
  return count < 0.5 ? 'none' : `at most ${shownCount(count)}`;
}

function usualKind(model: ValueModel): string {
  let best = 0;
  for (let kind = 1; kind < VALUE_KINDS.length; kind++) {
    if ((model.counts[KINDS_AT + kind] as number) > (model.counts[KINDS_AT + best] as number)) best = kind;
  }
  return VALUE_KINDS[best] ?? '';
}

/** Bits of surprise: 0 for what is usual. */
export function bitsOf(count: number, weight: number): number {
  if (count > 0.02 * weight) return 0;
  return Math.min(MOST_BITS, Math.log2((weight + 1) / (count + 1)));
}

function classScore(model: ValueModel, index: number): number {
  return bitsOf(model.withClass(index), model.weight) * (CHARACTER_CLASSES[index]?.points ?? 0);
}

function lengthScore(model: ValueModel, { length }: ValueShape): number {
  const { counts, weight } = model;
  const bucket = bucketOf(length);
  if (countFrom(counts, 0, bucket) > UNUSUAL * weight) return 0;
  const { to } = usualRange(counts, 0, weight, UNUSUAL);
  if (length <= to) return 0;
  const doublings = Math.log2((length + LENGTH_SLACK) / (to + LENGTH_SLACK));
  return Math.min(MOST_LENGTH, LENGTH_POINTS * doublings * confidence(weight));
}

/** Few values do not show how long the longest are. */
export function confidence(weight: number): number {
  return Math.min(1, Math.log2(weight + 1) / 9);
}

function marksScore({ counts, weight }: ValueModel, { marks }: ValueShape): number {
  if (marks < 2) return 0;
  let asMany = 0;
  for (let at = Math.min(MARK_BUCKETS - 1, marks); at < MARK_BUCKETS; at++)
    asMany += counts[MARKS_AT + at] as number;
  return bitsOf(asMany, weight) * MARKS_POINTS;
}

function punctuationScore(model: ValueModel, shape: ValueShape): number {
  if (shape.length < SHORTEST_DENSE) return 0;
  const { mean, deviation } = model.punctuation;
  const deviations = (shape.punctuation - mean) / Math.max(LEAST_DEVIATION, deviation);
  if (deviations <= FREE_DEVIATIONS) return 0;
  const score = Math.min(MOST_DEVIATION, DEVIATION_POINTS * (deviations - FREE_DEVIATIONS));
  return score * confidence(model.weight);
}

function newValueScore({ values, weight }: ValueModel, { hash, length }: ValueShape): number {
  if (values === undefined || weight < SETTLED || length === 0 || values.has(hash)) return 0;
  // With as many values as requests in a while, one more is nothing.
  return values.size * 10 < weight ? NEW_VALUE : 0;
}

/** Points for a length alone, by a histogram of its own. */
export function histogramScore(counts: Float32Array, weight: number, length: number, most: number): number {
  if (countFrom(counts, 0, bucketOf(length)) > UNUSUAL * weight) return 0;
  const { to } = usualRange(counts.subarray(0, LENGTH_BUCKETS), 0, weight, UNUSUAL);
  if (length <= to) return 0;
  const doublings = Math.log2((length + LENGTH_SLACK) / (to + LENGTH_SLACK));
  return Math.min(most, LENGTH_POINTS * doublings * confidence(weight));
}
