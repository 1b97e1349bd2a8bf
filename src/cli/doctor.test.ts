import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { probeCapabilities } from './capabilities.ts';
import { renderCapabilities } from './doctor.ts';

const MAIN = join(import.meta.dirname, 'main.ts');

test('every capability is looked at, and what is missing has a way to get it', () => {
  const capabilities = probeCapabilities();
  assert.deepEqual(
    capabilities.map(({ name }) => name),
    [
      'Node',
      'addon',
      'mmap',
      'BPF',
      'live',
      'nDPI',
      'RE2',
      'libinjection',
      'DuckDB',
      'zstd',
      'open files',
      'tcpdump',
      'tshark',
    ],
  );
  for (const { name, state, detail, remedy } of capabilities) {
    assert.notEqual(detail, '', name);
    if (state === 'ok') assert.equal(remedy, '', name);
  }
});

test('the table has a line for each, and one more for what brings it', () => {
  const text = renderCapabilities([
    { name: 'Node', state: 'ok', detail: '26.0.0', brings: 'runs weir', remedy: '' },
    { name: 'nDPI', state: 'missing', detail: 'not built', brings: 'a second voice', remedy: 'apt-get it' },
  ]);
  assert.equal(
    text,
    [
      '✓ Node  ok       runs weir       26.0.0',
      '· nDPI  missing  a second voice  not built',
      '        bring it with: apt-get it',
      '',
    ].join('\n'),
  );
});

test('weir doctor ends with 0, weir doctor x with 2', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [MAIN, 'doctor', ...args], { encoding: 'utf8' });
  const plain = run();
  assert.equal(plain.status, 0, plain.stderr);
  assert.match(plain.stdout, /^✓ Node/);
  const json = run('--json');
  assert.equal(json.status, 0, json.stderr);
  assert.equal(JSON.parse(json.stdout).capabilities[0].name, 'Node');
  assert.equal(run('x').status, 2);
  assert.equal(run('--help').status, 0);
});
