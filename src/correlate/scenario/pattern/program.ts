import { type Assertion, normalise, PatternError, type PatternNode } from './syntax.ts';

/** One step of a pattern's automaton. `next` of a step that has none named is the step after it. */
export type Step =
  | { readonly kind: 'class'; readonly ranges: readonly number[] }
  | { kind: 'split'; first: number; second: number }
  | { kind: 'jump'; to: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion }
  | { readonly kind: 'match' };

/** Steps of one pattern, or of one file of patterns. */
const MOST_STEPS = 200_000;

/**
 * Steps that find any of the patterns anywhere in a text (Thompson 1968). Throws {@link PatternError} where repetitions
 * multiply to more than can be held.
 */
export function programOf(patterns: readonly PatternNode[]): readonly Step[] {
  const steps: Step[] = [];
  const add = (step: Step): number => {
    if (steps.length >= MOST_STEPS)
      throw new PatternError('the repetitions of the pattern multiply too far', 0);
    return steps.push(step) - 1;
  };
  // The match may begin at any character.
  add({ kind: 'split', first: 3, second: 1 });
  add({ kind: 'class', ranges: [0, 0x10ffff] });
  add({ kind: 'jump', to: 0 });
  patterns.forEach((pattern, index) => {
    const last = index === patterns.length - 1;
    const split = last ? undefined : add({ kind: 'split', first: steps.length + 1, second: -1 });
    emit(pattern, steps, add);
    add({ kind: 'match' });
    if (split !== undefined) setSecond(steps, split, steps.length);
  });
  return steps;
}

function emit(node: PatternNode, steps: Step[], add: (step: Step) => number): void {
  switch (node.kind) {
    case 'empty':
      return;
    case 'class':
      add({ kind: 'class', ranges: normalise(node.ranges) });
      return;
    case 'assertion':
      add({ kind: 'assertion', assertion: node.assertion });
      return;
    case 'sequence':
      for (const part of node.parts) emit(part, steps, add);
      return;
    case 'choice':
      emitChoice(node.parts, steps, add);
      return;
    case 'repeat':
      emitRepeat(node, steps, add);
      return;
    default:
      node satisfies never;
  }
}

function emitChoice(parts: readonly PatternNode[], steps: Step[], add: (step: Step) => number): void {
  const jumps: number[] = [];
  parts.forEach((part, index) => {
    if (index === parts.length - 1) {
      emit(part, steps, add);
      return;
    }
    const split = add({ kind: 'split', first: steps.length + 1, second: -1 });
    emit(part, steps, add);
    jumps.push(add({ kind: 'jump', to: -1 }));
    setSecond(steps, split, steps.length);
  });
  for (const jump of jumps) steps[jump] = { kind: 'jump', to: steps.length };
}

function emitRepeat(
  node: PatternNode & { kind: 'repeat' },
  steps: Step[],
  add: (step: Step) => number,
): void {
  for (let i = 0; i < node.least; i++) emit(node.part, steps, add);
  if (node.most === Number.POSITIVE_INFINITY) {
    const split = add({ kind: 'split', first: steps.length + 1, second: -1 });
    emit(node.part, steps, add);
    add({ kind: 'jump', to: split });
    setSecond(steps, split, steps.length);
    return;
  }
  const splits: number[] = [];
  for (let i = node.least; i < node.most; i++) {
    splits.push(add({ kind: 'split', first: steps.length + 1, second: -1 }));
    emit(node.part, steps, add);
  }
  for (const split of splits) setSecond(steps, split, steps.length);
}

function setSecond(steps: Step[], at: number, second: number): void {
  const step = steps[at];
  if (step?.kind === 'split') step.second = second;
}
