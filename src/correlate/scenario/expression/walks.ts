import type { Compiled } from './compiled.ts';
import { EvaluationError } from './error.ts';
import type { Frame } from './frame.ts';
import { ANY, BOOLEAN, joined, NUMBER, type Type } from './types.ts';
import { asBoolean, asNumber, compare, equal, own, textOf } from './values.ts';

/** A walk over a list with a body: what the parts are. */
export interface Walk {
  readonly name: string;
  readonly list: (frame: Frame) => readonly unknown[];
  readonly of: Type;
  readonly body: Compiled | undefined;
  readonly rest: readonly Compiled[];
  readonly slots: WalkSlots;
}

/** Numbers of the slots of one walk. */
export interface WalkSlots {
  readonly element: number;
  readonly index: number;
  readonly accumulator: number;
  /** Holds another number in each walk: what is remembered within one is good for that one. */
  readonly turn: number;
}

type Operation = Pick<Compiled, 'type' | 'run'>;
/** Asks the body for one element. */
type Ask = (frame: Frame, element: unknown, index: number) => unknown;

let turns = 0;

/** What a walk gives; a text says why it cannot be. */
export function walkOperation(walk: Walk): Operation | string {
  const { body, name } = walk;
  const wantsCondition = CONDITIONS.has(name) || (name === 'count' && body !== undefined);
  if (wantsCondition && !['boolean', 'any', 'scalar'].includes(body?.type.kind ?? '')) {
    return `${name} asks for a condition, which is true or false`;
  }
  const ask = askOf(walk);
  const each = (frame: Frame): readonly unknown[] => {
    const list = walk.list(frame);
    frame.spend(list.length + 1);
    frame.slots[walk.slots.turn] = ++turns;
    return list;
  };
  const holds: Ask = (frame, element, index) => asBoolean(ask(frame, element, index));
  return conditionWalk(walk, each, holds) ?? valueWalk(walk, each, ask);
}

const CONDITIONS: ReadonlySet<string> = new Set([
  ...['all', 'any', 'none', 'one', 'filter', 'find', 'findIndex', 'findLast', 'findLastIndex'],
]);

function askOf(walk: Walk): Ask {
  const { slots, body } = walk;
  if (body === undefined) return (_frame, element) => element;
  const { run } = body;
  return (frame, element, index) => {
    frame.slots[slots.element] = element;
    frame.slots[slots.index] = index;
    return run(frame);
  };
}

function conditionWalk(
  walk: Walk,
  each: (frame: Frame) => readonly unknown[],
  holds: Ask,
): Operation | undefined {
  const indexOf = (frame: Frame, list: readonly unknown[], backwards: boolean): number => {
    for (let i = 0; i < list.length; i++) {
      const at = backwards ? list.length - 1 - i : i;
      if (holds(frame, list[at], at)) return at;
    }
    return -1;
  };
  const countOf = (frame: Frame): number => {
    let count = 0;
    each(frame).forEach((element, i) => {
      if (holds(frame, element, i)) count++;
    });
    return count;
  };
  switch (walk.name) {
    case 'any':
      return { type: BOOLEAN, run: (frame) => indexOf(frame, each(frame), false) >= 0 };
    case 'none':
      return { type: BOOLEAN, run: (frame) => indexOf(frame, each(frame), false) < 0 };
    case 'all':
      return { type: BOOLEAN, run: (frame) => each(frame).every((element, i) => holds(frame, element, i)) };
    case 'one':
      return { type: BOOLEAN, run: (frame) => countOf(frame) === 1 };
    case 'count':
      return { type: NUMBER, run: countOf };
    case 'filter':
      return {
        type: { kind: 'list', of: walk.of },
        run: (frame) => each(frame).filter((element, i) => holds(frame, element, i)),
      };
    case 'findIndex':
    case 'findLastIndex': {
      const backwards = walk.name === 'findLastIndex';
      return { type: NUMBER, run: (frame) => indexOf(frame, each(frame), backwards) };
    }
    case 'find':
    case 'findLast': {
      const backwards = walk.name === 'findLast';
      return {
        type: walk.of,
        run: (frame) => {
          const list = each(frame);
          const at = indexOf(frame, list, backwards);
          return at < 0 ? null : list[at];
        },
      };
    }
    default:
      return undefined;
  }
}

function valueWalk(walk: Walk, each: (frame: Frame) => readonly unknown[], ask: Ask): Operation | string {
  const type = walk.body?.type ?? walk.of;
  switch (walk.name) {
    case 'map':
      return {
        type: { kind: 'list', of: type },
        run: (frame) => each(frame).map((element, i) => ask(frame, element, i)),
      };
    case 'sum':
      return {
        type: type.kind === 'duration' ? type : NUMBER,
        run: (frame) =>
          each(frame).reduce((sum: number, element, i) => sum + asNumber(ask(frame, element, i)), 0),
      };
    case 'groupBy':
      return {
        type: { kind: 'map', of: { kind: 'list', of: walk.of } },
        run: (frame) => grouped(each(frame).map((element, i) => [textOf(ask(frame, element, i)), element])),
      };
    case 'countBy':
      return {
        type: { kind: 'map', of: NUMBER },
        run: (frame) => counted(each(frame).map((element, i) => textOf(ask(frame, element, i)))),
      };
    case 'sortBy':
      return sortWalk(walk, each, ask);
    case 'reduce':
      return reduceWalk(walk, each, ask);
    default:
      return `${walk.name} does not walk over a list`;
  }
}

function sortWalk(walk: Walk, each: (frame: Frame) => readonly unknown[], ask: Ask): Operation | string {
  const direction = walk.rest[0];
  return {
    type: { kind: 'list', of: walk.of },
    run: (frame) => {
      const sign = direction?.run(frame) === 'desc' ? -1 : 1;
      const keyed = each(frame).map((element, i) => [ask(frame, element, i), element] as const);
      return keyed.sort(([a], [b]) => sign * compare(a, b)).map(([, element]) => element);
    },
  };
}

function reduceWalk(walk: Walk, each: (frame: Frame) => readonly unknown[], ask: Ask): Operation {
  const initial = walk.rest[0];
  const { accumulator } = walk.slots;
  return {
    type: initial === undefined ? ANY : joined(initial.type, walk.body?.type ?? ANY),
    run: (frame) => {
      let list = each(frame);
      let sum = initial?.run(frame);
      if (initial === undefined) {
        if (list.length === 0) throw new EvaluationError('reduce of nothing');
        sum = list[0];
        list = list.slice(1);
      }
      list.forEach((element, i) => {
        frame.slots[accumulator] = sum;
        sum = ask(frame, element, i);
      });
      return sum;
    },
  };
}

function grouped(pairs: readonly (readonly [string, unknown])[]): Record<string, unknown[]> {
  const groups: Record<string, unknown[]> = Object.create(null);
  for (const [key, element] of pairs) {
    const group = own(groups, key) as unknown[] | undefined;
    if (group === undefined) groups[key] = [element];
    else group.push(element);
  }
  return groups;
}

function counted(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = Object.create(null);
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

/** Elements without those that are there already. */
export function uniqueOf(list: readonly unknown[]): unknown[] {
  const plain = new Set<unknown>();
  const found: unknown[] = [];
  for (const each of list) {
    if (typeof each === 'object' && each !== null) {
      if (!found.some((other) => equal(each, other))) found.push(each);
    } else if (!plain.has(each)) {
      plain.add(each);
      found.push(each);
    }
  }
  return found;
}
