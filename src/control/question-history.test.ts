import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuestion, type Question, QuestionError, questionLine } from './index.ts';

const PAGE = { limit: 10, order: 'newest' } as const;
const AFTER = { timeUs: 1, tie: '18446744073709551615', skip: 0 };

test('questions to the history are read as they were written', () => {
  const questions: readonly Question[] = [
    { ask: 'flow-page', selection: { query: 'port:443', sinceUs: 5 }, page: PAGE },
    { ask: 'flow-page', selection: {}, page: { ...PAGE, after: AFTER } },
    { ask: 'record-page', selection: {}, page: { limit: 1, order: 'oldest' } },
    { ask: 'record-page', types: ['dns', 'tls'], selection: { flowId: 7 }, page: PAGE },
    { ask: 'values', field: 'name', prefix: '', selection: {}, limit: 5 },
    { ask: 'series', selection: {}, intervalSeconds: 60, by: 'protocol' },
    { ask: 'series', selection: {}, intervalSeconds: 60 },
  ];
  for (const question of questions) assert.deepEqual(parseQuestion(questionLine(question)), question);
});

test('the longest question in the language fits in', () => {
  const query = '"'.repeat(1024);
  const question: Question = {
    ask: 'record-page',
    types: Array.from({ length: 16 }, () => 'x'.repeat(32)),
    selection: { query, address: 'f'.repeat(64), communityId: 'c'.repeat(64) },
    page: { ...PAGE, after: AFTER },
  };
  assert.deepEqual(parseQuestion(questionLine(question)), question);
});

test('what is none is refused', () => {
  const wrong: readonly (readonly [object, RegExp])[] = [
    [{ ask: 'flow-page', selection: {} }, /page/],
    [{ ask: 'flow-page', page: { ...PAGE, limit: 10_001 } }, /limit/],
    [{ ask: 'flow-page', page: { ...PAGE, order: 'best' } }, /order/],
    [{ ask: 'flow-page', page: { ...PAGE, after: { ...AFTER, tie: '18446744073709551616' } } }, /tie/],
    [{ ask: 'flow-page', page: { ...PAGE, after: { ...AFTER, tie: '1; DROP' } } }, /tie/],
    [{ ask: 'flow-page', page: { ...PAGE, after: { ...AFTER, skip: -1 } } }, /skip/],
    [{ ask: 'flow-page', page: PAGE, types: ['dns'] }, /types/],
    [{ ask: 'record-page', page: PAGE, types: [] }, /types/],
    [{ ask: 'record-page', page: PAGE, types: [1] }, /types/],
    [{ ask: 'record-page', page: PAGE, selection: { query: 1 } }, /query/],
    [{ ask: 'values', field: '', prefix: '', limit: 1 }, /field/],
    [{ ask: 'values', field: 'name', prefix: '', limit: 101 }, /limit/],
    [{ ask: 'series', selection: {}, intervalSeconds: 60, by: 'name' }, /by/],
  ];
  for (const [question, words] of wrong) {
    assert.throws(
      () => parseQuestion(JSON.stringify(question)),
      (error) => error instanceof QuestionError && words.test(error.message),
      JSON.stringify(question),
    );
  }
});
