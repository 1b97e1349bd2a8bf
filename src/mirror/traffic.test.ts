import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { framesOf, TestNetwork, withoutNamespaces } from './namespace-network.ts';

const skip = withoutNamespaces('tcpdump');
/** Datagrams in each direction and family. */
const COUNT = 200;
/** Bytes of the TCP test. */
const STREAM = 1_500_000;

/** Sends COUNT datagrams, each with an identity of its own, to an address: arguments MARK ADDRESS. */
const SENDER = `
  const { createSocket } = await import('node:dgram');
  const [mark, address] = process.argv.slice(1);
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  await new Promise((done) => socket.bind(done));
  if (address.endsWith('.255')) socket.setBroadcast(true);
  for (let i = 0; i < ${COUNT}; i++) {
    await new Promise((done) => socket.send(mark + '-' + String(i).padStart(5, '0') + ';', 9000, address, done));
  }
  socket.close();`;

/** Prints what it gets on UDP port 9000, after a line 'ready'. */
const RECEIVER = `
  const { createSocket } = await import('node:dgram');
  const socket = createSocket('udp4');
  socket.on('message', (text) => process.stdout.write(text + '\\n'));
  socket.bind(9000, () => process.stdout.write('ready\\n'));`;

/** Takes one connection on port 9001 and prints the SHA-256 of what came. */
const STREAM_SERVER = `
  const { createServer } = await import('node:net');
  const { createHash } = await import('node:crypto');
  const server = createServer((socket) => {
    const hash = createHash('sha256');
    socket.on('data', (part) => hash.update(part)).on('end', () => {
      process.stdout.write(hash.digest('hex') + '\\n');
      socket.end();
      server.close();
    });
  }).listen(9001, '10.9.8.2', () => process.stdout.write('ready\\n'));`;

const STREAM_CLIENT = `
  const { connect } = await import('node:net');
  const { createHash } = await import('node:crypto');
  const parts = [];
  for (let i = 0; i < ${STREAM} / 32; i++) parts.push(createHash('sha256').update(String(i)).digest());
  const socket = connect(9001, '10.9.8.2', () => socket.end(Buffer.concat(parts)));
  socket.resume();`;

/** Waits for what another process does; fails when it does not. */
async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !done(); i++) await wait(20);
  assert.ok(done(), `waited in vain for ${done}`);
}

