import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { curl, until, withoutPrograms } from '../../../test/support/web-parts.ts';
import { clientConnection } from '../connection.ts';
import { LiveJudge, type WebRecord, webRecords } from '../live/index.ts';
import { SpoeAgent } from './agent.ts';
import { readMessage } from './message.ts';
import { type Arguments, message } from './spop/haproxy-frames.ts';
import { SpopReader } from './spop/reader.ts';
import { RunningHaproxy } from './trial/running-haproxy.ts';

const skip = withoutPrograms('haproxy', 'curl', 'openssl');

/** A server that notes from which port each request came. */
async function notingServer(t: TestContext): Promise<{ port: number; from: number[] }> {
  const from: number[] = [];
  const server = createServer((request, response) => {
    from.push(request.socket.remotePort ?? 0);
    response.setHeader('content-type', 'text/plain');
    response.end('hello\n');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, from };
}

/** A judge that lets all pass, and the records of what it saw. */
function recordingJudge(): { judge: LiveJudge; records: WebRecord[] } {
  const records: WebRecord[] = [];
  const judge = new LiveJudge({
    waf: undefined,
    gates: [],
    sinks: [{ take: (transaction) => void records.push(...webRecords(transaction)) }],
    requestBodyLimit: 4096,
    responseBodyLimit: 0,
    refusesLongBodies: false,
    judgesResponses: false,
  });
  return { judge, records };
}

for (const responses of ['head', 'body'] as const) {
  test(`records name the connection to the server (${responses})`, { skip, timeout: 30_000 }, async (t) => {
    const { port, from } = await notingServer(t);
    const { judge, records } = recordingJudge();
    const haproxy = new RunningHaproxy();
    const agent = await SpoeAgent.listen({ judge, listen: haproxy.socket });
    t.after(async () => {
      await haproxy.stop();
      await agent.close();
    });
    await haproxy.start({ server: port, responses, processingMs: 5000 });
    const tls = `https://127.0.0.1:${haproxy.httpsPort}`;
    for (const url of [`http://127.0.0.1:${haproxy.httpPort}/a`, `${tls}/b`, `${tls}/c`]) {
      const { status, body } = await curl('-k', '-H', 'Host: a.test', url);
      assert.deepEqual([status, body], [200, 'hello\n']);
    }
    await until('three records', () => records.length === 3);
    assert.equal(from.length, 3);
    for (const [i, { community_id, web }] of records.entries()) {
      const told = web as { readonly upstream_community_id?: string; readonly upstream_ip?: string };
      const source = { address: '127.0.0.1', port: from[i] ?? 0 };
      const { communityId } = clientConnection('haproxy', source, { address: '127.0.0.1', port });
      assert.equal(told.upstream_community_id, communityId);
      assert.equal(told.upstream_ip, '127.0.0.1');
      assert.notEqual(community_id, communityId);
    }
  });
}

test('a server on a Unix socket has no connection that could be named', {
  skip,
  timeout: 30_000,
}, async (t) => {
  const { judge, records } = recordingJudge();
  const haproxy = new RunningHaproxy();
  const path = `${haproxy.folder}/server.sock`;
  const server = createServer((_, response) => response.end('hello\n'));
  await new Promise<void>((resolve) => {
    server.listen(path, resolve);
  });
  const agent = await SpoeAgent.listen({ judge, listen: haproxy.socket });
  t.after(async () => {
    await haproxy.stop();
    await agent.close();
    server.closeAllConnections();
    server.close();
  });
  const change = (text: string): string =>
    text.replace('server s1 127.0.0.1:1 check', `server s1 unix@${path}`);
  await haproxy.start({ server: 1, responses: 'head', processingMs: 5000, change });
  assert.equal((await curl(`http://127.0.0.1:${haproxy.httpPort}/`)).status, 200);
  await until('a record', () => records.length === 1);
  const web = records[0]?.web as Record<string, unknown>;
  assert.deepEqual([web.upstream_community_id, web.upstream_ip], [undefined, undefined]);
  assert.ok('latency_ms' in web);
});

test('what a configuration of before does not send, or what is none, is left out', () => {
  const read = (values: Arguments) => {
    const bytes = message('weir-response', { id: 'a', status: 200, ...values });
    const reader = new SpopReader();
    reader.begin(bytes, 0, bytes.length);
    const found = readMessage(reader, { request: 0, response: 0 }, 0);
    assert.equal(found.kind, 'response');
    return found.kind === 'response' ? found.response.upstream : undefined;
  };
  const ends = { upstream_src: '192.0.2.1', upstream_src_port: 40_000, upstream_dst: '2001:db8::1' };
  assert.equal(read({}), undefined);
  assert.equal(read(ends), undefined);
  assert.equal(read({ ...ends, upstream_dst_port: 0 }), undefined);
  assert.deepEqual(read({ ...ends, upstream_dst_port: 80 }), {
    from: { address: '192.0.2.1', port: 40_000 },
    to: { address: '2001:db8::1', port: 80 },
  });
  assert.throws(() => read({ ...ends, upstream_dst_port: 65_536 }), /port 65536 is none/);
});
