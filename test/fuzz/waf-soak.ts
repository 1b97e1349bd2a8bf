import { setTimeout as sleep } from 'node:timers/promises';
import { WafPool } from '../../src/mitm/waf/pool/index.ts';
import { CORPUS } from '../support/corpus.ts';
import { Random } from './random.ts';
import { request } from './waf-requests.ts';

/** What many requests did to a pool. */
export interface WafSoakResult {
  readonly requests: number;
  readonly denied: number;
  readonly unjudged: number;
  readonly microseconds: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Resident memory of the process, once the pool had run in, and the most after that. */
  readonly settledBytes: number;
  readonly mostBytes: number;
  /** Heap of each worker, when its rules were loaded. */
  readonly workerBytes: readonly number[];
}

const AT_ONCE = 32;
/** What memory may grow by once a pool has run in. */
export const MOST_SOAK_GROWTH = 160 << 20;

/** Gives mixed requests to a pool with the Core Rule Set; every tenth has an answer, every tenth waits for one. */
export async function soakWaf(requests: number, workers: number, seed: number): Promise<WafSoakResult> {
  const pool = await WafPool.start({
    workers,
    local: true,
    sources: [
      { kind: 'file', path: `${CORPUS}/crs/crs-setup.conf.example` },
      { kind: 'text', name: 'soak', text: `SecRuleEngine On\nInclude ${CORPUS}/crs/rules/*.conf` },
    ],
    deadlineMs: 20_000,
    budgetMs: 10_000,
    keptMost: 64,
  });
  const random = new Random(seed);
  const response = {
    status: 200,
    protocol: 'HTTP/1.1',
    headers: [['Content-Type', 'text/html']],
    body: '<html>You have an error in your SQL syntax</html>',
  } as const;
  const ask = async (): Promise<void> => {
    const each = request(random);
    switch (random.below(10)) {
      case 0:
        await pool.inspect(each, response);
        return;
      case 1: {
        const begun = await pool.begin(each);
        if (!random.once(3)) await begun.response(response);
        return;
      }
      default:
        await pool.inspect(each);
    }
  };
  try {
    let settledBytes = 0;
    let mostBytes = 0;
    for (let done = 0; done < requests; done += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, ask));
      // The collectors of the workers have run in when a third is done.
      const { rss } = process.memoryUsage();
      if (done < requests / 3) settledBytes = Math.max(settledBytes, rss);
      else mostBytes = Math.max(mostBytes, rss);
    }
    await sleep(0);
    const { inspected, denied, unjudged, refused, microseconds } = pool.statistics;
    return {
      requests: inspected,
      denied,
      unjudged: unjudged + refused,
      microseconds,
      settledBytes,
      mostBytes,
      workerBytes: pool.loaded.map(({ heapBytes }) => heapBytes),
    };
  } finally {
    await pool.close();
  }
}
