import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { execute } from './execute.ts';
import { decodeInput } from './input.ts';

/** Inputs that the fuzzer once found to fail, by the name of what was wrong. */
const FOLDER = join(import.meta.dirname, 'regressions');
/** CPU time from which on an input counts as hanging. */
const HANG_MS = 1000;

for (const name of readdirSync(FOLDER).sort()) {
  test(name.replace(/\.bin$/, '').replaceAll('-', ' '), async () => {
    const before = process.cpuUsage();
    await execute(decodeInput(readFileSync(join(FOLDER, name))));
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1000 < HANG_MS, 'takes too long');
  });
}
