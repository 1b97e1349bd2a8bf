import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RuleSource } from '../engine/load.ts';
import { RulesError } from '../seclang/mistake.ts';
import type { WafPoolOptions } from './options.ts';
import { WafPool } from './pool.ts';
import { get, PLAIN, post, source } from './testing.ts';

/** Rules that take seconds for a body of some megabytes, and none for others: patterns without any literal. */
const SLOW = Array.from(
  { length: 200 },
  (_, i) =>
    `SecRule REQUEST_BODY "@rx [a-w][b-x]{${(i % 9) + 2}}[0-9]{${i + 1}}[c-y]" "id:${100 + i},phase:2,deny"`,
).join('\n');
const RULES = `SecRule ARGS "@contains evil" "id:1,phase:2,deny,status:406,msg:'evil'"
SecRule RESPONSE_BODY "@contains secret" "id:2,phase:4,deny,status:502,msg:'leak in answer to %{ARGS.q}'"
SecRule REQUEST_HEADERS:Host "@streq sum" "id:3,phase:1,pass,nolog,setvar:tx.sum=+1"
`;
const LARGE = 'abcdefgh1'.repeat(400_000);
async function withPool(
  options: Partial<WafPoolOptions>,
  run: (pool: WafPool) => Promise<void>,
): Promise<void> {
  const pool = await WafPool.start({ sources: source(RULES), workers: 2, ...options });
  try {
    await run(pool);
  } finally {
    await pool.close();
  }
}

/** Waits for what happens in other threads. */
async function until(is: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (is()) return;
    await sleep(10);
  }
  assert.fail(what);
}

test('requests and answers are judged in threads', async () => {
  await withPool({}, async (pool) => {
    assert.deepEqual(
      pool.loaded.map(({ rules, mode }) => [rules, mode]),
      [
        [3, 'on'],
        [3, 'on'],
      ],
    );
    const evil = await pool.inspect(get('/?q=evil'));
    assert.deepEqual(
      [evil.action, evil.status, evil.ruleId, evil.matches[0]?.message],
      ['deny', 406, 1, 'evil'],
    );
    assert.equal((await pool.inspect(get('/?q=good'))).action, 'pass');
    assert.equal((await pool.inspect(get('/'), PLAIN)).action, 'pass');
    assert.equal((await pool.inspect(get('/'), { ...PLAIN, body: 'a secret' })).ruleId, 2);
    const begun = await pool.begin(get('/?q=good'));
    assert.equal(begun.verdict.action, 'pass');
    assert.equal(pool.statistics.kept, 1);
    const leak = await begun.response({ ...PLAIN, body: 'a secret' });
    assert.deepEqual(
      [leak.action, leak.status, leak.matches[0]?.message],
      ['deny', 502, 'leak in answer to good'],
    );
    const denied = await pool.begin(get('/?q=evil'));
    assert.equal(denied.verdict.ruleId, 1);
    const { inspected, denied: all, kept, inFlight, queueLength, workers, microseconds } = pool.statistics;
    assert.deepEqual(
      { inspected, all, kept, inFlight, queueLength, workers },
      {
        inspected: 7,
        all: 4,
        kept: 0,
        inFlight: 0,
        queueLength: 0,
        workers: 2,
      },
    );
    assert.ok(microseconds.p50 > 0 && microseconds.p50 <= microseconds.max && microseconds.mean > 0);
  });
});

test('many requests at once all get their own verdict', async () => {
  await withPool({ queueLength: 5000 }, async (pool) => {
    const verdicts = await Promise.all(
      Array.from({ length: 3000 }, (_, i) =>
        pool.inspect(get(i % 3 === 0 ? `/?evil=${i}&q=evil` : `/?q=${i}`)),
      ),
    );
    for (const [i, { action }] of verdicts.entries()) assert.equal(action, i % 3 === 0 ? 'deny' : 'pass');
    assert.equal(pool.statistics.denied, 1000);
  });
});

