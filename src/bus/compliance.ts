/** What every transport of the bus must do: run it against each. For tests only. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Bus, RecordBatch } from './bus.ts';

/** A bus that tests can join, and fall out of. */
export interface Transport {
  /** A new member, as of a process of its own. */
  join(): Promise<Bus>;
  /** The member's process is gone at once, without a word. */
  kill(member: Bus): Promise<void>;
  /** Ends everything. */
  close(): Promise<void>;
}

/** How much waits for each subscriber of the transports that the suite opens. */
export const COMPLIANCE_QUEUE_BYTES = 20_000;
const WAIT_MS = 5000;

/** Registers the tests for a transport, which is opened anew for each, with {@link COMPLIANCE_QUEUE_BYTES}. */
export function busCompliance(name: string, open: () => Promise<Transport>): void {
  const check = (what: string, run: (transport: Transport) => Promise<void>): void => {
    test(`${name}: ${what}`, { timeout: 3 * WAIT_MS }, async (context: TestContext) => {
      const transport = await open();
      context.after(() => transport.close());
      await run(transport);
    });
  };

  check('batches come whole and in order, to every subscriber of the topic and to no other', async (bus) => {
    const [publisher, first, second] = [await bus.join(), await bus.join(), await bus.join()];
    const got: string[][] = [[], [], []];
    await first.subscribe('a', (batch) => void got[0]?.push(...batch), { name: 'one' });
    await second.subscribe('a', (batch) => void got[1]?.push(...batch), { name: 'two' });
    await second.subscribe('b', (batch) => void got[2]?.push(...batch), { name: 'two' });
    const lines = Array.from({ length: 40 }, (_, i) => `{"n":${i},"text":"wéir\u2028"}`);
    for (let i = 0; i < 40; i += 2) await publisher.publish('a', lines.slice(i, i + 2), { wait: true });
    await until(() => got[0]?.length === 40 && got[1]?.length === 40);
    assert.deepEqual(got, [lines, lines, []]);
  });

  check('what nobody has subscribed to is counted', async (bus) => {
    const member = await bus.join();
    assert.deepEqual(await member.publish('nobody', ['1', '2']), { accepted: 0, dropped: 0 });
    const { topics } = await member.statistics();
    assert.deepEqual(topics, [{ topic: 'nobody', batches: 1, records: 2, unclaimed: 2 }]);
  });

  check(
    'a slow subscriber loses what does not fit, counted by topic and name; a quick one nothing',
    async (bus) => {
      const [publisher, slow, quick] = [await bus.join(), await bus.join(), await bus.join()];
      const gate = Promise.withResolvers<void>();
      const got = { slow: 0, quick: 0 };
      await slow.subscribe(
        't',
        async (batch) => {
          await gate.promise;
          got.slow += batch.length;
        },
        { name: 'slow' },
      );
      await quick.subscribe(
        't',
        (batch) => {
          got.quick += batch.length;
        },
        { name: 'quick' },
      );
      let dropped = 0;
      for (let i = 0; i < 50; i++) {
        const receipt = await publisher.publish('t', line(1000));
        dropped += receipt.dropped;
        await until(() => got.quick === i + 1);
      }
      assert.ok(dropped > 20 && dropped < 50, `${dropped} dropped`);
      const { subscribers } = await publisher.statistics();
      const one = subscribers.find(({ name: who }) => who === 'slow');
      assert.equal(one?.topic, 't');
      assert.equal(one?.dropped, dropped);
      assert.ok((one?.queuedBytes ?? 0) <= COMPLIANCE_QUEUE_BYTES && (one?.queuedBytes ?? 0) > 15_000);
      assert.equal(subscribers.find(({ name: who }) => who === 'quick')?.dropped, 0);
      gate.resolve();
      await until(() => got.slow === 50 - dropped);
    },
  );

  check('who waits is held back by a full queue, and loses nothing', async (bus) => {
    const [publisher, slow] = [await bus.join(), await bus.join()];
    const gate = Promise.withResolvers<void>();
    const got: string[] = [];
    await slow.subscribe(
      't',
      async (batch) => {
        await gate.promise;
        got.push(...batch);
      },
      { name: 'slow' },
    );
    let accepted = 0;
    const all = Array.from({ length: 60 }, (_, i) =>
      publisher.publish('t', line(1000, i), { wait: true }).then((receipt) => {
        accepted += receipt.accepted;
      }),
    );
    await until(() => accepted > 10);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(accepted < 30, `${accepted} were accepted while nobody took them`);
    gate.resolve();
    await Promise.all(all);
    await until(() => got.length === 60);
    assert.deepEqual(
      got,
      Array.from({ length: 60 }, (_, i) => line(1000, i)[0]),
    );
  });

  check('a batch comes again when its handler throws', async (bus) => {
    const [publisher, member] = [await bus.join(), await bus.join()];
    const got: RecordBatch[] = [];
    await member.subscribe(
      't',
      (batch) => {
        got.push(batch);
        if (got.length === 1) throw new Error('the disk is full');
      },
      { name: 'm' },
    );
    await publisher.publish('t', ['1']);
    await publisher.publish('t', ['2']);
    await until(() => got.length === 3);
    assert.deepEqual(got, [['1'], ['1'], ['2']]);
  });

  check(
    'a durable subscriber that is killed gets again what it had not acknowledged, and the rest',
    async (bus) => {
      const [publisher, before] = [await bus.join(), await bus.join()];
      const done: string[] = [];
      await before.subscribe(
        't',
        async (batch) => {
          if (done.length === 2) await new Promise(() => undefined);
          done.push(...batch);
        },
        { name: 'hub', durable: true },
      );
      for (const text of ['1', '2', '3']) await publisher.publish('t', [text]);
      await until(async () => (await acknowledged(publisher, 'hub')) === 2);
      await bus.kill(before);
      for (const text of ['4', '5']) await publisher.publish('t', [text]);
      const again: string[] = [];
      const after = await bus.join();
      await after.subscribe('t', (batch) => void again.push(...batch), { name: 'hub', durable: true });
      await until(() => again.length === 3);
      assert.deepEqual(
        [done, again],
        [
          ['1', '2'],
          ['3', '4', '5'],
        ],
      );
      await until(async () => (await acknowledged(publisher, 'hub')) === 5);
    },
  );

  check('a name is taken once; it is free when its subscription is closed', async (bus) => {
    const [first, second] = [await bus.join(), await bus.join()];
    const subscription = await first.subscribe('t', () => undefined, { name: 'hub' });
    await assert.rejects(
      second.subscribe('t', () => undefined, { name: 'hub' }),
      { name: 'BusError' },
    );
    await subscription.close();
    await second.subscribe('t', () => undefined, { name: 'hub' });
  });

  check('closing finishes the batch at hand; afterwards nothing is possible', async (bus) => {
    const [publisher, member] = [await bus.join(), await bus.join()];
    let begun = false;
    let ended = false;
    await member.subscribe(
      't',
      async () => {
        begun = true;
        await new Promise((resolve) => setTimeout(resolve, 50));
        ended = true;
      },
      { name: 'm' },
    );
    await publisher.publish('t', ['1']);
    await until(() => begun);
    await member.close();
    assert.ok(ended);
    await assert.rejects(member.publish('t', ['2']), { name: 'BusError' });
    await assert.rejects(
      member.subscribe('t', () => undefined, { name: 'x' }),
      { name: 'BusError' },
    );
  });
}

async function acknowledged(member: Bus, name: string): Promise<number> {
  const { subscribers } = await member.statistics();
  return subscribers.find((one) => one.name === name)?.acknowledged ?? 0;
}

function line(length: number, number = 0): string[] {
  return [`${number}`.padEnd(length, '.')];
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + WAIT_MS; !(await condition()); ) {
    assert.ok(Date.now() < end, 'it did not come to that in time');
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
