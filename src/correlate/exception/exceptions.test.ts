import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { StateFileError } from '../reputation/index.ts';
import { evidence } from '../reputation/testing.ts';
import { Exceptions } from './exceptions.ts';
import { Marks, markedFacts } from './marks.ts';
import { ExceptionError, observedOccurrence, occurrenceOf } from './match.ts';
import { mark, occurrence } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-exception-'));
after(() => rmSync(folder, { recursive: true }));

const NOW_MS = 1_700_000_000_000;
const by = { author: 'ada', reason: 'the search of the shop' };

test('an exception is on the disk when it is acknowledged, with how often it was used when flushed', async () => {
  const path = join(folder, 'exceptions.jsonl');
  const { exceptions } = await Exceptions.open(path);
  const added = await exceptions.add({ match: { ruleId: '942100', host: 'SHOP' }, ...by }, NOW_MS);
  assert.match(added.id, /^[a-z0-9]{20}$/);
  const { exceptions: read, problem } = await Exceptions.open(path);
  assert.equal(problem, undefined);
  assert.deepEqual(read.list(), [{ ...added, used: 0, lastUsedUs: 0 }]);
  const one = occurrence({ ruleId: '942100', host: 'shop' });
  assert.equal(read.find(one, NOW_MS * 1000)?.id, added.id);
  assert.equal(read.use(one, NOW_MS * 1000 + 5)?.id, added.id);
  assert.equal(read.use(one, NOW_MS * 1000)?.id, added.id);
  assert.equal(read.use(occurrence({ ruleId: '1' }), NOW_MS * 1000), undefined);
  await read.flush();
  const { exceptions: again } = await Exceptions.open(path);
  assert.deepEqual(again.list(), [{ ...added, used: 2, lastUsedUs: NOW_MS * 1000 + 5 }]);
  assert.equal((await again.remove(added.id))?.id, added.id);
  assert.equal(await again.remove(added.id), undefined);
  assert.equal((await Exceptions.open(path)).exceptions.size, 0);
});

test('an exception ends by the time of the record', async () => {
  const { exceptions } = await Exceptions.open();
  const until = { match: { address: '203.0.113.9' }, untilMs: NOW_MS + 1000, ...by };
  const added = await exceptions.add(until, NOW_MS);
  assert.ok(exceptions.find(occurrence({}), (NOW_MS + 999) * 1000));
  assert.equal(exceptions.find(occurrence({}), (NOW_MS + 1000) * 1000), undefined);
  assert.deepEqual(await exceptions.expire(NOW_MS + 999), []);
  // One that is over may be there again without having been removed.
  const second = await exceptions.add({ ...until, untilMs: NOW_MS + 9000 }, NOW_MS + 2000);
  assert.notEqual(second.id, added.id);
  assert.deepEqual(await exceptions.expire(NOW_MS + 9000), [second]);
  assert.equal(exceptions.size, 0);
});

test('what may not be added is told, and is not there', async () => {
  const { exceptions } = await Exceptions.open(undefined, 2);
  const draft = { match: { address: '203.0.113.9' }, ...by };
  const { id } = await exceptions.add(draft, NOW_MS);
  await exceptions.add({ match: { host: 'a' }, ...by }, NOW_MS);
  for (const [wrong, message] of [
    [draft, new RegExp(`is excepted already by ${id}`)],
    [{ match: { host: 'b' }, ...by }, /there are 2 already/],
    [{ ...draft, author: ' ' }, /author takes 1 to 64 characters/],
    [{ ...draft, reason: 'a\nb' }, /reason takes 1 to 512 characters on one line/],
    [{ ...draft, untilMs: NOW_MS }, /over before it begins/],
    [{ ...draft, untilMs: Number.NaN }, /expiry takes milliseconds/],
  ] as const) {
    await assert.rejects(exceptions.add(wrong, NOW_MS), (error: unknown) => {
      assert.ok(error instanceof ExceptionError);
      assert.match(error.message, message);
      return true;
    });
  }
  assert.equal(exceptions.size, 2);
});

test('what cannot be written is not acknowledged: an addition is not there, a removal still is', async () => {
  const place = join(folder, 'goes');
  mkdirSync(place);
  const { exceptions } = await Exceptions.open(join(place, 'exceptions.jsonl'));
  const { marks } = await Marks.open(join(place, 'marks.jsonl'));
  const { id } = await exceptions.add({ match: { host: 'a' }, ...by }, NOW_MS);
  await marks.add(mark('e1', 'false', 'ada'));
  rmSync(place, { recursive: true });
  await assert.rejects(exceptions.add({ match: { host: 'b' }, ...by }, NOW_MS), StateFileError);
  await assert.rejects(exceptions.remove(id), StateFileError);
  assert.deepEqual(
    exceptions.list().map((exception) => exception.id),
    [id],
  );
  assert.ok(exceptions.find(occurrence({ host: 'a' }), NOW_MS * 1000));
  await assert.rejects(marks.add(mark('e1', 'true', 'ada')), StateFileError);
  await assert.rejects(marks.remove('e1', 'ada'), StateFileError);
  assert.deepEqual(
    marks.list().map(({ verdict }) => verdict),
    ['false'],
  );
});

