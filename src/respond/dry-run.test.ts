import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DryRunEnforcer } from './dry-run.ts';
import { decisionFor, testEnforcer } from './enforcer-compliance.ts';

testEnforcer({
  name: 'dry run',
  types: ['throttle', 'redirect', 'captcha', 'allow'],
  scopes: ['address', 'range', 'session'],
  outlives: false,
  start: async () => {
    const runs = [new DryRunEnforcer()];
    return {
      enforcer: runs[0]!,
      again: async () => {
        // What the run before held is gone with its process.
        await runs.at(-1)!.close(true);
        runs.push(new DryRunEnforcer());
        return runs.at(-1)!;
      },
      inForce: async (type) => runs.flatMap((run) => run.wouldHold(type)),
      end: async () => undefined,
    };
  },
});

test('the dry run tells each change once, and the reason on one line', async () => {
  const lines: string[] = [];
  const enforcer = new DryRunEnforcer({ tell: (line) => lines.push(line) });
  const decision = decisionFor('203.0.113.9', { reason: 'two\nlines', untilMs: Date.UTC(2100, 0, 1) });
  await enforcer.apply({ add: [decision], remove: [] });
  await enforcer.apply({ add: [decision], remove: [] });
  await enforcer.reconcile([decision]);
  await enforcer.apply({ add: [], remove: [decision, decision] });
  assert.deepEqual(lines, [
    'ban address 203.0.113.9 until 2100-01-01T00:00:00Z (two lines)',
    'lift ban address 203.0.113.9',
  ]);
});
