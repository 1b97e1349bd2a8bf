/**
 * An enforcer that runs by itself in a namespace and does what lines of JSON on standard input say; its options are the
 * argument. Answers with lines `{ id, result }`, or `{ id, error }`.
 */
import { createInterface } from 'node:readline';
import type { Decision } from '../../event/index.ts';
import { NftablesEnforcer, type NftablesOptions } from './index.ts';

/** What it is told to do. */
export type EnforcerCommand =
  | { readonly op: 'reconcile'; readonly decisions: readonly Decision[] }
  | { readonly op: 'apply'; readonly add?: readonly Decision[]; readonly remove?: readonly Decision[] }
  | { readonly op: 'cut'; readonly decision: Decision }
  | { readonly op: 'close'; readonly keep: boolean }
  | { readonly op: 'statistics' };

function act(enforcer: NftablesEnforcer, command: EnforcerCommand): unknown {
  switch (command.op) {
    case 'reconcile':
      return enforcer.reconcile(command.decisions);
    case 'apply':
      return enforcer.apply({ add: command.add ?? [], remove: command.remove ?? [] });
    case 'cut':
      return enforcer.cut(command.decision);
    case 'close':
      return enforcer.close(command.keep);
    case 'statistics':
      return enforcer.statistics();
  }
}

if (import.meta.main) {
  const enforcer = new NftablesEnforcer(JSON.parse(process.argv[2] ?? '{}') as NftablesOptions);
  createInterface({ input: process.stdin })
    .on('line', async (line) => {
      const { id, command } = JSON.parse(line) as { readonly id: number; readonly command: EnforcerCommand };
      try {
        process.stdout.write(`${JSON.stringify({ id, result: (await act(enforcer, command)) ?? null })}\n`);
      } catch (error) {
        process.stdout.write(`${JSON.stringify({ id, error: String(error) })}\n`);
      }
    })
    .on('close', () => process.exit(0));
  process.stdout.write(`${JSON.stringify({ id: 0, result: true })}\n`);
}
