import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadTrial } from './given-rules.ts';
import { TrialError, tryRules } from './index.ts';

const REQUEST = 'GET /?a=1 HTTP/1.1\nHost: a.example\n\n';
const CLIENT = '192.0.2.1';

test('given rules reach no files, by no way', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-trial-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const own = join(folder, 'own.conf');
  writeFileSync(own, 'SecRule ARGS "@pmFromFile words.data" "id:10,phase:1,deny"\n');
  writeFileSync(join(folder, 'words.data'), 'evil\n');
  symlinkSync('/etc/passwd', join(folder, 'link.data'));
  // Rules of the configuration read their own lists.
  assert.equal(loadTrial({ files: [own], text: 'SecAction "id:11,phase:1,pass"' }).rules.count, 4);
  for (const text of [
    `SecRule ARGS "@pmFromFile ${folder}/words.data" "id:12,phase:1,deny"`,
    `SecRule ARGS "@pmFromFile ${folder}/link.data" "id:12,phase:1,deny"`,
    `SecRule ARGS "@pmFromFile ${folder}/../../etc/passwd" "id:12,phase:1,deny"`,
    `Include ${own}`,
    `Include ${folder}/*.conf`,
    'SecRule ARGS "@rx a" "id:12,phase:1,deny,chain"\nSecRule ARGS "@ipMatchFromFile /etc/hosts" "t:none"',
  ]) {
    assert.throws(() => loadTrial({ files: [own], text }), /read no files/, text);
    assert.throws(() => loadTrial({ text }), /read no files/, text);
  }
});

test('a trial ends in bounded time, and says what is wrong with a request', async () => {
  const rules = { text: 'SecRule ARGS "@rx 1" "id:1,phase:1,deny"' };
  const late = tryRules({ kind: 'test', request: REQUEST, client: CLIENT, rules }, 1);
  await assert.rejects(late, (error) => error instanceof TrialError && /given up/.test(error.message));
  const answer = await tryRules({ kind: 'test', request: '?', client: CLIENT, rules });
  assert.ok(answer.kind === 'refused' && /^request:1: /.test(answer.reason), JSON.stringify(answer));
});
