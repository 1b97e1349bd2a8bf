import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ownFolder } from '../support/web-parts.ts';

const ROOT = join(import.meta.dirname, '../..');
const SECONDS = 60;

/** A demonstration that keeps all it has in a folder. */
function started(t: TestContext, folder: string): ChildProcess {
  const child = spawn(
    process.execPath,
    [join(ROOT, 'demo/run.ts'), '--port', '0', '--json', '--seconds', String(SECONDS)],
    { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, TMPDIR: folder } },
  );
  t.after(() => child.kill('SIGTERM'));
  return child;
}

test('the demonstration ends, with all that it started, when its terminal is closed', async (t) => {
  const folder = ownFolder(t);
  const child = started(t, folder);
  await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data');
  child.kill('SIGHUP');
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.deepEqual(readdirSync(folder), []);
});

test('the demonstration ends, with all that it started, when nobody reads what it prints', async (t) => {
  const folder = ownFolder(t);
  const child = started(t, folder);
  child.stdout?.destroy();
  assert.deepEqual(await once(child, 'exit'), [0, null]);
  assert.deepEqual(readdirSync(folder), []);
});
