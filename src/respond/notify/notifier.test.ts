import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { Nginx } from '../../../test/support/nginx.ts';
import {
  freePort,
  ownFolder,
  until,
  withoutPrograms,
  writeCertificate,
} from '../../../test/support/web-parts.ts';
import type { Notification } from './notification.ts';
import { type ChannelSettings, Notifier, type NotifierOptions } from './notifier.ts';
import { syslogMessage } from './syslog.ts';
import { webhookSignature } from './webhook.ts';

const START_MS = Date.UTC(2026, 10, 21, 13, 0, 0);

function notificationOf(changes: Partial<Notification> = {}): Notification {
  return {
    timeMs: START_MS,
    address: '203.0.113.9',
    event: 'waf_block',
    reason: 'SQL injection in ARGS:id (942100)',
    score: 85,
    decision: 'ban for 4h',
    scenario: 'weir/sqli',
    target: '192.0.2.1',
    ...changes,
  };
}

function notifierFor(
  t: TestContext,
  channels: readonly ChannelSettings[],
  options: Partial<NotifierOptions> = {},
): { notifier: Notifier; words: string[] } {
  const words: string[] = [];
  const told = (text: string) => words.push(text);
  const notifier = new Notifier({ channels, host: 'gateway', version: '0.1.0', told, tickMs: 0, ...options });
  t.after(() => notifier.close(0));
  return { notifier, words };
}

interface Received {
  readonly head: IncomingMessage['headers'];
  readonly body: string;
}

