import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { newPlans, type Plans } from '../pattern/plan.ts';
import { Loader } from './loader.ts';
import type { EngineSettings } from './rule.ts';
import { DISK, type RuleFiles } from './rule-files.ts';
import type { RuleSet } from './rule-set.ts';

/** Where rules come from: a file with what it includes, or a text that names its files from the working directory. */
export type RuleSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'text'; readonly text: string; readonly name: string };

export interface LoadOptions {
  /** Over what the rule files set. */
  readonly settings?: Partial<EngineSettings> | undefined;
  /** Where files are read; absent: the machine's. */
  readonly files?: RuleFiles | undefined;
  /** What is known of expressions and phrases; what is found out of others is added. */
  readonly plans?: Plans | undefined;
}

/** Time after which a gentle load gives way, in milliseconds. */
const STEP_MS = 4;

/** Loads rule files. Throws {@link RulesError} with every mistake in them. */
export function loadRules(sources: readonly RuleSource[], options: LoadOptions = {}): RuleSet {
  const loading = steps(sources, options);
  for (;;) {
    const step = loading.next();
    if (step.done === true) return step.value;
  }
}

/** The same in a thread that has other things to do: it takes half of its time at most, some milliseconds at once. */
export async function loadRulesGently(
  sources: readonly RuleSource[],
  options: LoadOptions = {},
): Promise<RuleSet> {
  const loading = steps(sources, options);
  let begunMs = performance.now();
  for (;;) {
    const step = loading.next();
    if (step.done === true) return step.value;
    const spentMs = performance.now() - begunMs;
    if (spentMs < STEP_MS) continue;
    await delay(spentMs);
    begunMs = performance.now();
  }
}

function* steps(sources: readonly RuleSource[], options: LoadOptions): Generator<void, RuleSet> {
  const loader = new Loader(options.files ?? DISK, options.plans ?? newPlans());
  for (const source of sources) {
    if (source.kind === 'text') loader.text(source.text, source.name, process.cwd(), 0);
    else loader.file(resolve(source.path), source.path, 0, undefined);
    yield;
  }
  return yield* loader.finish(options.settings);
}
