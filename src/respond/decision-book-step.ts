import { DECISION_TYPES, type Decision } from '../event/index.ts';
import { parsePrefix } from '../net/index.ts';

/** Why decisions came or went. */
export const STEP_KINDS = ['take', 'lift', 'undo', 'expire'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** One change of the book: what came and what went together. */
export interface Step {
  /** Ascending from 1 over the life of the folder. */
  readonly number: number;
  readonly kind: StepKind;
  readonly atMs: number;
  /** Who did it: a user's name, or empty. */
  readonly author: string;
  readonly added: readonly Decision[];
  /** Identifiers of what went, without what was replaced. */
  readonly removed: readonly string[];
  /** Identifiers of added decisions that a user forced past the guards. */
  readonly forced: readonly string[];
  /** Of the kind `undo`: the step that is undone as a whole. */
  readonly undoes?: number | undefined;
}

/** Decisions on one line: a line that is torn costs no more than these. */
const PER_LINE = 200;

/** A step as lines of JSON, each with its line feed. */
export function stepLines(step: Step): string {
  const { number, kind, atMs, author, added, removed, forced, undoes } = step;
  let text = '';
  let at = 0;
  do {
    const part = {
      step: number,
      kind,
      at: atMs,
      ...(author === '' ? {} : { author }),
      ...(undoes === undefined ? {} : { undoes }),
      add: added.slice(at, at + PER_LINE),
      remove: removed.slice(at, at + PER_LINE),
      ...(forced.length === 0 ? {} : { forced: forced.slice(at, at + PER_LINE) }),
    };
    text += `${JSON.stringify(part)}\n`;
    at += PER_LINE;
  } while (at < added.length || at < removed.length || at < forced.length);
  return text;
}

/** Reads a line of {@link stepLines}; undefined for what is none. */
export function parseStep(value: unknown): Step | undefined {
  if (!isObject(value)) return undefined;
  const { step, kind, at, author, add, remove, forced, undoes } = value;
  if (!Number.isSafeInteger(step) || typeof at !== 'number') return undefined;
  const known = STEP_KINDS.find((name) => name === kind);
  if (known === undefined || !Array.isArray(add) || !add.every(isDecision)) return undefined;
  if (!isTexts(remove) || (forced !== undefined && !isTexts(forced))) return undefined;
  return {
    number: step as number,
    kind: known,
    atMs: at,
    author: typeof author === 'string' ? author : '',
    added: add,
    removed: remove,
    forced: forced ?? [],
    undoes: Number.isSafeInteger(undoes) ? (undoes as number) : undefined,
  };
}

const TEXT_FIELDS = ['id', 'value', 'origin', 'reason', 'scenario', 'author'] as const;
const NUMBER_FIELDS = ['durationMs', 'askedMs', 'createdMs', 'untilMs'] as const;

/** Whether something that was read is a decision, with a value that its scope allows. */
export function isDecision(value: unknown): value is Decision {
  if (!isObject(value)) return false;
  for (const field of TEXT_FIELDS) if (typeof value[field] !== 'string') return false;
  for (const field of NUMBER_FIELDS) if (!Number.isFinite(value[field])) return false;
  const { type, scope } = value;
  if (!DECISION_TYPES.some((name) => name === type) || typeof value.simulated !== 'boolean') return false;
  if (!isTexts(value.evidence)) return false;
  const about = value.value as string;
  if (scope === 'session') return about !== '';
  if (scope === 'address') return !about.includes('/') && parsePrefix(about) !== undefined;
  return scope === 'range' && about.includes('/') && parsePrefix(about) !== undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
