import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '../../..');
const CAPTURE = join(ROOT, 'demo/captures/campus-1.pcap');
const PATIENCE_MS = 60_000;

test('the EVE file has the version of DNS records that it is to have', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-eve-dns-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'weir.yaml');
  const eve = join(folder, 'eve.json');
  const user = process.getuid?.() === 0 ? 'root' : 'auto';
  writeFileSync(
    file,
    `outputs: {eve: {file: ${eve}, dnsVersion: 2}}
store: {enabled: false}
lan: {enabled: false}
api: {enabled: false}
control: {folder: ${folder}/run}
privileges: {user: ${user}}
`,
  );
  const args = ['src/cli/main.ts', 'up', '--config', file, '--capture', CAPTURE, '--once'];
  const options = { cwd: ROOT, encoding: 'utf8', timeout: PATIENCE_MS } as const;
  const { status, stderr } = spawnSync(process.execPath, args, options);
  assert.equal(status, 0, stderr);
  const records = readFileSync(eve, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as { readonly event_type: string; readonly dns?: { version: number } });
  const versions = records.flatMap(({ dns }) => (dns === undefined ? [] : [dns.version]));
  assert.ok(versions.length > 1);
  assert.deepEqual([...new Set(versions)], [2]);
  assert.ok(records.some(({ event_type }) => event_type === 'flow'));
});
