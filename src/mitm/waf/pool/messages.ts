import type { LoadOptions, RuleSource } from '../engine/load.ts';
import type { EngineMode } from '../engine/rule.ts';
import type { FileSnapshot } from '../engine/rule-files.ts';
import type { Plans } from '../pattern/plan.ts';
import type { PolicyOptions } from '../policy-options.ts';
import type { HttpRequest, HttpResponse } from '../request.ts';
import type { Mistake } from '../seclang/mistake.ts';
import type { Verdict } from '../verdict.ts';

/** What a worker is given when it starts. */
export interface WorkerStart {
  readonly sources: readonly RuleSource[];
  readonly settings: LoadOptions['settings'];
  /** What another worker found of the same sources; undefined: the files are read. */
  readonly known: KnownRules | undefined;
  readonly policy: PolicyOptions | undefined;
  readonly onLimit: 'deny' | 'pass';
  readonly budgetMs: number;
  readonly kept: KeptBounds;
}

/** What one thread found and all others take over: files may change at any time, and expressions take long to compile. */
export interface KnownRules {
  readonly files: FileSnapshot;
  readonly plans: Plans;
}

/** Bounds on requests that wait for their answers. */
export interface KeptBounds {
  readonly most: number;
  readonly bytes: number;
  readonly timeoutMs: number;
}

/** What is asked of a worker. `id` comes back with its answer. */
export type Question =
  | {
      readonly type: 'inspect';
      readonly id: number;
      readonly request: HttpRequest;
      readonly response: HttpResponse | undefined;
    }
  /** The request is kept under its `id` until its answer comes. */
  | { readonly type: 'begin'; readonly id: number; readonly request: HttpRequest }
  | {
      readonly type: 'response';
      readonly id: number;
      readonly begun: number;
      readonly response: HttpResponse;
    }
  /** There will be no answer. */
  | { readonly type: 'abandon'; readonly begun: number };

/** What an answer comes to. */
export type Asked = Exclude<Question, { readonly type: 'abandon' }>;

/** What a worker knows of its rules. */
export interface LoadedRules {
  readonly rules: number;
  readonly warnings: readonly string[];
  readonly mode: EngineMode;
  readonly loadMs: number;
  /** Of the worker's heap, once all was loaded. */
  readonly heapBytes: number;
}

/** What a worker says. */
export type Answer =
  | { readonly type: 'ready'; readonly loaded: LoadedRules; readonly known: KnownRules | undefined }
  | { readonly type: 'refused'; readonly mistakes: readonly Mistake[] }
  | {
      readonly type: 'verdict';
      readonly id: number;
      readonly verdict: Verdict;
      readonly microseconds: number;
      readonly kept: KeptCounts;
    }
  /** There is no verdict; the reason is why. */
  | { readonly type: 'failed'; readonly id: number; readonly reason: string; readonly kept: KeptCounts };

/** Requests that a worker keeps, and how many it has forgotten since it started. */
export interface KeptCounts {
  readonly now: number;
  readonly dropped: number;
}
