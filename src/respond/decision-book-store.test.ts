import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DecisionFileError } from './decision-book-file.ts';
import { DecisionStore, type DecisionStoreOptions } from './decision-book-store.ts';
import { decisionFor } from './enforcer-compliance.ts';

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-book-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function open(folder: string, told: string[] = [], more: Partial<DecisionStoreOptions> = {}) {
  return DecisionStore.open({ folder, now: Date.now, tell: (message) => told.push(message), ...more });
}

async function take(store: DecisionStore, ...values: readonly string[]): Promise<void> {
  const step = store.begin('take', 'anna');
  for (const value of values) store.offer(step, decisionFor(value));
  await store.commit(step);
}

const held = (store: DecisionStore) => [...store.book.all()].map(({ value }) => value);

test('what was committed is there at the next start, for its owner alone', async (t) => {
  const folder = folderFor(t);
  const store = await open(folder);
  await take(store, '192.0.2.1', '192.0.2.0/28', '2001:db8::1');
  await take(store, '192.0.2.2');
  const lift = store.begin('lift', 'anna');
  store.remove(lift, store.book.about('192.0.2.1')[0]!.id);
  await store.commit(lift);
  const before = [...store.book.all()];
  await store.close();
  for (const name of readdirSync(folder))
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
  const next = await open(folder);
  assert.deepEqual([...next.book.all()], before);
  assert.deepEqual(next.history.all(), store.history.all());
  assert.deepEqual(next.escalation.entries(Date.now()), store.escalation.entries(Date.now()));
  await next.close();
});

test('a torn last line is dropped and told of; what follows is kept', async (t) => {
  const folder = folderFor(t);
  const store = await open(folder);
  await take(store, '192.0.2.1');
  await take(store, '192.0.2.2');
  await store.close();
  const path = join(folder, 'decisions.journal.1');
  const whole = readFileSync(path);
  const second = whole.indexOf('\n') + 1;
  // Every length that a write may have been cut off at.
  for (let length = second; length < whole.length; length += 37) {
    writeFileSync(path, whole.subarray(0, length));
    const told: string[] = [];
    const next = await open(folder, told);
    assert.deepEqual(held(next), ['192.0.2.1'], `${length} bytes`);
    assert.equal(told.length, length === second ? 0 : 1, told.join());
    await take(next, '192.0.2.9');
    await next.close();
    const last = await open(folder, told);
    assert.deepEqual(held(last), ['192.0.2.1', '192.0.2.9']);
    await last.close();
  }
});

test('a damaged line in the middle is passed over and named', async (t) => {
  const folder = folderFor(t);
  const store = await open(folder);
  await take(store, '192.0.2.1');
  await store.close();
  appendFileSync(join(folder, 'decisions.journal.1'), '\0\0\0\n{"step":9,"kind":"take"}\n[]\n');
  const told: string[] = [];
  const next = await open(folder, told);
  await take(next, '192.0.2.2');
  await next.close();
  assert.deepEqual(
    told.map((line) => /journal\.1:(\d): the line is damaged/.exec(line)?.[1]),
    ['2', '3', '4'],
  );
  const last = await open(folder);
  assert.deepEqual(held(last), ['192.0.2.1', '192.0.2.2']);
  await last.close();
});

test('compaction keeps what counts, while decisions go on, and also when it is cut off', async (t) => {
  const folder = folderFor(t);
  const store = await open(folder);
  for (let i = 0; i < 20; i++) await take(store, `192.0.2.${i}`);
  const first = join(folder, 'decisions.journal.1');
  const old = readFileSync(first);
  const during: Promise<void>[] = [];
  const compacted = store.compact();
  for (let i = 20; i < 60; i++) during.push(take(store, `192.0.2.${i}`));
  await Promise.all([compacted, ...during]);
  assert.deepEqual(readdirSync(folder).sort(), ['decisions.journal.2', 'decisions.snapshot']);
  await store.close();
  // The old journal was not yet removed when the power went.
  writeFileSync(first, old);
  const next = await open(folder);
  assert.deepEqual([...next.book.all()].sort(byId), [...store.book.all()].sort(byId));
  assert.deepEqual(next.history.all(), store.history.all());
  assert.deepEqual(next.escalation.entries(0).sort(), store.escalation.entries(0).sort());
  await next.close();
});

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);

test('the journal is compacted when it has grown', async (t) => {
  const folder = folderFor(t);
  const store = await open(folder, [], { compactBytes: 2000 });
  for (let i = 0; i < 40; i++) {
    const step = store.begin('take');
    store.offer(step, decisionFor('192.0.2.1', { durationMs: 1_000_000 + i }));
    await store.commit(step);
  }
  await store.compact();
  assert.ok(store.statistics().journal_bytes! < 2500, JSON.stringify(store.statistics()));
  await store.close();
  const next = await open(folder);
  assert.equal(next.book.size, 1);
  assert.equal([...next.book.all()][0]?.durationMs, 1_000_039);
  await next.close();
});

