import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import type { Bus } from './bus.ts';
import { busCompliance, COMPLIANCE_QUEUE_BYTES, type Transport } from './compliance.ts';
import { IpcBus } from './ipc.ts';
import { type Port, portPair } from './port.ts';
import { Relay } from './relay.ts';
import type { Shared } from './relay-process.ts';

busCompliance('ipc', openIpc);

test('messages that make no sense are counted, and change nothing', () => {
  const relay = new Relay({ queueBytes: COMPLIANCE_QUEUE_BYTES });
  let take = (_: unknown): void => undefined;
  const sent: object[] = [];
  relay.attach({
    send: (message) => void sent.push(message),
    onMessage: (given) => {
      take = given;
    },
    onClosed: () => undefined,
  });
  const wrong: object[] = [
    { bus: 'publish' },
    { bus: 'publish', id: 1, topic: 'a\nb', batch: [], wait: false },
    { bus: 'publish', id: 1, topic: 'a', batch: [1], wait: false },
    { bus: 'subscribe', id: 1, topic: 'a', name: 'x'.repeat(65), durable: true },
    { bus: 'acknowledge', subscription: 'a', entry: 1 },
    { bus: '__proto__' },
  ];
  for (const message of wrong) take(message);
  assert.equal(relay.malformed, wrong.length);
  take({ bus: 'acknowledge', subscription: 7, entry: 9 });
  for (const other of [null, 7, 'bus', { control: 'ready' }]) take(other);
  assert.equal(relay.malformed, wrong.length);
  assert.deepEqual(sent, []);
  for (let i = 0; i < 200; i++) take({ bus: 'subscribe', id: i, topic: 'a', name: `n${i}`, durable: true });
  assert.equal(relay.statistics().subscribers.length, 64);
  for (let i = 0; i < 200; i++) take({ bus: 'publish', id: i, topic: `t${i}`, batch: ['1'], wait: false });
  assert.equal(relay.statistics().topics.length, 64);
});

test('a batch that is larger than the queue is dropped even for who waits', async () => {
  const transport = await openIpc();
  try {
    const [publisher, member] = [await transport.join(), await transport.join()];
    await member.subscribe('t', () => undefined, { name: 'm' });
    const receipt = await publisher.publish('t', ['x'.repeat(COMPLIANCE_QUEUE_BYTES)], { wait: true });
    assert.deepEqual(receipt, { accepted: 0, dropped: 1 });
  } finally {
    await transport.close();
  }
});

test('a member publishes on its own topics alone', async () => {
  const relay = new Relay({ queueBytes: COMPLIANCE_QUEUE_BYTES });
  const [theirs, ours] = portPair();
  relay.attach(ours, new Set(['records']));
  const bus = new IpcBus(theirs);
  const taken: string[] = [];
  for (const topic of ['records', 'decisions']) {
    await bus.subscribe(topic, (batch) => void taken.push(topic, ...batch), { name: topic });
  }
  await assert.rejects(bus.publish('decisions', ['{}'], { wait: true }), /nothing on decisions/);
  await bus.publish('records', ['{}'], { wait: true });
  assert.ok(await relay.drained(AbortSignal.timeout(5000)));
  assert.deepEqual(taken, ['records', '{}']);
  await bus.close();
});

/** A relay in another process; members in this one, each with its own number on the channel. */
async function openIpc(): Promise<Transport> {
  const child = fork(new URL('./relay-process.ts', import.meta.url), { serialization: 'advanced' });
  const numbers = new Map<Bus, number>();
  let next = 0;
  const leave = (member: Bus): void => {
    child.send({ member: numbers.get(member) ?? -1 } satisfies Shared);
  };
  const killed = new Set<number>();
  return {
    join: async () => {
      const member = next++;
      const port: Port = {
        send: (message) => {
          if (!killed.has(member)) child.send({ member, message } satisfies Shared);
        },
        onMessage: (take) => {
          child.on('message', (shared: Shared) => {
            if (shared.member === member && !killed.has(member)) take(shared.message);
          });
        },
        onClosed: (closed) => void child.once('disconnect', closed),
      };
      const bus = new IpcBus(port);
      numbers.set(bus, member);
      return bus;
    },
    kill: async (member) => {
      leave(member);
      killed.add(numbers.get(member) ?? -1);
    },
    close: async () => {
      if (child.exitCode === null) {
        child.disconnect();
        await once(child, 'exit');
      }
    },
  };
}
