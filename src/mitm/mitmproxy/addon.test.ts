import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../../test/support/mitmproxy/mitmdump.ts';

const ADDON = join(import.meta.dirname, '../../../integrations/mitmproxy/dpi_buffer.py');

test('the addon is Python that a checker has nothing to say about', (t) => {
  const env = { ...process.env, PYTHONPYCACHEPREFIX: temporaryFolder(t) };
  if (spawnSync('python3', ['--version']).status !== 0) {
    t.skip('no python3');
    return;
  }
  assert.equal(execFileSync('python3', ['-m', 'py_compile', ADDON], { env, encoding: 'utf8' }), '');
  if (spawnSync('python3', ['-m', 'pyflakes', '--version']).status !== 0) {
    t.diagnostic('compiled only: no pyflakes');
    return;
  }
  const { status, stdout } = spawnSync('python3', ['-m', 'pyflakes', ADDON], { env, encoding: 'utf8' });
  assert.deepEqual([status, stdout], [0, '']);
});
