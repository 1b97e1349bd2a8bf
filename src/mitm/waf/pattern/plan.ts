import type { Automata } from './automaton.ts';
import type { Re2Source } from './emit-re2.ts';
import type { JavaScriptSource } from './emit-v8.ts';
import type { Among, Pattern } from './pattern.ts';

/** What V8 runs. */
export interface V8Plan extends JavaScriptSource {
  readonly kind: 'v8';
}

/** What RE2 runs: with how many bytes of memory, and how many groups there are. */
export interface Re2Plan extends Re2Source {
  readonly kind: 're2';
  readonly memory: number;
  readonly groups: number;
}

/** What an engine is made of. Plain data, which can be given to another thread. */
export type EnginePlan = V8Plan | Re2Plan;

/** What was found out of an expression when it was compiled: most of the work, which need not be done again. */
export interface PatternPlan {
  readonly finder: EnginePlan;
  /** What tells whether there is a match; undefined: the finder as well. */
  readonly tester: EnginePlan | undefined;
  readonly required: Pattern['required'];
  /** What several values can be joined by; undefined: they cannot. */
  readonly separator: Among['separator'] | undefined;
}

/** What was found out of all that was compiled, by its text. Plain data, which can be given to another thread. */
export interface Plans {
  readonly patterns: Map<string, PatternPlan>;
  readonly automata: Automata;
}

/** Nothing is known yet. */
export function newPlans(): Plans {
  return { patterns: new Map(), automata: new Map() };
}
