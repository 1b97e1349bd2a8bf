import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { linesOfDnsVersion2 } from '../output/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const CAPTURES = join(ROOT, 'demo/captures');

function read(...options: readonly string[]) {
  const args = ['src/cli/main.ts', 'read', CAPTURES, '-q', '--no-ndpi', '--eve', '-', ...options];
  return spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 26 });
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').slice(0, -1);
}

/** Records without the number of their flow, which begins with another seed each time. */
function recordsOf(lines: readonly string[]) {
  return lines.map((line) => {
    const { flow_id: _id, ...record } = JSON.parse(line) as Record<string, unknown>;
    return record as { readonly event_type: string; readonly dns?: Readonly<Record<string, unknown>> };
  });
}

test('--eve-dns-version 2 gives a record to each question and each answer', () => {
  const types = ['--eve-types', 'dns,mdns,http'];
  const now = linesOf(read(...types).stdout);
  const { stdout, status } = read(...types, '--eve-dns-version', '2');
  assert.equal(status, 0);
  const records = recordsOf(linesOf(stdout));
  const kinds = new Set(records.map(({ dns }) => dns?.type));
  assert.deepEqual([...kinds].sort(), ['answer', 'query', undefined]);
  for (const { event_type, dns } of records) assert.equal(dns?.version, event_type === 'dns' ? 2 : undefined);
  // What is made of the lines of version 3, as `weir up` does it, is the same.
  assert.deepEqual(recordsOf(linesOfDnsVersion2(now)), records);
});

test('there is no other version', () => {
  const { status, stderr } = read('--eve-dns-version', '1');
  assert.equal(status, 2);
  assert.match(stderr, /--eve-dns-version takes 2, 3, not '1'/);
});
