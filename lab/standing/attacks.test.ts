import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { STANDING_HOSTS } from '../topology.ts';
import { ATTACKS } from './attacks.ts';
import { errands } from './errands.ts';
import { services } from './services.ts';
import { webAttacks } from './web-attacks.ts';
import { webBrowsing } from './web-browsing.ts';

/** Networks for documentation and benchmarks: nothing of the lab may speak of another address. */
const OURS = /^(192\.0\.2|203\.0\.113|198\.51\.100|198\.18\.1|10\.99\.0)\./;

test('every command of the lab is for an address of the lab, from a host of the lab', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-lab-test-'));
  try {
    const all = [
      ...services(folder),
      ...errands(folder),
      ...ATTACKS.flatMap((attack) => attack.steps(folder)),
      ...webAttacks(folder),
      ...webBrowsing(folder),
    ];
    for (const { from, command } of all) {
      assert.ok((STANDING_HOSTS as readonly string[]).includes(from), from);
      const words = command.filter(
        (_, index) => !['-A', '-b', '--data-urlencode'].includes(command[index - 1] ?? ''),
      );
      for (const [address] of words.join(' ').matchAll(/(?<![\d.])\d+(?:\.\d+){3}(?![\d.])/g)) {
        assert.match(address, OURS, command.join(' '));
      }
      for (const [, name] of words
        .join(' ')
        .matchAll(/\b(?:https?|ftp|smtp):\/\/(?:[^/@ ]*@)?([a-z][\w.-]*)/g)) {
        assert.match(name ?? '', /\.(example\.com|test)$/, command.join(' '));
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('ordinary traffic takes turns between IPv4 and IPv6', () => {
  const families = errands('/nowhere').map(({ family }) => family);
  assert.deepEqual(families.slice(0, 4), [4, 6, 4, 6]);
  for (const family of [4, 6]) assert.ok(families.filter((one) => one === family).length >= 10);
});
