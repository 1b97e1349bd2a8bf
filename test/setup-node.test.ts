import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');
/** What depends on the Node counts how often it was made. */
const RULES = `include Makefile
counted: build/node.ready
	@echo made >>$@
`;

const withoutMake =
  spawnSync('make', ['--version']).status === 0 ? false : 'needs make (apt-get install make)';

test('make notices that the Node that it uses changed, or went', { skip: withoutMake }, (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-setup-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(ROOT, 'Makefile'), join(folder, 'Makefile'));
  cpSync(join(ROOT, 'setup'), join(folder, 'setup'), { recursive: true });
  mkdirSync(join(folder, 'web'));
  writeFileSync(join(folder, 'rules.mk'), RULES);
  const nodeIn = (path: string): string => {
    mkdirSync(join(folder, path), { recursive: true });
    symlinkSync(process.execPath, join(folder, path, 'node'));
    return join(folder, path);
  };
  const [one, other] = [nodeIn('one'), nodeIn('other')];
  /** Runs make where the system's Node is in `bin`; returns which Node it found, and how often it was another. */
  const made = (bin: string): readonly [node: string, times: number] => {
    const env = { ...process.env, PATH: `${bin}:/usr/bin:/bin` };
    const { status, stderr } = spawnSync('make', ['-f', 'rules.mk', 'counted'], { cwd: folder, env });
    assert.equal(status, 0, stderr.toString());
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8').trim();
    return [read('build/node.ready'), read('counted').split('\n').length];
  };
  const is = (path: string): string => `${path} ${process.version}`;
  assert.deepEqual(made(one), [is(join(one, 'node')), 1]);
  assert.deepEqual(made(one), [is(join(one, 'node')), 1]);
  assert.deepEqual(made(other), [is(join(other, 'node')), 2]);
  // One of weir's own goes before the system's, and when it is removed, the system's is used again.
  nodeIn('.node/bin');
  assert.deepEqual(made(other), [is('.node/bin/node'), 3]);
  assert.deepEqual(made(other), [is('.node/bin/node'), 3]);
  rmSync(join(folder, '.node'), { recursive: true });
  assert.deepEqual(made(other), [is(join(other, 'node')), 4]);
});