test('rules with a mistake are told with file and line', async () => {
  await assert.rejects(
    WafPool.start({ sources: source('\nSecRule ARGS "@rx (" "id:1"'), workers: 2 }),
    (error: unknown) => error instanceof RulesError && /^rules\.conf:2: rule 1/.test(error.message),
  );
});

test('what is beyond the queue is refused by the policy', async () => {
  const all = Array.from({ length: 50 }, () => get('/?q=good'));
  await withPool({ workers: 1, queueLength: 8 }, async (pool) => {
    const verdicts = await Promise.all(all.map((request) => pool.inspect(request)));
    const refused = verdicts.filter(({ action }) => action === 'deny');
    // Three are with the worker, eight wait.
    assert.equal(refused.length, 39);
    assert.equal(refused[0]?.status, 503);
    assert.match(refused[0]?.limit ?? '', /^8 requests wait/);
    assert.equal(pool.statistics.refused, 39);
  });
  const modes: readonly Partial<WafPoolOptions>[] = [
    { onLimit: 'pass' },
    { policy: { entries: [{ mode: 'detection' }] } },
    { sources: source(`SecRuleEngine DetectionOnly\n${RULES}`) },
  ];
  for (const mode of modes) {
    await withPool({ workers: 1, queueLength: 8, ...mode }, async (pool) => {
      const verdicts = await Promise.all(all.map((request) => pool.inspect(request)));
      assert.ok(verdicts.every(({ action }) => action === 'pass'));
      assert.equal(verdicts.filter(({ limit }) => limit !== '').length, 39);
    });
  }
});

test('a worker that does not answer in time is replaced, and the requests behind it are judged', async () => {
  const options = { sources: source(`${RULES}${SLOW}`), workers: 1, deadlineMs: 400, budgetMs: 60_000 };
  await withPool(options, async (pool) => {
    const [slow, behind] = await Promise.all([pool.inspect(post(LARGE)), pool.inspect(get('/?q=evil'))]);
    assert.deepEqual([slow.action, slow.status], ['deny', 503]);
    assert.equal(slow.limit, 'its worker did not answer within 400 ms');
    // It waited for the new worker, which may have taken too long to load on a busy machine.
    assert.ok(behind.ruleId === 1 || /no worker was free/.test(behind.limit), behind.limit);
    await until(() => pool.statistics.workers === 1, 'no worker came back');
    assert.equal((await pool.inspect(get('/?q=evil'))).ruleId, 1);
    const { hung, died, unjudged } = pool.statistics;
    assert.deepEqual([hung, died], [1, 0]);
    assert.ok(unjudged >= 1);
  });
});

test('a worker that runs out of memory is replaced', async () => {
  const blowUp = `SecRule ARGS "@contains x" "id:9,phase:2,deny${',t:hexEncode'.repeat(4)}"`;
  const form = Array.from({ length: 900 }, (_, i) => `${i}=${String(i).repeat(4000)}`).join('&');
  const options = { sources: source(`${RULES}${blowUp}`), workers: 1, heapMegabytes: 48, deadlineMs: 20_000 };
  await withPool(options, async (pool) => {
    const begun = await pool.begin(get('/?q=good'));
    const [dead, behind] = await Promise.all([pool.inspect(post(form)), pool.inspect(get('/?q=evil'))]);
    assert.match(dead.limit, /the worker that was at it died: .*memory/i);
    assert.equal(behind.ruleId, 1);
    const answer = await begun.response(PLAIN);
    assert.equal(answer.limit, 'the worker that kept its request is gone');
    assert.deepEqual([pool.statistics.died, pool.statistics.hung], [1, 0]);
  });
});

test('a pool that retires waits for the answers to requests that it has judged', async () => {
  for (const local of [false, true]) {
    const pool = await WafPool.start({ sources: source(RULES), workers: 2, local });
    const begun = await Promise.all([pool.begin(get('/?q=old')), pool.begin(get('/?q=older'))]);
    let isOver = false;
    const retired = pool.retire().then(() => {
      isOver = true;
    });
    assert.equal((await pool.inspect(get('/'))).limit, 'the pool is closed');
    assert.equal((await begun[0].response({ ...PLAIN, body: 'secret' })).ruleId, 2);
    assert.equal(isOver, false);
    assert.equal((await begun[1].response({ ...PLAIN, body: 'secret' })).ruleId, 2);
    await retired;
    assert.equal(pool.statistics.workers, 0);
  }
});

