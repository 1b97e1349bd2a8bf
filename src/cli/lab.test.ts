import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { lab } from './lab.ts';
import { UsageError } from './usage.ts';

const WRONG: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [[], /what to do/],
  [['sideways'], /not 'sideways'/],
  [['up', 'now'], /does not take 'now'/],
  [['attack', 'scan', 'again'], /does not take 'again'/],
  [['attack', 'nuke'], /no attack 'nuke'/],
  [['up', '--name', '../etc'], /--name takes/],
  [['up', '--name', 'a-b'], /--name takes/],
  [['up', '--json'], /no --json/],
  [['status', '--seconds', '4'], /options of 'lab traffic'/],
  [['up', '--web', 'varnish'], /--web/],
  [['up', '--limit', '5'], /options of 'lab up --web'/],
  [['up', '--crs', '/tmp'], /options of 'lab up --web'/],
  [['up', '--web', 'proxy', '--limit', 'many'], /--limit takes/],
  [['browse', '--web', 'proxy'], /an option of 'lab up'/],
  [['status', '--bare'], /an option of 'lab up'/],
  [['browse', 'fast'], /does not take 'fast'/],
  [['traffic', '--seconds', '0'], /--seconds takes/],
  [['traffic', '--seconds', '3601'], /--seconds takes/],
  [['traffic', '--rate', '51'], /--rate takes/],
  [['traffic', '--rate', '0'], /--rate takes/],
  [['traffic', '--rate', 'fast'], /--rate takes/],
];

for (const [args, message] of WRONG) {
  test(`weir lab ${args.join(' ')}: wrong usage`, async () => {
    await assert.rejects(lab(args), (error) => error instanceof UsageError && message.test(error.message));
  });
}

test('without root each operation says in a sentence what it needs', { skip: notRoot() }, () => {
  const url = new URL('./lab.ts', import.meta.url).href;
  for (const args of [
    ['up'],
    ['down'],
    ['status'],
    ['traffic'],
    ['attack', 'scan'],
    ['attack', 'web'],
    ['browse'],
  ]) {
    const script = `process.setgid(65534); process.setuid(65534);
      const { lab } = await import('${url}'); process.exitCode = await lab(process.argv.slice(1));`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script, ...args], {
      encoding: 'utf8',
    });
    assert.equal(run.status, 1, run.stderr);
    assert.match(run.stderr, /^weir: [^\n]*Linux and root[^\n]*\n$/);
    assert.equal(run.stdout, '');
  }
});

function notRoot(): string | false {
  return process.getuid?.() === 0 ? false : 'becoming another user needs root';
}
