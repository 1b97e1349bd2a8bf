import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Rate } from '../supervisor/process/rate.ts';
import { answerLine, MOST_ANSWER, parseAnswer } from './answer.ts';
import { ControlError } from './control-socket.ts';
import { MOST_QUESTION, parseQuestion, type Question, QuestionError, questionLine } from './question.ts';
import { RunningWeir } from './running-weir.ts';

/** A weir of somebody else's making, which answers with these bytes. */
async function answering(context: TestContext, bytes: string): Promise<RunningWeir> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-answer-'));
  const server = createServer((socket) => socket.on('error', () => socket.destroy()).end(bytes));
  await new Promise<void>((resolve) => server.listen(join(folder, 'weir.sock'), resolve));
  context.after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return RunningWeir.at(folder);
}

test('an answer of another form is refused, whatever it is', async (context) => {
  for (const bytes of [
    '',
    '\n',
    '{"value":[]}',
    'null\n',
    '{"value":{"length":1}}\n',
    '{"value":[{"timeUs":"now"}]}\n',
    '{"value":[null]}\n',
    '{"error":7,"code":"busy"}\n',
    '{"error":"x","code":"constructor"}\n',
    'x'.repeat(100_000),
  ]) {
    const weir = await answering(context, bytes);
    await assert.rejects(
      weir.flows({}, 1),
      (error) => error instanceof ControlError && error.code === 'silent',
    );
  }
  const weir = await answering(context, '{"value":{"rows":[],"totalBytes":0}}\n');
  await assert.rejects(weir.top('names', {}, {}), /another form/);
  await assert.rejects(weir.lan(), /another form/);
  await assert.rejects(weir.open({}, 1), /another form/);
  await assert.rejects(weir.status(), /another form/);
});

test('an answer that is too long is refused on both sides', async (context) => {
  assert.match(
    answerLine('x'.repeat(MOST_ANSWER)),
    /^\{"error":"the answer is longer than 16 MiB: ask for less/,
  );
  const weir = await answering(context, 'x'.repeat(3 * MOST_ANSWER + 2));
  await assert.rejects(weir.flows({}, 1), /the answer is too long/);
});

test('every question comes through its line as it was', () => {
  const selection = {
    sinceUs: 1,
    untilUs: 2,
    address: '2001:db8::/32',
    communityId: '1:x=',
    flowId: 3,
    protocol: 'TLS',
    application: 'Ä "quoted"\n',
  };
  const questions: readonly Question[] = [
    { ask: 'status' },
    { ask: 'lan' },
    { ask: 'lan', top: 0 },
    { ask: 'flows', selection: {}, limit: 10_000 },
    { ask: 'flows', selection, limit: 1 },
    { ask: 'top', subject: 'names', selection, by: 'flows', limit: 5 },
    { ask: 'open', selection: {}, limit: 0 },
    { ask: 'open', selection, limit: 10_000 },
    { ask: 'series', selection, intervalSeconds: 60 },
  ];
  for (const question of questions) {
    const line = questionLine(question);
    assert.ok(!line.includes('\n'));
    assert.deepEqual(parseQuestion(line), question);
  }
  assert.throws(() => parseQuestion(' '.repeat(MOST_QUESTION + 1)), QuestionError);
  assert.deepEqual(parseAnswer(answerLine(undefined)), { value: null });
});

test('a rate is the mean of the last ten whole seconds', () => {
  let now = 5000;
  const rate = new Rate(() => now);
  rate.add(30);
  assert.equal(rate.perSecond(), 30);
  now = 6500;
  rate.add(7);
  assert.equal(rate.perSecond(), 30);
  now = 7000;
  assert.equal(rate.perSecond(), 18.5);
  now = 15_900;
  assert.equal(rate.perSecond(), 3.7);
  now = 16_000;
  assert.equal(rate.perSecond(), 0.7);
  now = 1e9;
  assert.equal(rate.perSecond(), 0);
});