test('a pool that retires does not wait for ever', async () => {
  const pool = await WafPool.start({ sources: source(RULES), workers: 1, keptMs: 600 });
  const begun = await pool.begin(get('/?q=good'));
  const retired = pool.retire();
  assert.equal(pool.statistics.kept, 1);
  await retired;
  assert.equal((await begun.response(PLAIN)).limit, 'the worker that kept its request is gone');
});

test('a worker that starts later loads what was read first', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-pool-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.conf'), 'Include b*.conf\n');
  writeFileSync(join(folder, 'b.conf'), `SecRule ARGS "@pmFromFile words.data" "id:1,phase:2,deny"\n${SLOW}`);
  writeFileSync(join(folder, 'words.data'), 'evil\n');
  const sources: readonly RuleSource[] = [{ kind: 'file', path: join(folder, 'a.conf') }];
  await withPool({ sources, workers: 1, deadlineMs: 300, budgetMs: 60_000 }, async (pool) => {
    for (const name of ['a.conf', 'b.conf', 'words.data']) writeFileSync(join(folder, name), 'nonsense');
    await pool.inspect(post(LARGE));
    await until(() => pool.statistics.workers === 1, 'no worker came back');
    assert.equal(pool.statistics.hung, 1);
    assert.equal((await pool.inspect(get('/?q=evil'))).ruleId, 1);
  });
});

test('requests that wait for their answers are bounded in number and time', async () => {
  await withPool({ workers: 1, keptMost: 3, keptMs: 200 }, async (pool) => {
    const all = await Promise.all(Array.from({ length: 5 }, () => pool.begin(get('/?q=good'))));
    assert.deepEqual([pool.statistics.kept, pool.statistics.dropped], [3, 2]);
    const first = await all[0]?.response(PLAIN);
    assert.equal(first?.limit, 'the request was kept too long, or too many were');
    assert.equal((await all[4]?.response(PLAIN))?.limit, '');
    all[3]?.abandon();
    await sleep(400);
    assert.equal((await all[2]?.response(PLAIN))?.action, 'deny');
    assert.equal(pool.statistics.kept, 0);
  });
  await withPool({ workers: 1, keptBytes: 100_000 }, async (pool) => {
    await pool.begin(post('a'.repeat(30_000)));
    await pool.begin(post('a'.repeat(30_000)));
    assert.deepEqual([pool.statistics.kept, pool.statistics.dropped], [1, 1]);
  });
});

test('the sample and the policy are kept to', async () => {
  const entries = [
    { host: 'off', mode: 'off' },
    { host: 'none', samplePercent: 0 },
    { excludedRules: ['1'] },
  ] as const;
  await withPool({ policy: { entries } }, async (pool) => {
    for (const host of ['off', 'none', 'other']) {
      assert.equal((await pool.inspect(get('/?q=evil', host))).action, 'pass');
      const begun = await pool.begin(get('/', host));
      const answer = await begun.response({ ...PLAIN, body: 'secret' });
      assert.equal(answer.action, host === 'other' ? 'deny' : 'pass');
    }
    const { off, unsampled, inspected } = pool.statistics;
    assert.deepEqual({ off, unsampled, inspected }, { off: 2, unsampled: 2, inspected: 3 });
  });
});

test('whoever asks while the pool is closed is told', async () => {
  const pool = await WafPool.start({ sources: source(RULES), workers: 1 });
  const asked = Array.from({ length: 20 }, () => pool.inspect(get('/?q=evil')));
  const closing = pool.close();
  assert.equal((await pool.inspect(get('/'))).limit, 'the pool is closed');
  for (const verdict of await Promise.all(asked)) assert.equal(verdict.ruleId, 1);
  await Promise.all([closing, pool.close()]);
});