/** A receiver of webhooks that answers as it is told. */
async function receiver(
  t: TestContext,
  answer: (response: ServerResponse, number: number) => void,
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    received.push({ head: request.headers, body });
    answer(response, received.length);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=t`, received };
}

function fileLines(path: string): Record<string, unknown>[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('the file is what SecuBox writes: a line for each, from the threshold on', async (t) => {
  const path = join(ownFolder(t), 'notifications.json');
  const { notifier } = notifierFor(t, [{ kind: 'file', path }]);
  notifier.notify(notificationOf({ reason: 'two\nlines' }));
  notifier.notify(notificationOf({ score: 69.9, address: '203.0.113.10' }));
  notifier.notify(notificationOf({ score: Number.NaN, address: '203.0.113.11' }));
  notifier.notify(notificationOf({ score: 95, event: 'brute_force', address: '2001:db8::9' }));
  await notifier.close();
  assert.deepEqual(fileLines(path), [
    {
      timestamp: '2026-11-21T13:00:00.000Z',
      type: 'dpi_threat',
      severity: 'high',
      ip: '203.0.113.9',
      event: 'waf_block',
      reason: 'two lines',
      score: 85,
    },
    {
      timestamp: '2026-11-21T13:00:00.000Z',
      type: 'dpi_threat',
      severity: 'critical',
      ip: '2001:db8::9',
      event: 'brute_force',
      reason: 'SQL injection in ARGS:id (942100)',
      score: 95,
    },
  ]);
  assert.equal(notifier.statistics().belowThreshold, 2);
});

test('the file is rotated by its size, a torn line is left alone, a link is not followed', async (t) => {
  const folder = ownFolder(t);
  const path = join(folder, 'notifications.json');
  writeFileSync(path, '{"timestamp": "20');
  const { notifier } = notifierFor(t, [{ kind: 'file', path, maxBytes: 500, keep: 2 }]);
  for (let i = 0; i < 12; i++) notifier.notify(notificationOf({ address: `203.0.113.${i}` }));
  await notifier.close();
  const all = [`${path}.2`, `${path}.1`, path].map((one) => readFileSync(one, 'utf8'));
  assert.ok(all.every((text) => Buffer.byteLength(text) <= 500));
  assert.equal(existsSync(`${path}.3`), false);
  const addresses = all.flatMap((text) => [...text.matchAll(/"ip":"([^"]+)"/g)].map((match) => match[1]));
  assert.equal(addresses.at(-1), '203.0.113.11');
  assert.equal(new Set(addresses).size, addresses.length);

  const elsewhere = join(folder, 'elsewhere');
  writeFileSync(elsewhere, 'kept');
  symlinkSync(elsewhere, join(folder, 'link.json'));
  const linked = notifierFor(t, [{ kind: 'file', path: join(folder, 'link.json'), attempts: 1 }]);
  linked.notifier.notify(notificationOf());
  await linked.notifier.close();
  assert.equal(readFileSync(elsewhere, 'utf8'), 'kept');
  assert.equal(linked.notifier.statistics().channel_1_failed, 1);
  assert.match(linked.words[0] as string, /^notifications by file .*link.json fail: ELOOP/);
});

test('a torn line of a file does not spoil the next one', async (t) => {
  const path = join(ownFolder(t), 'notifications.json');
  writeFileSync(path, '{"timestamp": "20');
  const { notifier } = notifierFor(t, [{ kind: 'file', path }]);
  notifier.notify(notificationOf());
  await notifier.close();
  const lines = readFileSync(path, 'utf8').split('\n');
  assert.equal(lines[0], '{"timestamp": "20');
  assert.equal(JSON.parse(lines[1] as string).ip, '203.0.113.9');
});

test('a webhook is signed, tried again after failures with the same id, and told of once', async (t) => {
  const { url, received } = await receiver(t, (response, number) => {
    response.writeHead(number <= 2 ? 503 : 204).end();
  });
  const { notifier, words } = notifierFor(t, [
    {
      kind: 'webhook',
      url,
      secret: 'key of both',
      headers: { Authorization: 'Bearer x' },
      firstWaitMs: 5,
      subject: '{event} {ip}',
      body: '{decision}',
    },
  ]);
  notifier.notify(notificationOf());
  await until('delivery', () => notifier.statistics().channel_1_sent === 1);
  assert.equal(received.length, 3);
  assert.equal(new Set(received.map(({ head }) => head['x-weir-delivery'])).size, 1);
  for (const { head, body } of received) {
    const timestamp = head['x-weir-timestamp'] as string;
    assert.ok(Math.abs(Number(timestamp) - Date.now() / 1000) < 60);
    assert.equal(head['x-weir-signature'], webhookSignature('key of both', timestamp, body));
    assert.notEqual(head['x-weir-signature'], webhookSignature('key of both', `${timestamp}0`, body));
    assert.equal(head.authorization, 'Bearer x');
    assert.equal(head['user-agent'], 'weir/0.1.0');
  }
  const { id, ...fields } = JSON.parse(received[0]?.body as string) as Record<string, unknown>;
  assert.match(id as string, /^[a-z0-9]{20}$/);
  assert.deepEqual(fields, {
    timestamp: '2026-11-21T13:00:00.000Z',
    first: '2026-11-21T13:00:00.000Z',
    type: 'dpi_threat',
    severity: 'high',
    ip: '203.0.113.9',
    event: 'waf_block',
    reason: 'SQL injection in ARGS:id (942100)',
    score: 85,
    count: 1,
    decision: 'ban for 4h',
    scenario: 'weir/sqli',
    target: '192.0.2.1',
    host: 'gateway',
    subject: 'waf_block 203.0.113.9',
    body: 'ban for 4h',
  });
  assert.deepEqual(words, [
    `notifications by webhook ${new URL(url).origin} fail: it answered 503`,
    `notifications by webhook ${new URL(url).origin} work again`,
  ]);
});

test('a webhook does not follow redirects, and gives up where it is refused', {
  skip: withoutPrograms('nginx'),
}, async (t) => {
  const elsewhere = await receiver(t, (response) => response.writeHead(204).end());
  const nginx = await Nginx.start(t, {
    settings: `location /moved { return 307 ${elsewhere.url}; } location /refused { return 403; }`,
  });
  const { notifier, words } = notifierFor(t, [
    { kind: 'webhook', url: `${nginx.url}/moved` },
    { kind: 'webhook', url: `${nginx.url}/refused` },
  ]);
  notifier.notify(notificationOf());
  await until('both', () => {
    const { channel_1_failed, channel_2_failed } = notifier.statistics();
    return channel_1_failed === 1 && channel_2_failed === 1;
  });
  assert.deepEqual(elsewhere.received, []);
  assert.equal(notifier.statistics().channel_1_retries, 0);
  assert.deepEqual(words.map((text) => text.replace(/.*fail: /, '')).sort(), [
    'it answered 307',
    'it answered 403',
  ]);
});

test('a channel that hangs holds up nobody: its queue is bounded, and closing is', async (t) => {
  const hanging = await receiver(t, () => undefined);
  const path = join(ownFolder(t), 'notifications.json');
  const { notifier, words } = notifierFor(t, [
    {
      kind: 'webhook',
      url: hanging.url,
      mostWaiting: 4,
      perHour: 0,
      timeoutMs: 150,
      attempts: 2,
      firstWaitMs: 5,
    },
    { kind: 'file', path },
  ]);
  for (let i = 0; i < 20; i++) notifier.notify(notificationOf({ address: `203.0.113.${i}` }));
  await until('the file', () => fileLines(path).length === 20);
  const { channel_1_waiting, channel_1_dropped } = notifier.statistics();
  assert.ok((channel_1_waiting as number) <= 4);
  assert.ok((channel_1_dropped as number) >= 15 - 4);
  await until('giving up', () => (notifier.statistics().channel_1_failed as number) >= 1);
  await notifier.close(50);
  const { channel_1_sent, channel_1_failed, channel_1_dropped: dropped } = notifier.statistics();
  assert.equal(channel_1_sent, 0);
  assert.equal((channel_1_failed as number) + (dropped as number), 20);
  assert.equal(words.length, 1);
  assert.match(words[0] as string, /fail: not done within 0.15 s$/);
});

test('the same again within five minutes is one message with a count', async (t) => {
  const path = join(ownFolder(t), 'notifications.json');
  let nowMs = START_MS;
  const { notifier } = notifierFor(t, [{ kind: 'file', path }], { now: () => nowMs });
  for (let i = 0; i < 50; i++) {
    nowMs += 1000;
    notifier.notify(notificationOf({ timeMs: nowMs, score: 75 + (i % 20) }));
    notifier.tick();
  }
  nowMs += 5 * 60_000;
  notifier.tick();
  await notifier.close();
  assert.deepEqual(
    fileLines(path).map(({ count = 1, score }) => [count, score]),
    [
      [1, 75],
      [49, 94],
    ],
  );
  assert.equal(notifier.statistics().gathered, 49);
});

test('a channel gets so many messages an hour, and then a summary of the others', async (t) => {
  const { url, received } = await receiver(t, (response) => response.writeHead(204).end());
  let nowMs = START_MS;
  const { notifier } = notifierFor(t, [{ kind: 'webhook', url, perHour: 5, mostWaiting: 1000 }], {
    now: () => nowMs,
  });
  for (let i = 0; i < 40; i++) notifier.notify(notificationOf({ address: `203.0.113.${i}` }));
  await until('five', () => notifier.statistics().channel_1_sent === 5);
  nowMs += 3_600_000;
  notifier.tick();
  await until('the summary', () => notifier.statistics().channel_1_sent === 6);
  const summary = JSON.parse(received[5]?.body as string) as Record<string, unknown>;
  assert.equal(summary.event, 'rate_limit');
  assert.equal(summary.count, 35);
  assert.match(summary.reason as string, /^35 notifications were left out .*203\.0\.113\.5, /);
  assert.equal(notifier.statistics().rateLimited, 35);
});

test('syslog over UDP, and in form of RFC 5424', async (t) => {
  const socket = createSocket('udp6');
  t.after(() => socket.close());
  socket.bind(0, '::1');
  await once(socket, 'listening');
  const { notifier } = notifierFor(t, [
    { kind: 'syslog', transport: 'udp', host: '::1', port: socket.address().port, facility: 16 },
  ]);
  const datagram = once(socket, 'message');
  notifier.notify(notificationOf());
  const [bytes] = (await datagram) as [Buffer];
  assert.equal(
    bytes.toString('utf8'),
    `<131>1 2026-11-21T13:00:00.000Z gateway weir ${process.pid} waf_block - \ufeffwaf_block from 203.0.113.9 to 192.0.2.1: SQL injection in ARGS:id (942100); score 85, count 1, scenario weir/sqli, decision ban for 4h`,
  );
});

test('a syslog message is cut between characters, and its head has only what may be there', () => {
  const message = {
    ...notificationOf({ event: 'two words ü' }),
    id: 'x',
    severity: 'low' as const,
    count: 1,
    firstMs: START_MS,
    host: '',
    subject: '',
    body: '€'.repeat(1000),
  };
  for (let longest = 300; longest < 306; longest++) {
    const bytes = syslogMessage(message, 4, 1, longest);
    assert.ok(bytes.length <= longest && bytes.length > longest - 3);
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    assert.ok(text.startsWith('<37>1 2026-11-21T13:00:00.000Z - weir 1 two_words__ - \ufeff€€'));
  }
});

for (const transport of ['tcp', 'tls'] as const) {
  test(`syslog over ${transport}: counted octets, and a new connection where the old one is gone`, async (t) => {
    const folder = ownFolder(t);
    writeCertificate(folder);
    const [certificate, key] = ['certificate.pem', 'key.pem'].map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    );
    const sockets: Socket[] = [];
    let heard = Buffer.alloc(0);
    const take = (socket: Socket): void => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (part: Buffer) => {
        heard = Buffer.concat([heard, part]);
      });
    };
    const server =
      transport === 'tcp' ? createTcpServer(take) : createTlsServer({ cert: certificate, key }, take);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const { notifier } = notifierFor(t, [
      { kind: 'syslog', transport, host: '127.0.0.1', port, authorities: certificate, firstWaitMs: 5 },
    ]);
    const frames = (): string[] => {
      const found: string[] = [];
      for (let at = 0; at < heard.length; ) {
        const space = heard.indexOf(0x20, at);
        const length = Number(heard.subarray(at, space).toString());
        if (!(space > 0 && length > 0) || space + 1 + length > heard.length) break;
        found.push(heard.subarray(space + 1, space + 1 + length).toString());
        at = space + 1 + length;
      }
      return found;
    };
    notifier.notify(notificationOf({ reason: 'ä€', address: '203.0.113.1' }));
    notifier.notify(notificationOf({ address: '203.0.113.2' }));
    await until('two messages', () => frames().length === 2);
    assert.match(frames()[0] as string, /^<35>1 .* \ufeffwaf_block from 203\.0\.113\.1 .*: ä€; /);
    assert.equal(sockets.length, 1);
    sockets[0]?.end();
    await once(sockets[0] as Socket, 'close');
    notifier.notify(notificationOf({ address: '203.0.113.3' }));
    await until('the third', () => frames().length === 3);
    assert.equal(sockets.length, 2);
  });
}

test('settings that cannot work are errors at the start, and say which channel', () => {
  const make = (...channels: readonly unknown[]) =>
    new Notifier({
      channels: channels as readonly ChannelSettings[],
      host: 'h',
      version: '0',
      told: () => undefined,
      tickMs: 0,
    });
  const file = { kind: 'file', path: '/tmp/x' };
  assert.throws(
    () => make(file, { ...file, subject: '{what}' }),
    /^NotifyError: channel 2 \(file\): subject: .*'\{what\}'/,
  );
  assert.throws(() => make({ ...file, threshold: 101 }), /channel 1 \(file\): the threshold is 101/);
  assert.throws(() => make({ ...file, perHour: -1 }), /-1 messages an hour/);
  assert.throws(() => make({ kind: 'webhook', url: 'ftp://x/' }), /webhook: the url is none/);
  assert.throws(() => make({ kind: 'webhook', url: 'http://u:p@x/' }), /Authorization/);
  assert.throws(
    () => make({ kind: 'webhook', url: 'http://x/', headers: { Host: 'y' } }),
    /'Host' cannot be set/,
  );
  assert.throws(
    () => make({ kind: 'webhook', url: 'http://x/', headers: { A: 'b\r\nc' } }),
    /'A' cannot be set/,
  );
  assert.throws(
    () => make({ kind: 'syslog', transport: 'udp', host: 'x', facility: 24 }),
    /24 is no facility/,
  );
  assert.throws(() => make({ kind: 'pigeon' }), /pigeon/);
});

test('a channel that nobody answers on is told of once, whatever is sent', async (t) => {
  const { notifier, words } = notifierFor(t, [
    { kind: 'webhook', url: `http://127.0.0.1:${await freePort()}/`, attempts: 1, perHour: 0 },
  ]);
  for (let i = 0; i < 10; i++) notifier.notify(notificationOf({ address: `203.0.113.${i}` }));
  await until('ten failures', () => notifier.statistics().channel_1_failed === 10);
  assert.equal(words.length, 1);
  assert.match(words[0] as string, /ECONNREFUSED/);
});
