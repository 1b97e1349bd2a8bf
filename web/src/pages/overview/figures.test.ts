import assert from 'node:assert/strict';
import { test } from 'node:test';
import { processHealth } from './figures.ts';

test('each process has its queues, the fullest counts', () => {
  const process = { name: 'hub', state: 'running', residentBytes: 5, restarts: 1 } as const;
  const queue = (name: string, bytes: number, dropped: number) => ({ name, bytes, limitBytes: 100, dropped });
  const [hub, api] = processHealth({
    processes: [process, { ...process, name: 'api', cpu: 0.5 }],
    queues: [queue('hub: records', 10, 2), queue('hub: marks', 40, 3), queue('hubble: records', 99, 9)],
  });
  assert.equal(hub?.queueShare, 0.4);
  assert.equal(hub?.dropped, 5);
  assert.deepEqual(hub?.queues, ['records: 10 % full, 2 dropped', 'marks: 40 % full, 3 dropped']);
  assert.equal(api?.queueShare, undefined);
  assert.equal(api?.dropped, 0);
});
