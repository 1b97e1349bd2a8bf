import type { Selection } from './catalogue.ts';
import type { AddressContext } from './context.ts';
import type { BufferEntry } from './entry.ts';
import type { Handed } from './handover.ts';
import type { ReaderOptions, ReaderStatistics } from './reader.ts';
import type { CandidateRules, RejudgeReport, ResendBounds, ResendReport } from './replay/index.ts';

/** What can be asked of buffer B. */
export type Question =
  | { readonly kind: 'list'; readonly selection: Selection }
  | { readonly kind: 'entry'; readonly reference: string; readonly isRaw: boolean }
  | { readonly kind: 'context'; readonly address: string; readonly windowSeconds: number }
  | { readonly kind: 'statistics' }
  | {
      readonly kind: 'rejudge';
      readonly selection: Selection;
      readonly rules: CandidateRules;
      readonly budgetMs: number;
    }
  | {
      readonly kind: 'resend';
      readonly selection: Selection;
      readonly origin: string;
      readonly bounds: ResendBounds;
    }
  | { readonly kind: 'wipe' }
  | { readonly kind: 'forget'; readonly address: string };

/** What each question is answered with. */
export interface Answers {
  readonly list: readonly BufferEntry[];
  readonly entry: BufferEntry | undefined;
  readonly context: AddressContext;
  readonly statistics: ReaderStatistics;
  readonly rejudge: RejudgeReport;
  readonly resend: ResendReport;
  /** What was removed, and whether the key was replaced: it is not where it comes from the environment. */
  readonly wipe: { readonly entries: number; readonly isKeyReplaced: boolean };
  /** Entries that were removed. */
  readonly forget: number;
}

/** What the thread is given when it starts. */
export interface ThreadStart {
  readonly reader: ReaderOptions;
  readonly isLowPriority: boolean;
}

/** What the live side says. */
export type ToThread =
  | { readonly type: 'batch'; readonly items: readonly Handed[] }
  | { readonly type: 'question'; readonly id: number; readonly question: Question }
  | { readonly type: 'close' };

/** What the thread says. */
export type FromThread =
  /** `priorityProblem`: why it does not give way to others; empty where it does. `thread`: its number in Linux. */
  | { readonly type: 'ready'; readonly priorityProblem: string; readonly thread: number }
  /** It cannot work: the reason is one for the user. */
  | { readonly type: 'refused'; readonly reason: string }
  /** It is done with so many transactions of the oldest batch, and has stored so many of them. */
  | { readonly type: 'done'; readonly count: number; readonly stored: number }
  /** It is alive: without this for long, it hangs. */
  | { readonly type: 'alive' }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly type: 'failed'; readonly id: number; readonly reason: string }
  | { readonly type: 'closed' };
