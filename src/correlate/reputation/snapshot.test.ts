import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { Reputation } from './reputation.ts';
import { loadReputation, saveReputation } from './snapshot.ts';
import { StateFileError } from './state-file.ts';
import { evidence, MINUTE_US, NOW_US, someEvidence } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-reputation-'));
after(() => rmSync(folder, { recursive: true }));
const JA4 = 't13d1516h2_8daaf6152771_b186095e22b6';

/** Reputations with merged reasons, a shared JA4, a network and texts that need escapes. */
function busy(): Reputation {
  const reputation = new Reputation();
  for (let i = 0; i < 300; i++) {
    const timeUs = NOW_US + i * MINUTE_US;
    reputation.add(evidence({ source: `"rule\n${i}"`, reason: '\u2028 \ud83d\ude00', timeUs }));
    reputation.add(evidence({ address: `2001:db8::${i.toString(16)}`, ja4: JA4, timeUs }));
    reputation.saw(JA4, `10.0.0.${i % 256}`);
  }
  return reputation;
}

function shown(reputation: Reputation): unknown {
  const nowUs = NOW_US + 300 * MINUTE_US;
  return [
    reputation
      .standings(nowUs)
      .map(({ subject }) => reputation.explain(subject, nowUs))
      .toSorted((a, b) => (a!.subject < b!.subject ? -1 : 1)),
    reputation.assess('192.0.2.1', JA4, nowUs),
    reputation.statistics().reasons,
  ];
}

test('what was saved is loaded to the last digit, and only the owner can read the file', async () => {
  const path = join(folder, 'reputation.jsonl');
  const before = busy();
  before.fade(3);
  before.add(evidence({ timeUs: NOW_US + 300 * MINUTE_US }));
  await saveReputation(before, path, NOW_US);
  const { reputation, problem } = await loadReputation(path);
  assert.equal(problem, undefined);
  assert.deepEqual(shown(reputation), shown(before));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder), ['reputation.jsonl']);
});

test('a loaded reputation goes on like the one that was saved', async () => {
  const path = join(folder, 'on.jsonl');
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(someEvidence, { maxLength: 40, selector: ({ id }) => id }),
      fc.nat(40),
      async (pieces, at) => {
        const whole = new Reputation({ seed: 1 });
        for (const piece of pieces.slice(0, at)) whole.add(piece);
        await saveReputation(whole, path, NOW_US);
        const { reputation } = await loadReputation(path);
        for (const piece of pieces.slice(at)) {
          assert.deepEqual(reputation.add(piece), whole.add(piece));
        }
      },
    ),
    { numRuns: 15 },
  );
});

test('new weights apply to what is loaded', async () => {
  const path = join(folder, 'weights.jsonl');
  const before = new Reputation();
  before.add(evidence({ source: '942100' }));
  await saveReputation(before, path, NOW_US);
  const { reputation } = await loadReputation(path, { overrides: { '942100': 60 } });
  assert.equal(reputation.score('203.0.113.9', NOW_US), 60);
});

test('without a file reputations begin anew, and nothing is told', async () => {
  const { reputation, problem } = await loadReputation(join(folder, 'none.jsonl'));
  assert.equal(problem, undefined);
  assert.equal(reputation.statistics().subjects, 0);
});

test('a damaged file is set aside and told of, with the line and what is wrong with it', async () => {
  const path = join(folder, 'damaged.jsonl');
  await saveReputation(busy(), path, NOW_US);
  const whole = readFileSync(path, 'utf8');
  const lines = whole.split('\n');
  for (const [damage, told] of [
    ['', /line 1 is missing/],
    // Within a line: the seed differs from run to run, and with it where the half of the file is.
    [whole.slice(0, whole.indexOf('\n', whole.length / 2) - 1), /line \d+ has no end: the file was cut/],
    [`${lines.slice(0, 5).join('\n')}\n`, /line 6 is missing: the file was cut/],
    [whole.replace('"count":1,', '"count":2,'), /digest/],
    [whole.replace('"version":1', '"version":9'), /line 1 has a version that is not 1/],
    [whole.replace('"type":"waf_block"', '"type":"praise"'), /line 2 is not a subject/],
    [whole.replace('"minute":', '"minute":-'), /line 2 is not a subject/],
    [`${whole}{}\n`, /comes after the end/],
    [[lines[0], ...lines.slice(2)].join('\n'), /entries/],
    [`${'x'.repeat(2_000_000)}\n`, /line 1 is longer/],
    ['\u0000\u0001\n', /line 1 is no JSON object/],
  ] as const) {
    writeFileSync(path, damage);
    const { reputation, problem } = await loadReputation(path);
    assert.match(problem ?? '', told);
    assert.ok(problem?.includes(`kept as ${path}.damaged`));
    assert.equal(reputation.statistics().subjects, 0);
    assert.equal(existsSync(path), false);
    assert.equal(readFileSync(`${path}.damaged`, 'utf8'), damage);
  }
});

test('what cannot be written is told with its path, and leaves the old file and nothing else', async () => {
  const place = mkdtempSync(join(folder, 'place-'));
  const path = join(place, 'no-folder', 'reputation.jsonl');
  await assert.rejects(saveReputation(busy(), path, NOW_US), (error: unknown) => {
    assert.ok(error instanceof StateFileError);
    assert.match(error.message, /no-folder\/reputation.jsonl: cannot be written: ENOENT/);
    return true;
  });
  // A folder in its place: the rename fails after everything is written.
  await assert.rejects(saveReputation(busy(), place, NOW_US), StateFileError);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.new')),
    [],
  );
});

test('evidence may come in while it is saved', async () => {
  const path = join(folder, 'meanwhile.jsonl');
  const reputation = new Reputation({ maxSubjects: 500 });
  for (let i = 0; i < 3000; i++) reputation.add(evidence({ address: `10.0.${i >> 8}.${i & 255}` }));
  let isSaved = false;
  const saved = saveReputation(reputation, path, NOW_US).then(() => {
    isSaved = true;
  });
  for (let i = 0; !isSaved; i++) {
    reputation.add(evidence({ address: `10.1.${(i >> 8) & 255}.${i & 255}`, source: `rule ${i}` }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await saved;
  const { reputation: loaded, problem } = await loadReputation(path, { maxSubjects: 500 });
  assert.equal(problem, undefined);
  assert.equal(loaded.statistics().subjects, 500);
});
