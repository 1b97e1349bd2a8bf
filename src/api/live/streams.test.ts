import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { PrefixSet } from '../../net/index.ts';
import { parseQuery } from '../../query/index.ts';
import { LiveFeed } from './feed.ts';
import { type FilterWish, filterOf } from './filter.ts';
import { parsePosition } from './frame.ts';
import { MOST_QUEUED } from './stream.ts';
import { Streams, type StreamWish } from './streams.ts';

const ALL: StreamWish = {
  key: 'all',
  filter: filterOf({}),
  rate: Number.POSITIVE_INFINITY,
  last: 0,
  after: undefined,
  status: false,
  address: '127.0.0.1',
};

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

/** Streams behind a real server. */
class Door {
  readonly feed: LiveFeed;
  readonly streams: Streams;
  private readonly server: Server;
  private readonly wishes = new Map<string, StreamWish>();

  constructor(context: TestContext, feed = new LiveFeed(), server?: Server) {
    this.feed = feed;
    this.streams = new Streams(feed, async () => '{"state":"running"}', assert.fail);
    this.server =
      server ??
      createServer((request, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        this.streams.add(response, this.wishes.get(request.url ?? '') ?? ALL);
      });
    context.after(async () => {
      await this.streams.close();
      this.server.closeAllConnections();
      this.server.close();
    });
  }

  async listen(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  async read(wish: Partial<StreamWish> = {}): Promise<Reading> {
    const path = `/${this.wishes.size}`;
    this.wishes.set(path, { ...ALL, key: JSON.stringify([wish.rate, wish.key]), ...wish });
    const { port } = this.server.address() as AddressInfo;
    const [response] = await once(get({ port, path, host: '127.0.0.1' }), 'response');
    return new Reading(response);
  }

  record(fields: object, count = 1): void {
    const batch = Array.from({ length: count }, (_, at) => {
      const record = { event_type: 'flow', at, ...fields };
      return { record, line: JSON.stringify(record) };
    });
    this.feed.take(batch);
  }
}

/** What a client reads. */
class Reading {
  readonly events: Event[] = [];
  ended = false;
  readonly response: IncomingMessage;
  private text = '';

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8').on('data', (text: string) => this.take(text));
    response.on('end', () => {
      this.ended = true;
    });
    response.on('error', () => undefined);
  }

  private take(text: string): void {
    const blocks = (this.text + text).split('\n\n');
    this.text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => {
          const colon = line.indexOf(': ');
          return [line.slice(0, colon), line.slice(colon + 2)];
        }),
      );
      if (fields.data === undefined) continue;
      this.events.push({ id: fields.id ?? '', event: fields.event ?? '', data: JSON.parse(fields.data) });
    }
  }

  of(event: string): Event[] {
    return this.events.filter((one) => one.event === event);
  }

  get numbers(): (number | undefined)[] {
    return this.of('record').map(({ id }) => parsePosition(id)?.id);
  }

  get missed(): unknown[] {
    return this.of('missed').map(({ data }) => data);
  }

  async until(holds: () => boolean): Promise<void> {
    for (let left = 1000; !holds(); left--) {
      assert.ok(left > 0, `waited in vain: ${JSON.stringify(this.events.slice(-3)).slice(0, 300)}`);
      await wait(10);
    }
  }
}

const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('records reach who wants them, each with its number', async (context) => {
  const door = await new Door(context).listen();
  const all = await door.read();
  const alerts = await door.read({
    key: 'alerts',
    filter: filterOf({ types: new Set(['alert']) }),
  });
  door.record({ text: 'a\nb' });
  door.record({ event_type: 'alert' });
  door.record({ event_type: 'flow_progress' });
  await all.until(() => all.events.length === 2);
  await alerts.until(() => alerts.events.length === 1);
  assert.deepEqual(all.numbers, [1, 2]);
  assert.deepEqual(alerts.events[0], {
    id: `${door.feed.epoch}-2`,
    event: 'record',
    data: { event_type: 'alert', at: 0 },
  });
});

test('who comes back goes on where it was, without gap or repeat, also while records come', async (context) => {
  const door = await new Door(context).listen();
  door.record({}, 1000);
  const reading = await door.read({ after: { epoch: door.feed.epoch, id: 400 } });
  for (let i = 0; i < 10; i++) {
    door.record({}, 10);
    await wait(1);
  }
  await reading.until(() => reading.numbers.length >= 700);
  await wait(30);
  assert.deepEqual(reading.numbers, upTo(401, 1100));
  assert.deepEqual(reading.missed, []);
});

test('what is no longer kept, and another life of the API, are told as missed', async (context) => {
  const door = await new Door(context, new LiveFeed(100)).listen();
  door.record({}, 101);
  const { records, missed } = door.feed.after(10);
  assert.ok(missed > 0);
  const late = await door.read({ after: { epoch: door.feed.epoch, id: 10 } });
  const stranger = await door.read({ after: { epoch: 'before', id: 5000 } });
  const liar = await door.read({ after: { epoch: door.feed.epoch, id: 5000 } });
  await late.until(() => late.numbers.length === records.length);
  await stranger.until(() => stranger.numbers.length === records.length);
  assert.deepEqual(late.missed, [{ count: missed, why: 'gone' }]);
  assert.deepEqual(stranger.missed, [
    { count: 0, why: 'restarted' },
    { count: missed + 10, why: 'gone' },
  ]);
  assert.equal(late.events[0]?.event, 'missed', 'before the records that follow');
  door.record({});
  await liar.until(() => liar.numbers.length === 1);
  assert.deepEqual(liar.numbers, [102]);
});