describe('what a mirror shows', { skip }, () => {
  let network: TestNetwork;
  const node = (code: string, ...args: readonly string[]): string[] => [
    process.execPath,
    '--input-type=module',
    '-e',
    code,
    ...args,
  ];
  before(() => {
    network = new TestNetwork();
    const started = network.mirror(['start', '--source', 'wan0', '--json']);
    assert.equal(started.status, 0, started.stderr);
  });
  after(() => network?.remove());

  /** Captures on a device of the gateway or client while `work` runs. */
  async function captured(
    namespace: string,
    device: string,
    filter: string,
    work: () => void | Promise<void>,
  ): Promise<Buffer[]> {
    const path = join(network.folder, `${device}.pcap`);
    const capture = network.start(namespace, [
      ...[
        'tcpdump',
        '-i',
        device,
        '-w',
        path,
        '-U',
        '--immediate-mode',
        '-s',
        '0',
        '-B',
        '16384',
        '-Z',
        'root',
        '-n',
        filter,
      ],
    ]);
    try {
      let words = '';
      capture.stderr!.on('data', (part) => {
        words += String(part);
      });
      await until(() => words.includes('listening on'));
      await work();
      // Written is what has been captured when nothing more comes.
      for (let size = -1; size !== statSync(path).size; await wait(300)) size = statSync(path).size;
    } finally {
      // Each packet is written as it comes (-U).
      capture.kill('SIGKILL');
    }
    return framesOf(path);
  }

  function send(namespace: string, mark: string, address: string): void {
    const sent = network.run(namespace, node(SENDER, mark, address));
    assert.equal(sent.status, 0, sent.stderr);
  }

  test('every packet of both directions and both families exactly once', async () => {
    const frames = await captured(network.gateway, 'weir0', 'udp port 9000', () => {
      send(network.gateway, 'out4', '10.9.8.2');
      send(network.client, 'in4', '10.9.8.1');
      send(network.gateway, 'out6', 'fd09::2');
      send(network.client, 'in6', 'fd09::1');
    });
    const seen = new Map<string, number>();
    for (const frame of frames) {
      const identity = /(?:out|in)[46]-\d{5}/.exec(frame.toString('latin1'))?.[0] ?? 'none';
      seen.set(identity, (seen.get(identity) ?? 0) + 1);
    }
    const wrong = [];
    for (const mark of ['out4', 'in4', 'out6', 'in6']) {
      for (let i = 0; i < COUNT; i++) {
        const identity = `${mark}-${String(i).padStart(5, '0')}`;
        if (seen.get(identity) !== 1) wrong.push(`${identity}: ${seen.get(identity) ?? 0} times`);
      }
    }
    assert.deepEqual(wrong, []);
    assert.equal(seen.size, 4 * COUNT);
    const { mirrors } = JSON.parse(network.mirror(['status', '--json']).stdout);
    assert.equal(mirrors.length, 1);
    const { received, sent, targetDropped } = mirrors[0].software;
    for (const direction of [received, sent]) {
      assert.ok(direction.present);
      assert.ok(direction.packets >= 2 * COUNT, JSON.stringify(direction));
      assert.equal(direction.dropped, 0);
    }
    assert.equal(targetDropped, 0);
  });

  test('super-frames pass, and a stream is whole and without doubles', async () => {
    const server = network.start(network.client, node(STREAM_SERVER));
    let digest = '';
    server.stdout!.on('data', (part) => {
      digest += String(part);
    });
    const frames = await captured(network.gateway, 'weir0', 'tcp dst port 9001', async () => {
      await until(() => digest.includes('ready'));
      const client = network.run(network.gateway, node(STREAM_CLIENT));
      assert.equal(client.status, 0, client.stderr);
      await until(() => digest.length > 70);
    });
    const parts = new Map<number, Buffer>();
    let first: number | undefined;
    for (const frame of frames) {
      const tcp = 14 + (frame.readUInt8(14) & 15) * 4;
      const payload = frame.subarray(tcp + (frame.readUInt8(tcp + 12) >> 4) * 4, 14 + frame.readUInt16BE(16));
      if ((frame.readUInt8(tcp + 13) & 2) !== 0) first = frame.readUInt32BE(tcp + 4) + 1;
      if (payload.length === 0) continue;
      const at = (frame.readUInt32BE(tcp + 4) - (first ?? 0)) >>> 0;
      assert.ok(!parts.has(at), `byte ${at} came twice`);
      parts.set(at, payload);
    }
    const hash = createHash('sha256');
    let length = 0;
    for (const [at, payload] of [...parts].sort(([a], [b]) => a - b)) {
      assert.equal(at, length, 'a hole or an overlap');
      hash.update(payload);
      length += payload.length;
    }
    assert.equal(length, STREAM);
    assert.match(digest, new RegExp(hash.digest('hex')));
    assert.ok(
      frames.some((frame) => frame.length > 1514),
      'no super-frame was sent',
    );
  });

  test('a broadcast reaches programs of the gateway once, and the target says nothing', async () => {
    const receiver = network.start(network.gateway, node(RECEIVER));
    let text = '';
    receiver.stdout!.on('data', (part) => {
      text += String(part);
    });
    await until(() => text.includes('ready'));
    const answers = await captured(network.client, 'far0', 'arp[6:2] = 2', () => {
      network.run(network.client, ['ip', 'neigh', 'flush', 'all']);
      send(network.client, 'all', '10.9.8.255');
      send(network.client, 'one', '10.9.8.1');
    });
    const lines = text.split('\n').filter((line) => /^(all|one)-/.test(line));
    assert.equal(lines.length, 2 * COUNT);
    assert.equal(new Set(lines).size, 2 * COUNT);
    const [wan] = JSON.parse(network.inGateway('ip', '-j', 'link', 'show', 'dev', 'wan0'));
    assert.deepEqual(
      [...new Set(answers.map((frame) => frame.toString('hex', 22, 28)))],
      [wan.address.replaceAll(':', '')],
    );
    const [link] = JSON.parse(network.inGateway('ip', '-j', '-s', 'link', 'show', 'dev', 'weir0'));
    assert.equal(link.stats64.tx.packets, 0);
    const addresses = JSON.parse(network.inGateway('ip', '-j', 'addr', 'show', 'dev', 'weir0'));
    assert.deepEqual(addresses[0].addr_info, []);
  });
});
