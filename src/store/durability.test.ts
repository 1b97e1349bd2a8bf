import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BATCH } from '../../test/support/store-appender.ts';
import { Store } from './index.ts';

const APPENDER = join(import.meta.dirname, '../../test/support/store-appender.ts');
const KILLS = 50;
/** No kill waits longer than this for the first batch. */
const PATIENCE_MS = 10_000;

test('50 kills: what was acknowledged is there exactly once', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-store-'));
  try {
    const acknowledged: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const batches = await appendUntilKilled(folder, kill * 100_000, Math.random() * 150);
      assert.ok(batches.length > 0, `nothing was acknowledged before kill ${kill}`);
      acknowledged.push(...batches);
    }
    const findings: string[] = [];
    const store = await Store.open(folder, { onFinding: (message) => findings.push(message) });
    try {
      const seen = new Map<number, number>();
      const ids = new Set<number>();
      for (const type of ['flow', 'dns']) {
        // Each run's batches have their own range of numbers, so no answer is longer than a question may ask for.
        for (const record of await everything(store, type)) {
          const id = record.flow_id as number;
          assert.ok(!ids.has(id), `record ${id} is there twice`);
          ids.add(id);
          const batch = Math.floor(id / BATCH);
          seen.set(batch, (seen.get(batch) ?? 0) + 1);
        }
      }
      for (const batch of acknowledged) assert.equal(seen.get(batch), BATCH, `batch ${batch}`);
      for (const [batch, count] of seen) assert.equal(count, BATCH, `batch ${batch} is there in part`);
      // The last batch of a run may be stored and not be acknowledged; no more than that.
      assert.ok(seen.size <= acknowledged.length + KILLS);
      assert.deepEqual(findings, []);
    } finally {
      await store.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** All records of a type, microsecond by microsecond: the batches' records have twenty different times. */
async function everything(store: Store, type: string) {
  const records = [];
  for (const day of ['2026-03-01', '2026-03-02']) {
    const base = Date.parse(`${day}T12:00:00Z`) * 1000;
    for (let us = base; us < base + 40; us++) {
      const found = await store.records(type, { sinceUs: us, untilUs: us + 1 }, 10_000);
      assert.ok(found.length < 10_000, 'more than one question can answer');
      records.push(...found);
    }
  }
  return records;
}

/** Numbers of the batches that were acknowledged until the process was killed. */
function appendUntilKilled(folder: string, first: number, delayMs: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [APPENDER, folder, String(first)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    let timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output === '') {
        clearTimeout(timer);
        timer = setTimeout(() => child.kill('SIGKILL'), delayMs);
      }
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      clearTimeout(timer);
      if (signal !== 'SIGKILL' || errors !== '') reject(new Error(`the process ended by itself: ${errors}`));
      // A line without its end was not written in full: it acknowledges nothing.
      else resolve(output.split('\n').slice(0, -1).map(Number));
    });
  });
}
