import type { Correlation } from '../correlate/record/index.ts';
import { terminalJson } from '../mitm/waf/terminal-text.ts';

/** Correlations that come with the newest first, as dpi-dual's file has them: a line for each, the newest last. */
export function correlationLines(newestFirst: readonly Correlation[]): string {
  return newestFirst
    .toReversed()
    .map((one) => `${terminalJson(one, 0)}\n`)
    .join('');
}
