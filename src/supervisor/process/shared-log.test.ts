import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { OutputError } from '../../output/index.ts';
import { setAsideLogs } from './earlier-logs.ts';
import { SharedLog } from './shared-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-shared-log-'));
after(() => rmSync(folder, { recursive: true }));

const HEAD = '#separator \\x09\n#fields\tts\n';

test('several write whole lines to one file, under one head', () => {
  const path = join(folder, 'conn.log');
  const logs = [1, 2, 3].map(() => new SharedLog(path));
  const lines: string[] = [];
  for (let i = 0; i < 3000; i++) {
    const log = logs[i % 3] ?? assert.fail();
    if (i < 3) log.write(HEAD);
    const line = `${i}\t${'x'.repeat(i % 200)}\n`;
    lines.push(line);
    log.write(line);
    if (i % 70 === 0) log.flush();
  }
  for (const log of logs) {
    log.write('#close\t2026\n');
    log.close();
  }
  const text = readFileSync(path, 'utf8');
  assert.ok(text.startsWith(HEAD));
  const written = text.slice(HEAD.length).split(/(?<=\n)/);
  assert.deepEqual(written.toSorted(), lines.toSorted());
  assert.deepEqual(readdirSync(folder), ['conn.log']);
});

test('without a line there is no file', () => {
  const log = new SharedLog(join(folder, 'dns.log'));
  log.write(HEAD);
  log.close();
  assert.ok(!readdirSync(folder).includes('dns.log'));
});

test('a folder that is gone and a link in place of the file are errors', () => {
  const lost = new SharedLog(join(folder, 'none/conn.log'));
  lost.write('1\n');
  assert.throws(() => lost.flush(), OutputError);
  symlinkSync(join(folder, 'target'), join(folder, 'link.log'));
  const link = new SharedLog(join(folder, 'link.log'));
  link.write('1\n');
  assert.throws(() => link.flush(), OutputError);
});

test("logs of before get another name; what is no log of Zeek's stays", () => {
  writeFileSync(join(folder, 'http.log'), '{"ts":1}\n');
  writeFileSync(join(folder, 'messages.log'), 'hello\n');
  writeFileSync(join(folder, 'empty.log'), '');
  setAsideLogs(folder);
  const names = readdirSync(folder);
  assert.ok(!names.includes('conn.log') && !names.includes('http.log'), `${names}`);
  assert.equal(names.filter((name) => /^(conn|http)\.\d{4}-\d\d-\d\d-.*\.log$/.test(name)).length, 2);
  for (const name of ['messages.log', 'empty.log', 'link.log']) assert.ok(names.includes(name), name);
  setAsideLogs(folder);
  assert.deepEqual(readdirSync(folder), names);
});
