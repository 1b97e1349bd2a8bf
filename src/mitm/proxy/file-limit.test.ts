import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileLimit, fileLimitProblem, neededFiles, parseFileLimit } from './file-limit.ts';
import { DEFAULT_LIMITS } from './limits.ts';

const PROBLEM = `
  import { fileLimit, fileLimitProblem } from ${JSON.stringify(new URL('./file-limit.ts', import.meta.url).href)};
  console.log(JSON.stringify([fileLimit(), fileLimitProblem({ connections: 1000, upstream: 500 })]));
`;

/** What a process says that was started with such a limit. */
function under(limit: number): readonly [{ soft: number; hard: number }, string] {
  const script = `ulimit -n ${limit} && exec "$0" --input-type=module -e "$1"`;
  const { stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, PROBLEM], { encoding: 'utf8' });
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as [{ soft: number; hard: number }, string];
}

test('the limit is read as the kernel writes it', () => {
  const text =
    'Limit                     Soft Limit           Hard Limit           Units     \n' +
    'Max processes             unlimited            96397                processes \n' +
    'Max open files            1024                 524288               files     \n';
  assert.deepEqual(parseFileLimit(text), { soft: 1024, hard: 524_288 });
  const unlimited = parseFileLimit(text.replace('1024  ', 'unlimited').replace('524288', 'unlimited'));
  assert.deepEqual(unlimited, { soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY });
  assert.equal(parseFileLimit('Max processes 1 2 processes\n'), undefined);
});

test('that of this process is known', { skip: process.platform !== 'linux' && 'needs /proc' }, () => {
  const limit = fileLimit();
  assert.ok(limit !== undefined && limit.soft > 0 && limit.hard >= limit.soft);
});

test('a process that may open too few says so, with what to do', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, () => {
  const [few, problem] = under(300);
  assert.deepEqual(few, { soft: 300, hard: 300 });
  assert.match(problem, /^300 files may be open at once.*1000 clients, 500 connections.*'ulimit -n 1628'/);
  const [enough, none] = under(1628);
  assert.deepEqual([enough.soft, none], [1628, '']);
});

test('every connection of the limits needs a file, and some are needed besides', () => {
  assert.ok(neededFiles(DEFAULT_LIMITS) > DEFAULT_LIMITS.connections + DEFAULT_LIMITS.upstream);
  assert.equal(fileLimitProblem(DEFAULT_LIMITS, { soft: neededFiles(DEFAULT_LIMITS), hard: 1 }), '');
  assert.notEqual(fileLimitProblem(DEFAULT_LIMITS, { soft: neededFiles(DEFAULT_LIMITS) - 1, hard: 1 }), '');
});
