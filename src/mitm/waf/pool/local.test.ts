import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { WafPoolOptions } from './options.ts';
import { WafPool } from './pool.ts';
import { get, PLAIN, post, source } from './testing.ts';

const RULES = `SecRule ARGS "@contains evil" "id:1,phase:2,deny,status:406"
SecRule RESPONSE_BODY "@contains secret" "id:2,phase:4,deny,status:502,msg:'leak in answer to %{ARGS.q}'"
`;
/** Rules that take far more than some milliseconds for a body of 14 KB, and none for others: they have no literal. */
const SLOW = Array.from(
  { length: 400 },
  (_, i) =>
    `SecRule REQUEST_BODY "@rx [a-w][b-x]{${(i % 9) + 2}}[0-9]{${i + 1}}[c-y]" "id:${100 + i},phase:2,deny"`,
).join('\n');
async function withPool(
  options: Partial<WafPoolOptions>,
  run: (pool: WafPool) => Promise<void>,
): Promise<void> {
  const pool = await WafPool.start({ sources: source(RULES), workers: 1, local: true, ...options });
  try {
    await run(pool);
  } finally {
    await pool.close();
  }
}

test('short requests are judged in the thread that asks, long ones and answers with them in another', async () => {
  await withPool({}, async (pool) => {
    assert.equal((await pool.inspect(get('/?q=evil'))).status, 406);
    assert.equal((await pool.inspect(get('/?q=good'))).action, 'pass');
    assert.deepEqual([pool.statistics.inspected, pool.statistics.local], [2, 2]);
    assert.equal((await pool.inspect(post(`a=${'b'.repeat(20_000)}&q=evil`))).status, 406);
    assert.equal((await pool.inspect(get('/'), { ...PLAIN, body: 'a secret' })).ruleId, 2);
    assert.deepEqual([pool.statistics.inspected, pool.statistics.local], [4, 2]);
  });
});

test('an answer is judged where its request was, and by a worker where it is long or the request is not kept', async () => {
  const leak = { ...PLAIN, body: 'a secret' };
  const message = 'leak in answer to good';
  await withPool({ keptMost: 1 }, async (pool) => {
    const [first, second] = [await pool.begin(get('/?q=good')), await pool.begin(get('/?q=good'))];
    assert.deepEqual([pool.statistics.kept, pool.statistics.local], [1, 2]);
    assert.equal((await second.response(leak)).matches[0]?.message, message);
    assert.equal(pool.statistics.local, 3);
    assert.equal((await first.response(leak)).matches[0]?.message, message);
    const third = await pool.begin(get('/?q=good'));
    const long = { ...PLAIN, body: `${' '.repeat(70_000)}secret` };
    assert.equal((await third.response(long)).matches[0]?.message, message);
    assert.deepEqual([pool.statistics.kept, pool.statistics.local, pool.statistics.inspected], [0, 4, 6]);
    const fourth = await pool.begin(get('/?q=good'));
    fourth.abandon();
    assert.equal(pool.statistics.kept, 0);
  });
});

test('what takes too long is left to a worker, and for a while all is', async () => {
  const sources = source(`${SLOW}\n${RULES}`);
  await withPool({ sources, budgetMs: 60_000, deadlineMs: 60_000 }, async (pool) => {
    const slow = await pool.inspect(post(`q=evil${'abcdefgh1'.repeat(1500)}`));
    assert.deepEqual([slow.action, slow.status, slow.limit], ['deny', 406, '']);
    assert.deepEqual([pool.statistics.overruns, pool.statistics.local], [1, 0]);
    assert.equal((await pool.inspect(get('/?q=evil'))).status, 406);
    assert.deepEqual([pool.statistics.inspected, pool.statistics.local], [2, 0]);
    for (let i = 0; pool.statistics.local === 0; i++) {
      assert.ok(i < 100_000, 'it never judges again');
      await pool.inspect(get('/?q=good'));
    }
  });
});

test('other things have their turn while many requests are judged, and workers help where there are several', async () => {
  for (const workers of [1, 2]) {
    await withPool({ workers, queueLength: 5000 }, async (pool) => {
      const all = Array.from({ length: 4000 }, (_, i) => get(i % 3 === 0 ? `/?q=evil${i}` : `/?q=${i}`));
      let isOver = false;
      const judged = Promise.all(all.map((request) => pool.inspect(request))).finally(() => {
        isOver = true;
      });
      let turns = 0;
      for (; !isOver; turns++) await turn();
      for (const [i, { action }] of (await judged).entries())
        assert.equal(action, i % 3 === 0 ? 'deny' : 'pass');
      assert.ok(turns > 3, `${turns} turns`);
      const { inspected, local } = pool.statistics;
      assert.equal(inspected, 4000);
      assert.ok(local > 0 && local < 4000, `${local} of 4000 here`);
    });
  }
});

test('a pool that is closed judges what it has', async () => {
  const pool = await WafPool.start({ sources: source(RULES), workers: 1, local: true });
  const asked = Array.from({ length: 900 }, () => pool.inspect(get('/?q=evil')));
  const closing = pool.close();
  assert.equal((await pool.inspect(get('/'))).limit, 'the pool is closed');
  for (const verdict of await Promise.all(asked)) assert.equal(verdict.ruleId, 1);
  await closing;
});
