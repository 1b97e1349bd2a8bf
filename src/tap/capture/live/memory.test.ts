import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { Running } from '../../../../test/support/running.ts';
import { kernelAddon } from '../../../native/index.ts';

const MODULE = new URL('./memory.ts', import.meta.url);
const MEGABYTE = 1e6;

/** What a process says of itself at its beginning, and once its memory was looked at. */
interface Figures {
  /** Bytes of JavaScript's heap. */
  readonly heap: number;
  /** Resident pages of files, kB: those of the program above all. */
  readonly files: number;
}

/** Runs a program that leaves garbage of 20 MB among its old objects. `busy`: what it says when it is asked. */
async function figuresOf(busy: boolean, ...flags: readonly string[]): Promise<[Figures, Figures]> {
  const program = `
    import { readFileSync } from 'node:fs';
    import { getHeapStatistics } from 'node:v8';
    import { keepMemorySmall } from ${JSON.stringify(MODULE.href)};
    const figures = () => ({
      heap: getHeapStatistics().total_heap_size,
      files: Number(/^RssFile:\\s+(\\d+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1]),
    });
    let garbage = Array.from({ length: 400_000 }, (_, i) => ({ i }));
    const before = figures();
    garbage = undefined;
    const end = keepMemorySmall(() => ${busy}, { settledMs: 100, againMs: 300 });
    setTimeout(() => { end(); console.log(JSON.stringify([before, figures()])); }, 400);
  `;
  const args = ['--disable-warning=ExperimentalWarning', ...flags, '--input-type=module', '-e', program];
  const running = new Running(spawn(process.execPath, args));
  const { code, stdout, stderr } = await running.ended;
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as [Figures, Figures];
}

test('memory that a process needs no more goes back, garbage only when there is time for it', {
  skip: process.platform === 'linux' ? false : 'needs /proc',
  timeout: 30_000,
}, async (t) => {
  const [idle, busy, without] = await Promise.all([
    figuresOf(false, '--expose-gc'),
    figuresOf(true, '--expose-gc'),
    figuresOf(false),
  ]);
  for (const [before, after] of [busy, without]) assert.ok(after.heap > before.heap - 5 * MEGABYTE);
  const [before, after] = idle;
  assert.ok(after.heap < before.heap - 10 * MEGABYTE, `${before.heap} to ${after.heap}`);
  if (kernelAddon() === undefined) return t.diagnostic('without the addon the program stays as it is');
  for (const [early, late] of [idle, busy, without]) {
    assert.ok(late.files < early.files / 2, `pages of files: ${early.files} to ${late.files} kB`);
  }
});
