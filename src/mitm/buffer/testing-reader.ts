import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { WebTransaction } from '../transaction.ts';
import type { RuleSource } from '../waf/index.ts';
import { handOver } from './handover.ts';
import type { Answers, Question } from './messages.ts';
import { BufferReader, type ReaderOptions } from './reader.ts';
import { temporaryFolder } from './testing.ts';

/** The analyser of these tests, in a thread of its own. */
export const ANALYSER = { url: new URL('./testing-analyser.ts', import.meta.url).href, options: {} };
/** Of bodies that are handed over. */
export const LIMITS = { requestBodyBytes: 4096, responseBodyBytes: 4096 };

/** One rule with this id. */
export function ruleOf(id: number): readonly RuleSource[] {
  const text = `SecRule ARGS "@contains evil" "id:${id},phase:2,deny,status:403,msg:'evil'"`;
  return [{ kind: 'text', name: 'candidate.conf', text }];
}

/** A reader over a folder, closed after the test. */
export async function opened(
  t: TestContext,
  options: Partial<ReaderOptions> = {},
  clock?: () => number,
): Promise<BufferReader> {
  const all: ReaderOptions = {
    folder: options.folder ?? join(temporaryFolder(t), 'ring'),
    bounds: { entries: 1000, bytes: 1 << 24, ageMs: 3_600_000, memoryBytes: 1 << 20 },
    previewBytes: 500,
    analysisTimeoutMs: 2000,
    upstreams: [],
    analyser: ANALYSER,
    ...options,
  };
  const reader = await BufferReader.open(all, clock);
  let closed = false;
  const close = reader.close.bind(reader);
  reader.close = async () => {
    if (!closed) await close();
    closed = true;
  };
  t.after(() => reader.close());
  return reader;
}

/** Stores and analyses transactions. */
export async function put(reader: BufferReader, ...transactions: readonly WebTransaction[]): Promise<void> {
  for (const one of transactions) assert.ok(await reader.take(handOver(one, LIMITS)));
}

/** Asks a reader as a client does. */
export async function ask<Kind extends Question['kind']>(
  reader: BufferReader,
  question: Extract<Question, { readonly kind: Kind }>,
): Promise<Answers[Kind]> {
  return (await reader.answer(question)) as Answers[Kind];
}

/** The entries that a selection is for. */
export async function list(reader: BufferReader, selection = {}): Promise<Answers['list']> {
  return ask(reader, { kind: 'list', selection });
}
