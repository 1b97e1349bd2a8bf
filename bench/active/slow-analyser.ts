import type { Analyser, Analysis } from '../../src/mitm/buffer/index.ts';

/** How slow the analyser of the benchmark is. */
export interface SlowAnalyserOptions {
  /** CPU time of each analysis in milliseconds. */
  readonly busyMs: number;
}

const NOTHING: Analysis = { findings: [], score: 0, categories: [] };

/** An analyser that computes for as long as it is told, and finds nothing. */
export async function createAnalyser({ busyMs }: SlowAnalyserOptions): Promise<Analyser> {
  return {
    async analyse(): Promise<Analysis> {
      const { user, system } = process.threadCpuUsage();
      for (;;) {
        const now = process.threadCpuUsage();
        if (now.user + now.system - user - system >= busyMs * 1000) return NOTHING;
      }
    },
    statistics: () => ({}),
    async close() {},
  };
}