test('the newest records come first where that is wanted', async (context) => {
  const door = await new Door(context).listen();
  door.record({}, 20);
  door.record({ event_type: 'alert' });
  door.record({}, 3);
  const filter = filterOf({ types: new Set(['flow']) });
  const reading = await door.read({ last: 5, filter, key: 'flows' });
  await reading.until(() => reading.numbers.length === 5);
  assert.deepEqual(reading.numbers, [19, 20, 22, 23, 24]);
});

test('more than a queue holds comes whole to who comes back', async (context) => {
  const door = await new Door(context).listen();
  door.record({ text: 'x'.repeat(1000) }, 6000);
  const reading = await door.read({ after: { epoch: door.feed.epoch, id: 0 } });
  await reading.until(() => reading.numbers.length === 6000);
  assert.deepEqual(reading.numbers, upTo(1, 6000));
  assert.deepEqual(reading.missed, []);
});

test('one who does not read misses records and is told how many; the others get all', async (context) => {
  const door = await new Door(context).listen();
  const slow = await door.read();
  const quick = await door.read();
  slow.response.pause();
  slow.response.socket.pause();
  let highest = 0;
  for (let i = 0; i < 300; i++) {
    door.record({ text: 'x'.repeat(1000) }, 100);
    highest = Math.max(highest, door.streams.statistics().queuedBytes);
    await wait(0);
    if (i % 10 === 0) await quick.until(() => quick.numbers.length === 100 * (i + 1));
  }
  await quick.until(() => quick.numbers.length === 30_000);
  assert.deepEqual(quick.missed, []);
  assert.ok(highest <= 3 * MOST_QUEUED, `${highest} bytes waited`);
  slow.response.socket.resume();
  slow.response.resume();
  await slow.until(() => slow.missed.length > 0);
  door.record({});
  await slow.until(() => slow.numbers.at(-1) === 30_001);
  const missed = slow.missed as { readonly count: number; readonly why: string }[];
  assert.ok(missed.every(({ why }) => why === 'slow'));
  assert.equal(slow.numbers.length + missed.reduce((sum, { count }) => sum + count, 0), 30_001);
});

test('more than the rate is counted, not sent', async (context) => {
  const door = await new Door(context).listen();
  const reading = await door.read({ rate: 10 });
  door.record({}, 100);
  await reading.until(() => reading.missed.length > 0);
  assert.equal(reading.numbers.length, 10);
  assert.deepEqual(reading.missed, [{ count: 90, why: 'sampled' }]);
});

test('there are so many different filters at most', async (context) => {
  const door = await new Door(context).listen();
  await Promise.all(
    Array.from({ length: 64 }, (_, at) => door.read({ key: `${at}`, address: `192.0.2.${at}` })),
  );
  assert.throws(() => door.streams.admit('127.0.0.1', 'another'), { status: 429 });
  door.streams.admit('127.0.0.1', '0');
});

test('filters go by type, by address and by question', () => {
  const { set: addresses } = PrefixSet.parse(['10.0.0.0/8', '2001:db8::1']);
  const record = {
    event_type: 'dns',
    src_ip: '2001:0db8:0000:0000:0000:0000:0000:0001',
    dest_ip: '192.0.2.1',
    dest_port: 53,
  };
  const one = { id: 1, type: 'dns', line: JSON.stringify(record), record };
  const passes = (wish: FilterWish): boolean => filterOf(wish)(one);
  assert.ok(passes({ types: new Set(['dns', 'tls']), addresses }));
  assert.ok(!passes({ types: new Set(['tls']), addresses }));
  assert.ok(!passes({ addresses: PrefixSet.parse(['192.0.2.2']).set }));
  assert.ok(passes({ condition: parseQuery('port:53 not 10.1.2.3') }));
  assert.ok(!passes({ condition: parseQuery('port:54') }));
});

test('figures come each second, with the place that is reached', async (context) => {
  const door = await new Door(context).listen();
  const reading = await door.read({ status: true });
  const other = await door.read();
  door.record({ event_type: 'flow_progress' }, 7);
  await reading.until(() => reading.of('status').length === 2);
  assert.deepEqual(reading.of('status')[1], {
    id: `${door.feed.epoch}-7`,
    event: 'status',
    data: { state: 'running' },
  });
  assert.equal(other.events.length, 0);
});

test('one address has so many readers at most, and all end when the API does', async (context) => {
  const door = await new Door(context).listen();
  const readings = await Promise.all(Array.from({ length: 64 }, () => door.read()));
  assert.throws(() => door.streams.admit('127.0.0.1', 'all'), { status: 429 });
  door.streams.admit('192.0.2.1', 'all');
  readings[0]?.response.destroy();
  const [, second] = readings;
  await second?.until(() => door.streams.statistics().readers === 63);
  door.streams.admit('127.0.0.1', 'all');
  door.record({});
  await door.streams.close();
  await second?.until(() => readings.slice(1).every(({ ended, numbers }) => ended && numbers.length === 1));
  assert.equal(door.streams.statistics().readers, 0);
  assert.throws(() => door.streams.admit('192.0.2.1', 'all'), { status: 503 });
});

test('a reader that fails is told of and left out; the others have each record once', () => {
  const reported: string[] = [];
  const feed = new LiveFeed(100, 1 << 20, (line) => void reported.push(line));
  const taken: number[] = [];
  let asked = 0;
  feed.subscribe(() => {
    asked++;
    throw new Error('mine');
  });
  feed.subscribe((records) => taken.push(...records.map(({ id }) => id)));
  for (let i = 0; i < 3; i++) feed.take([{ line: '{}', record: {} }]);
  assert.deepEqual(taken, [1, 2, 3]);
  assert.equal(reported.length, 1);
  assert.match(reported[0] ?? '', /a reader of records ends: Error: mine/);
  assert.equal(asked, 1);
});
