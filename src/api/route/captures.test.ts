import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import { freePort } from '../../../test/support/web-parts.ts';
import { CAPTURES, folderFor, MAIN, up, writeConfiguration } from '../../supervisor/testing.ts';
import { CapturesSchema } from '../schema/captures.ts';
import { ConversationPayloadSchema } from '../schema/conversations.ts';
import { FlowsSchema } from '../schema/flow.ts';

const COMMUNITY = '1:4VJvTVjBaMtZKtU52qL3x+E+ulY=';
const FILTER = 'tcp port 80 and host 192.0.2.145';

/** Packets as lines of text, by another program. */
function packetsIn(pcapng: Buffer): readonly string[] {
  const { stdout, stderr } = spawnSync('tcpdump', ['-r', '-', '-nn', '-tt', '-xx'], {
    input: pcapng,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.doesNotMatch(stderr, /truncated|bad|error/);
  return stdout.trimEnd().split(/\n(?=\d)/);
}

function missing(program: string): boolean {
  return spawnSync(program, ['--version']).error !== undefined;
}

test('packets and conversations of a running weir', { timeout: 120_000 }, async (context) => {
  const folder = folderFor(context);
  writeConfiguration(
    folder,
    `store: {enabled: true, folder: ${folder}/store}
api: {listen: '127.0.0.1:${await freePort()}'}`,
  );
  const weir = up(context, folder, ['--capture', CAPTURES]);
  const socketPath = join(folder, 'run/api.sock');
  const ask = async (path: string) => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request({ socketPath, path, agent: false }).once('response', resolve).once('error', reject).end();
    });
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    return { status: response.statusCode, response, bytes: Buffer.concat(pieces) };
  };
  const json = async <T extends TSchema>(path: string, schema: T): Promise<Static<T>> => {
    const { status, bytes } = await ask(path);
    const value: unknown = JSON.parse(bytes.toString());
    assert.equal(status, 200, bytes.toString().slice(0, 500));
    assert.deepEqual(Value.Errors(schema, value), []);
    return value as Static<T>;
  };
  await weir.running();
  await weir.until('all packets', async () => {
    const { statistics } = await weir.status();
    return (statistics.sensor as { packets?: number } | undefined)?.packets === 2371;
  });
  const flow = await weir.until('the flow', async () => {
    const { items } = await json('/api/v1/flows?limit=1000', FlowsSchema);
    return items.find(({ communityId }) => communityId === COMMUNITY);
  });

  await context.test('captures', async () => {
    const { kind, files, fileCount, firstUs, sensors, findings } = await json(
      '/api/v1/captures',
      CapturesSchema,
    );
    assert.deepEqual([kind, fileCount, findings], ['captures', 5, []]);
    assert.deepEqual(
      files.map(({ path, packets, compression }) => [path.slice(CAPTURES.length + 1), packets, compression]),
      [
        ['campus-1.pcap', 373, ''],
        ['campus-2.pcap.gz', 593, 'gzip'],
        ['campus-3.pcapng', 804, ''],
        ['campus-4.pcap.zst', 475, 'zstd'],
        ['campus-5.pcap', 126, ''],
      ],
    );
    assert.equal(firstUs, 1795227864780345);
    assert.deepEqual(
      sensors.map(({ name, live, working, packets }) => [name, live, working, packets]),
      [['sensor', false, true, 2371]],
    );
    assert.equal((await json('/api/v1/captures?limit=2', CapturesSchema)).files.length, 2);
  });

  await context.test('packets that match, as weir read writes them', async (test) => {
    if (missing('tcpdump')) return test.skip('no tcpdump');
    const range = { since: '1795227870.5', until: '1795227900.25' };
    const query = `filter=${encodeURIComponent(FILTER)}&since=1795227870500000&until=1795227900250000`;
    const { status, response, bytes } = await ask(`/api/v1/captures/packets?${query}`);
    assert.equal(status, 200);
    assert.equal(response.headers['content-disposition'], 'attachment; filename="weir-packets.pcapng"');
    assert.equal(response.trailers['x-weir-end'], 'complete');
    const options = ['-q', '--flows-only', '--since', range.since, '--until', range.until];
    const expected = execFileSync(
      process.execPath,
      [MAIN, 'read', ...options, '--filter', FILTER, '-w', '-', CAPTURES],
      { maxBuffer: 1 << 28 },
    );
    const packets = packetsIn(bytes);
    assert.ok(packets.length > 50);
    assert.deepEqual(packets, packetsIn(expected));
    const few = await ask(`/api/v1/captures/packets?${query}&limit=7`);
    assert.deepEqual(packetsIn(few.bytes), packets.slice(0, 7));
    assert.equal(few.response.trailers['x-weir-end'], 'limit');
    const none = await ask('/api/v1/captures/packets?filter=port+9&until=1795227870500000');
    assert.deepEqual([none.status, none.response.trailers['x-weir-end']], [200, 'complete']);
    assert.deepEqual(packetsIn(none.bytes), ['']);
  });

  await context.test('what is no filter, no time and no flow', async () => {
    const wrong = await ask('/api/v1/captures/packets?filter=tcp+prt+80');
    assert.equal(wrong.status, 400);
    assert.match(wrong.bytes.toString(), /'prt' \(column 5\)/);
    for (const [path, status] of [
      ['/api/v1/captures/packets?since=yesterday', 400],
      ['/api/v1/captures/packets?path=/etc/passwd', 400],
      ['/api/v1/captures/packets?limit=0', 400],
      ['/api/v1/conversations/..%2F..%2Fetc%2Fpasswd', 400],
      ['/api/v1/conversations/--list', 400],
      [`/api/v1/conversations/${flow.flowId}?limit=2000000`, 400],
      ['/api/v1/conversations/1', 404],
      ['/api/v1/flows/1/packets', 404],
    ] as const) {
      assert.equal((await ask(path)).status, status, path);
    }
  });

  await context.test('packets of a flow', async (test) => {
    if (missing('tcpdump')) return test.skip('no tcpdump');
    const { status, bytes, response } = await ask(`/api/v1/flows/${encodeURIComponent(COMMUNITY)}/packets`);
    assert.equal(status, 200);
    assert.equal(packetsIn(bytes).length, flow.packetsToServer + flow.packetsToClient);
    assert.match(
      response.headers['content-disposition'] ?? '',
      new RegExp(`weir-flow-${flow.flowId}\\.pcapng`),
    );
  });

  await context.test('a conversation, and what is decoded of it', async () => {
    const path = `/api/v1/conversations/${flow.flowId}`;
    const all = await json(path, ConversationPayloadSchema);
    assert.deepEqual([all.protocol, all.isOpen, all.missingBytes, all.packets], ['http', false, 0, 33]);
    assert.equal(all.total, all.clientBytes + all.serverBytes);
    assert.equal(all.next, undefined);
    assert.deepEqual(
      all.segments.slice(0, 4).map(({ side, text }) => [side, text?.slice(0, 15)]),
      [
        ['client', 'GET / HTTP/1.1\r'],
        ['server', 'HTTP/1.1 200 OK'],
        ['client', 'GET /style.css '],
        ['server', 'HTTP/1.1 200 OK'],
      ],
    );
    const [page, style] = all.exchanges;
    assert.ok(
      page?.response.headers.some(({ name, value }) => name === 'Content-Encoding' && value === 'gzip'),
    );
    assert.match(page?.response.bodies[0]?.text ?? '', /^<!doctype html>\n[\s\S]*<h1>Example<\/h1>/);
    assert.deepEqual([page?.response.bodies[0]?.type, page?.response.bodies[0]?.length], ['text/html', 9503]);
    assert.deepEqual([style?.url, style?.status, style?.index], ['/style.css', 200, 1]);
    assert.ok(all.records.some(({ event_type: type }) => type === 'http'));

    let bytes = '';
    let parts = 0;
    for (let offset: number | undefined = 0; offset !== undefined; parts++) {
      const part: Static<typeof ConversationPayloadSchema> = await json(
        `${path}?side=server&limit=9000&offset=${offset}`,
        ConversationPayloadSchema,
      );
      assert.equal(part.total, all.serverBytes);
      for (const { side, base64 = '' } of part.segments) {
        assert.equal(side, 'server');
        bytes += Buffer.from(base64, 'base64').toString('latin1');
      }
      offset = part.next;
    }
    const expected = all.segments.filter(({ side }) => side === 'server').map(({ base64 = '' }) => base64);
    assert.equal(parts, 3);
    assert.equal(bytes, expected.map((text) => Buffer.from(text, 'base64').toString('latin1')).join(''));
  });

  assert.equal(await weir.end('SIGTERM'), 0);
});