test('what cannot be written is taken back', async (t) => {
  const folder = folderFor(t);
  const takenBack: string[] = [];
  const store = await open(folder, [], {
    takenBack: (step) => takenBack.push(...step.added.map(({ value }) => value)),
  });
  await take(store, '192.0.2.1');
  const before = [...store.book.all()];
  // The journal's descriptor is closed under the store: each write fails as on a broken disk.
  const file = (store as unknown as { file: { handle: { close(): Promise<void> } } }).file;
  await file.handle.close();
  const step = store.begin('take');
  store.offer(step, decisionFor('192.0.2.1', { durationMs: 99_000_000 }));
  store.offer(step, decisionFor('192.0.2.2'));
  assert.equal(store.book.size, 2);
  await assert.rejects(store.commit(step), DecisionFileError);
  assert.deepEqual([...store.book.all()], before);
  assert.deepEqual(store.escalation.entries(Date.now()), [['192.0.2.1', [before[0]!.createdMs]]]);
  assert.deepEqual(takenBack, ['192.0.2.1', '192.0.2.2']);
});

test('a folder that others can write is refused', async (t) => {
  const folder = folderFor(t);
  chmodSync(folder, 0o777);
  await assert.rejects(open(folder), /can be written by others.*chmod 700/);
  if (process.getuid?.() === 0) {
    chmodSync(folder, 0o700);
    chownSync(folder, 65_534, 65_534);
    await assert.rejects(open(folder), /belongs to another user/);
    chownSync(folder, 0, 0);
  }
  writeFileSync(join(folder, 'file'), '');
  await assert.rejects(open(join(folder, 'file')), DecisionFileError);
});

test('100,000 decisions are read; the time is told', async (t) => {
  const folder = folderFor(t);
  const store = await open(folder);
  for (let part = 0; part < 20; part++) {
    const step = store.begin('take');
    for (let i = 0; i < 5000; i++) {
      const n = part * 5000 + i;
      store.offer(step, decisionFor(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`));
    }
    await store.commit(step);
  }
  await store.close();
  const from = performance.now();
  const next = await open(folder);
  t.diagnostic(`journal: ${Math.round(performance.now() - from)} ms`);
  assert.equal(next.book.size, 100_000);
  await next.compact();
  await next.close();
  const again = performance.now();
  const last = await open(folder);
  t.diagnostic(`snapshot: ${Math.round(performance.now() - again)} ms`);
  assert.equal(last.book.size, 100_000);
  await last.close();
});

/** Takes and lifts decisions as fast as it can, and says of each when it was acknowledged. */
const PROGRAM = `
import { writeSync } from 'node:fs';
const [url, decision, folder, run] = process.argv.slice(1);
const { DecisionStore } = await import(url);
const store = await DecisionStore.open({
  folder, compactBytes: 20_000, now: Date.now, tell: (text) => writeSync(2, text + '\\n'),
});
const say = (word, id) => writeSync(1, word + ' ' + id + '\\n');
const lane = async (number) => {
  for (let i = 0; ; i++) {
    const id = 'run' + run + 'lane' + number + 'step' + i;
    const value = '10.' + run + '.' + (number * 64 + (i >> 8)) + '.' + (i & 255);
    const taking = store.begin('take');
    store.offer(taking, { ...JSON.parse(decision), value, id });
    await store.commit(taking);
    say('taken', id);
    if (i % 5 !== 4) continue;
    say('lifting', id);
    const lifting = store.begin('lift');
    store.remove(lifting, id);
    await store.commit(lifting);
    say('lifted', id);
  }
};
await Promise.all([0, 1, 2].map(lane));
`;

/** Runs the program until some time after its first acknowledgement, and kills it; what it said. */
function runAndKill(folder: string, run: number, afterMs: number): Promise<string> {
  const url = new URL('./decision-book-store.ts', import.meta.url).href;
  const decision = JSON.stringify(decisionFor('10.0.0.0'));
  const parameters = ['--input-type=module', '-e', PROGRAM, url, decision, folder, String(run)];
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    const tooLate = setTimeout(() => child.kill('SIGKILL'), 20_000);
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (said === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      said += text;
    });
    child.on('error', reject);
    child.on('close', () => {
      clearTimeout(tooLate);
      resolve(said);
    });
  });
}

test('50 kills: all that was acknowledged is there, and what was lifted is not', async (t) => {
  let total = 0;
  const series = async (runs: number) => {
    const folder = folderFor(t);
    const expected = new Set<string>();
    const lifted = new Set<string>();
    for (let run = 0; run < runs; run++) {
      const said = await runAndKill(folder, run, (run * 13) % 40);
      const unsure = new Set<string>();
      for (const line of said.split('\n').slice(0, -1)) {
        const [word, id = ''] = line.split(' ');
        if (word === 'taken') expected.add(id);
        else if (word === 'lifting') unsure.add(id);
        else if (word === 'lifted') {
          unsure.delete(id);
          lifted.add(id);
        }
      }
      // A lift that was not acknowledged may have come to pass or not.
      for (const id of [...unsure, ...lifted]) expected.delete(id);
      assert.notEqual(said, '', 'the program took decisions');
    }
    const told: string[] = [];
    const store = await open(folder, told);
    for (const id of expected) assert.ok(store.book.get(id), `${id} was acknowledged`);
    for (const id of lifted) assert.equal(store.book.get(id), undefined, `${id} was lifted`);
    await store.close();
    total += expected.size;
  };
  await Promise.all([series(17), series(17), series(16)]);
  assert.ok(total > 50);
  t.diagnostic(`${total} decisions survived`);
});
