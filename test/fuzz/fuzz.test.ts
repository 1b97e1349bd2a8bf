import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fuzz } from './campaign.ts';
import { ownCaptures } from './own-captures.ts';
import { conversations } from './seeds.ts';

test('ten seconds of mutated captures, frames and conversations', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-fuzz-'));
  const result = await fuzz({ seconds: 10, seed: 1, folder });
  context.diagnostic(`${result.inputs} inputs in ${result.rounds} rounds`);
  const failures = result.failures.map(({ text, path }) => `${text}\n${path}`);
  assert.deepEqual(failures, [], 'the files above repeat the failures: node test/fuzz/run.ts --replay FILE');
  rmSync(folder, { recursive: true });
  assert.ok(result.inputs > 0);
});

test('where there are no captures, those made here hold conversations of many protocols', async () => {
  const found = await Promise.all(ownCaptures().map(({ bytes }) => conversations(bytes)));
  const protocols = new Set(found.flat().map(({ protocol }) => protocol));
  assert.deepEqual([...protocols].sort(), [
    'dhcp',
    'dhcpv6',
    'dns',
    'ftp',
    'http',
    'http2',
    'imap',
    'ntp',
    'pop3',
    'quic',
    'smtp',
    'ssh',
    'tls',
  ]);
});
