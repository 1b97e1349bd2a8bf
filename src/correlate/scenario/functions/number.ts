import {
  ANY,
  asList,
  asMap,
  asNumber,
  BOOLEAN,
  compare,
  EvaluationError,
  type ExpressionFunction,
  type Frame,
  kindOf,
  LIST,
  MAP,
  NUMBER,
  own,
  TEXTS,
  type Type,
  uniqueOf,
} from '../expression/index.ts';

function pure(
  parameters: readonly Type[],
  result: Type,
  call: (values: readonly unknown[], frame: Frame) => unknown,
): ExpressionFunction {
  return { parameters, result, pure: true, call };
}

/** The number in a text as Go reads it; 0 for what is none, as `Atof`. */
function numberIn(text: string): number {
  const trimmed = text.trim();
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(trimmed) ? Number(trimmed) : 0;
}

function strictNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^\s*[+-]?[\d.]+(?:[eE][+-]?\d+)?\s*$/.test(value)) return Number(value);
  throw new EvaluationError(
    `${kindOf(value) === 'text' ? JSON.stringify(value) : kindOf(value)} is no number`,
  );
}

/** All the numbers, of values and of lists. */
function numbersOf(values: readonly unknown[]): readonly number[] {
  const numbers = values.flatMap((value) => (Array.isArray(value) ? value.map(asNumber) : [asNumber(value)]));
  if (numbers.length === 0) throw new EvaluationError('of no numbers');
  return numbers;
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value)) return value.length;
  return Object.keys(asMap(value)).length;
}

function flat(list: readonly unknown[], frame: Frame, depth = 0): unknown[] {
  frame.spend(list.length);
  if (depth > 32) throw new EvaluationError('lists nested deeper than 32');
  return list.flatMap((each) => (Array.isArray(each) ? flat(each, frame, depth + 1) : [each]));
}

const math = (call: (value: number) => number) => pure([NUMBER], NUMBER, ([value]) => call(asNumber(value)));

function typeOfFirst([first]: readonly Type[]): Type {
  return first?.kind === 'list' ? first : LIST;
}

/** A function of a list that gives one of its elements. */
function ofElement(call: (list: readonly unknown[]) => unknown): ExpressionFunction {
  return {
    ...pure([LIST], ANY, ([list]) => call(asList(list))),
    resultOf: ([list]) => (list?.kind === 'list' ? list.of : ANY),
  };
}

/** A function of a list that gives a list of its elements. */
function ofList(call: (list: readonly unknown[]) => unknown[]): ExpressionFunction {
  return { ...pure([LIST], LIST, ([list]) => call(asList(list))), resultOf: typeOfFirst };
}

/** Functions over numbers, lists and maps. */
export const NUMBER_FUNCTIONS: Readonly<Record<string, ExpressionFunction>> = {
  Atof: pure([{ kind: 'text' }], NUMBER, ([text]) => numberIn(text as string)),
  int: pure([ANY], NUMBER, ([value]) => Math.trunc(strictNumber(value))),
  float: pure([ANY], NUMBER, ([value]) => strictNumber(value)),
  ToInt: pure([ANY], NUMBER, ([value]) => {
    return Math.trunc(typeof value === 'number' ? value : typeof value === 'string' ? numberIn(value) : 0);
  }),
  FloatApproxEqual: pure([NUMBER, NUMBER], BOOLEAN, ([a, b]) => Math.abs(asNumber(a) - asNumber(b)) < 1e-6),
  abs: math(Math.abs),
  ceil: math(Math.ceil),
  floor: math(Math.floor),
  round: math(Math.round),
  min: { ...pure([ANY], NUMBER, (values) => numbersOf(values).reduce((a, b) => Math.min(a, b))), rest: ANY },
  max: { ...pure([ANY], NUMBER, (values) => numbersOf(values).reduce((a, b) => Math.max(a, b))), rest: ANY },
  mean: {
    ...pure([ANY], NUMBER, (values) => numbersOf(values).reduce((a, b) => a + b) / numbersOf(values).length),
    rest: ANY,
  },
  median: {
    ...pure([ANY], NUMBER, (values) => {
      const sorted = [...numbersOf(values)].sort((a, b) => a - b);
      const middle = sorted.length >> 1;
      return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1]! + sorted[middle]!) / 2;
    }),
    rest: ANY,
  },
  len: pure([ANY], NUMBER, ([value]) => lengthOf(value)),
  first: ofElement((list) => list[0] ?? null),
  last: ofElement((list) => list.at(-1) ?? null),
  take: {
    ...pure([LIST, NUMBER], LIST, ([list, count]) => asList(list).slice(0, Math.max(0, asNumber(count)))),
    resultOf: typeOfFirst,
  },
  reverse: ofList((list) => [...list].reverse()),
  sort: {
    ...pure([LIST, ANY], LIST, ([list, direction]) => {
      const sign = direction === 'desc' ? -1 : 1;
      return [...asList(list)].sort((a, b) => sign * compare(a, b));
    }),
    least: 1,
    resultOf: typeOfFirst,
  },
  uniq: ofList(uniqueOf),
  concat: { ...pure([LIST], LIST, (lists, frame) => joinedLists(lists, frame)), rest: LIST },
  flatten: pure([LIST], LIST, ([list], frame) => flat(asList(list), frame)),
  Flatten: { ...pure([], LIST, (lists, frame) => flat(lists, frame)), rest: ANY },
  Distinct: ofList(uniqueOf),
  FlattenDistinct: { ...pure([], LIST, (lists, frame) => uniqueOf(flat(lists, frame))), rest: ANY },
  keys: pure([MAP], TEXTS, ([map]) => Object.keys(asMap(map))),
  values: pure([MAP], LIST, ([map]) => Object.values(asMap(map))),
  KeyExists: pure([{ kind: 'text' }, MAP], BOOLEAN, ([key, map]) => Object.hasOwn(asMap(map), key as string)),
  get: pure([ANY, ANY], ANY, ([container, key]) => {
    if (Array.isArray(container)) return container.at(asNumber(key)) ?? null;
    return typeof key === 'string' ? (own(asMap(container), key) ?? null) : null;
  }),
  Get: pure([TEXTS, NUMBER], { kind: 'text' }, ([list, index]) => asList(list)[asNumber(index)] ?? ''),
  type: pure([ANY], { kind: 'text' }, ([value]) => {
    const kind = kindOf(value);
    return kind === 'text' ? 'string' : kind === 'list' ? 'array' : kind === 'number' ? 'float' : kind;
  }),
};

function joinedLists(lists: readonly unknown[], frame: Frame): unknown[] {
  const all = lists.flatMap((list) => asList(list));
  frame.spend(all.length);
  return all;
}
