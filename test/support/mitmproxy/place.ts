import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { MitmproxyBridge } from '../../../src/mitm/mitmproxy/index.ts';
import { type Mitmdump, startBackend, startMitmdump, temporaryFolder } from './mitmdump.ts';
import { TestJudge } from './test-judge.ts';

/** What the server answers to `/zipped`. */
export const ZIPPED = gzipSync('a text that was zipped '.repeat(100));

/** What the server behind mitmproxy answers. */
export function answer(request: IncomingMessage, response: ServerResponse): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const path = request.url?.split('?')[0];
    if (path === '/zipped') {
      response.setHeader('content-encoding', 'gzip').end(ZIPPED);
    } else if (path === '/large') {
      response.end(Buffer.alloc(1 << 20, 'l'));
    } else if (path === '/slow') {
      setTimeout(() => response.end('slow'), 300);
    } else {
      response.setHeader('x-received', Buffer.concat(parts).length).end(`answer to ${request.url}`);
    }
  });
}

/** mitmdump between a server and weir. */
export interface Place {
  readonly judge: TestJudge;
  readonly socket: string;
  readonly bridge: MitmproxyBridge;
  readonly mitmdump: Mitmdump;
  readonly url: string;
}

/** A server, mitmdump in front of it, and weir. */
export async function startPlace(t: TestContext, ...set: readonly string[]): Promise<Place> {
  const judge = new TestJudge();
  const socket = join(temporaryFolder(t), 'weir.sock');
  const bridge = await MitmproxyBridge.listen({ judge, socket });
  t.after(() => bridge.close());
  const port = await startBackend(t, answer);
  const mitmdump = await startMitmdump(t, socket, ['--mode', `reverse:http://127.0.0.1:${port}`], set);
  await mitmdump.running.says('connected to');
  return { judge, socket, bridge, mitmdump, url: `http://127.0.0.1:${mitmdump.port}` };
}

/** The first 12 characters that come after bytes (latin1) were sent; what there is after half a second of silence. */
export function firstWords(port: number, sent: string): Promise<string> {
  return new Promise((resolve) => {
    const client = connect(port, '127.0.0.1');
    let got = '';
    client.setTimeout(500, () => client.destroy());
    // mitmproxy may reset what it does not like: that is an answer as well.
    client.on('error', () => client.destroy());
    client.once('close', () => resolve(got));
    client.once('data', (bytes) => {
      got = bytes.toString('latin1', 0, 12);
      client.destroy();
    });
    client.write(sent, 'latin1');
  });
}