test('changes that are asked for at once are all written', async () => {
  const path = join(folder, 'at-once.jsonl');
  const { exceptions } = await Exceptions.open(path);
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => exceptions.add({ match: { host: `h${i}` }, ...by }, NOW_MS)),
  );
  assert.equal((await Exceptions.open(path)).exceptions.size, 20);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.new')),
    [],
  );
});

test('a damaged file is set aside and told of; what is sound in it stays in force', async () => {
  const path = join(folder, 'damaged.jsonl');
  const { exceptions } = await Exceptions.open(path);
  for (const host of ['a', 'b', 'c']) await exceptions.add({ match: { host }, ...by }, NOW_MS);
  const whole = readFileSync(path, 'utf8');
  for (const [damage, told, left] of [
    [whole.slice(0, -20), /line 4 has no end/, 2],
    [whole.replace('"host":"b"', '"host":"b c"'), /line 3 is not understood: exception: host takes/, 2],
    [whole.replace('"host":"b"', '"hose":"b"'), /line 3 is not understood: exception: 'hose'/, 2],
    [whole.split('\n').toSpliced(2, 1).join('\n'), /line 4 is missing: 2 of 3 items/, 2],
    [whole.replace('weir-exceptions', 'weir-marks'), /line 1 is not the header of a weir-exceptions file/, 0],
    ['', /line 1 is missing/, 0],
  ] as const) {
    writeFileSync(path, damage);
    const { exceptions: read, problem } = await Exceptions.open(path);
    assert.match(problem ?? '', told);
    assert.match(problem ?? '', /kept as .*damaged\.jsonl\.damaged/);
    assert.equal(read.size, left);
    assert.equal(readFileSync(`${path}.damaged`, 'utf8'), damage);
    const { exceptions: again, problem: none } = await Exceptions.open(path);
    assert.equal(none, undefined);
    assert.equal(again.size, left);
  }
});

test('marks: one for each piece and author, bounded, kept with the facts', async () => {
  const path = join(folder, 'marks.jsonl');
  const { marks } = await Marks.open(path, 3);
  await marks.add(mark('e1', 'false', 'ada'));
  await marks.add(mark('e1', 'true', 'ada'));
  await marks.add(mark('e1', 'false', 'bob'));
  assert.equal(marks.verdicts()[0]?.verdict, 'disputed');
  await marks.add(mark('e1', 'false', 'eve'));
  const { marks: read, problem } = await Marks.open(path, 3);
  assert.equal(problem, undefined);
  const [verdict] = read.verdicts();
  assert.equal(verdict?.verdict, 'false');
  assert.deepEqual(verdict?.authors, ['bob', 'eve']);
  assert.deepEqual(verdict?.facts, mark('e1', 'false', 'ada').facts);
  await read.add(mark('e2', 'false', 'ada'));
  assert.equal(read.evicted, 1);
  assert.equal(await read.remove('e1', 'ada'), false);
  assert.equal(await read.remove('e1', 'bob'), true);
  assert.equal(read.size, 2);
  await assert.rejects(read.add(mark('', 'true', 'ada')), /mark: takes the id/);
  await assert.rejects(read.add(mark('e3', 'maybe' as 'true', 'ada')), /takes 'true' or 'false'/);
  await assert.rejects(read.add(mark('e3', 'true', '')), /mark: author takes/);
});

test('evidence and observations become occurrences with the facts that the caller knows', () => {
  const facts = { host: 'Shop.example:443', path: '/a', ruleId: '942100' };
  const piece = evidence({ source: 'sqli', ja4: 't13d' });
  const expected = {
    address: '203.0.113.9',
    target: '192.0.2.80',
    scenario: 'sqli',
    ja4: 't13d',
    host: 'shop.example',
    path: '/a',
    ruleId: '942100',
  };
  assert.deepEqual(occurrenceOf(piece, facts), expected);
  assert.deepEqual(markedFacts(piece, facts), { ...expected, type: 'waf_block' });
  const record = { timestamp: '2026-03-01T12:00:00.000000+0000', event_type: 'http' };
  const observation = { timeUs: 1, kind: 'http_request', address: '203.0.113.9', target: '192.0.2.80' };
  assert.deepEqual(observedOccurrence({ ...observation, meta: {}, parsed: {}, record }, facts, 't13d'), {
    ...expected,
    scenario: '',
  });
});
