import { setTimeout as sleep } from 'node:timers/promises';
import type { Analyser, Analysis } from './analysis.ts';

/** How the analyser of the tests behaves. */
export interface TestAnalyserOptions {
  /** Milliseconds that each analysis waits. */
  readonly delayMs?: number;
  /** Why it cannot be made. */
  readonly refusal?: string;
}

const COMPUTE_US = 20_000;

function compute(): void {
  const { user } = process.threadCpuUsage();
  while (process.threadCpuUsage().user - user < COMPUTE_US);
}

/**
 * An analyser for tests: what holds `evil` is an attack; `/fail` is a fault, `/die` ends the thread, `/hang` never
 * gives the thread back, `/late` never answers, `/compute` takes some time of a processor.
 */
export async function createAnalyser(options: TestAnalyserOptions = {}): Promise<Analyser> {
  if (options.refusal !== undefined) throw new Error(options.refusal);
  let seen = 0;
  return {
    async analyse({ request }): Promise<Analysis> {
      seen++;
      if (options.delayMs !== undefined) await sleep(options.delayMs);
      if (request.target === '/fail') throw new Error('this one is too much');
      if (request.target === '/die') process.exit(3);
      if (request.target === '/late') await new Promise<never>(() => {});
      while (request.target === '/hang');
      if (request.target === '/compute') compute();
      if (!request.target.includes('evil') && !request.body.includes('evil')) {
        return { findings: [], score: 0, categories: [] };
      }
      const reason = `${request.method} holds evil`;
      return {
        findings: [{ kind: 'waf', category: 'sqli', score: 70, reason, ruleIds: [942100] }],
        score: 70,
        categories: ['sqli'],
      };
    },
    statistics: () => ({ seen }),
    async close() {},
  };
}
