import { type Question, questionLine } from '../../src/control/index.ts';
import { handOver, pack } from '../../src/mitm/buffer/handover.ts';
import { transaction, verdict } from '../../src/mitm/buffer/testing.ts';
import { spopSeeds } from '../../src/mitm/haproxy/spop/fuzz-input.ts';
import { HTTP_SEEDS } from '../../src/mitm/http/fuzz.ts';
import { PASSED } from '../../src/mitm/judge.ts';
import { encodeFrame, FRAME } from '../../src/mitm/mitmproxy/protocol.ts';
import type { RewriteRule } from '../../src/mitm/proxy/rewrite/index.ts';
import {
  applicationProtocols,
  clientHello,
  extension,
  handshake,
  list16,
  record,
  serverName,
} from '../support/tls-messages.ts';
import { FIELD_SEPARATOR, WEB_PARTS, type WebInput, type WebPart } from './input.ts';
import { mutated } from './mutate.ts';
import type { Random } from './random.ts';
import { segmentSeed } from './web-buffer.ts';
import { mutatedValue } from './web-values.ts';

const LARGEST = 256 << 10;

const HTTP2_HEADS: readonly (readonly string[])[] = [
  [':method', 'GET', ':scheme', 'https', ':path', '/a?b=c', ':authority', 'a.example:8443'],
  [
    ...[':method', 'POST', ':scheme', 'http', ':path', '/', ':authority', 'a.example', 'host', 'A.example'],
    ...['content-length', '3', 'cookie', 'a=b', 'te', 'trailers', 'cookie', 'c=d', 'x-a', '\xff\t1'],
  ],
  [':method', 'CONNECT', ':authority', 'a.example:443', 'expect', '100-continue'],
  [':method', 'OPTIONS', ':scheme', 'https', ':path', '*', 'host', '[::1]'],
];
/** What is put where a name or a value was. */
const HTTP2_WORDS = [
  ...['', ' a', 'a ', 'A', ':path', ':protocol', 'connection', 'transfer-encoding', 'content_length'],
  ...[
    'a\r\nb',
    'a\nX: y',
    '\0',
    '1, 1',
    '01',
    '+1',
    '/ HTTP/1.1\r\nHost: b',
    'http://b/',
    'b#c',
    'a@b',
    '\u0101',
  ],
] as const;

const RULES: readonly (readonly RewriteRule[])[] = [
  [
    {
      name: 'move',
      match: { host: ['www.example.org', '*.example.net'], path: ['/shop', '/**.php'], method: 'GET' },
      request: {
        headers: { remove: ['Cookie'], set: { 'X-Seen': '{client} {scheme}' }, add: { 'X-Path': '{path}' } },
        path: { prefix: '/', to: '/new/' },
        upstream: 'http://127.0.0.1:3000',
      },
      last: true,
    },
    { match: { path: '/' }, request: { path: { pattern: '/([a-z]*)/(.*)', to: '/$2/$1$$' } } },
  ],
  [{ request: { redirect: { status: 301, location: 'https://{host}{path}{query}' } } }],
  [
    {
      request: { answer: { status: 410, headers: { 'X-A': 'b' }, body: 'gone', contentType: 'text/plain' } },
    },
  ],
  [
    {
      match: {
        headers: { 'x-a': { contains: 'Host', ignoreCase: true }, Cookie: { present: true } },
        status: ['5xx', 404, '200-299'],
        contentType: 'text/*',
      },
      response: {
        headers: { set: { 'X-B': '{reference}{{}}' }, remove: ['Set-Cookie'] },
        status: 500,
        securityHeaders: 'insert',
      },
    },
    {
      response: {
        securityHeaders: 'strip',
        replace: [
          { text: 'one', with: 'two' },
          { pattern: '<p>([a-z]+)', with: '<b>$1$0$$' },
        ],
        inject: [
          { before: '</head>', html: '<script>1</script>' },
          { before: '</body>', html: '</body>' },
        ],
      },
    },
  ],
];

const QUESTIONS: readonly Question[] = [
  { ask: 'status' },
  {
    ask: 'flows',
    selection: { address: '192.0.2.0/24', communityId: '1:x', sinceUs: -1, untilUs: 2e15, flowId: 7 },
    limit: 10,
  },
  { ask: 'open', selection: { protocol: 'tls', application: 'web' }, limit: 0 },
  { ask: 'top', subject: 'names', selection: {}, by: 'bytes', limit: 5 },
  { ask: 'series', selection: {}, intervalSeconds: 60 },
  { ask: 'lan', top: 3 },
  {
    ask: 'requests',
    selection: { address: '::1', host: 'a', fromUs: 1, toUs: 2, minimalScore: 50, blocked: true },
    limit: 1,
  },
  { ask: 'request', reference: 'abcdefghij0123456789', raw: true },
  { ask: 'behaviour', address: '192.0.2.7', seconds: 60 },
  { ask: 'buffer' },
  { ask: 'rejudge', selection: { reference: 'a' }, rules: { crs: '/crs', rules: ['/a.conf'], paranoia: 4 } },
  { ask: 'resend', selection: {}, origin: 'http://127.0.0.1:1' },
];

/** A frame with a body. */
function frame(type: number, id: number, head: object, body: string): Buffer {
  const text = encodeFrame(type, id, head);
  text.writeUInt32BE(text.readUInt32BE(0) + body.length, 0);
  return Buffer.concat([text, Buffer.from(body, 'latin1')]);
}

function mitmproxySeeds(): readonly Buffer[] {
  const hello = encodeFrame(FRAME.hello, 0, { version: 1, agent: 'dpi_buffer' });
  const request = {
    client: ['192.0.2.7', 40_000],
    server: ['2001:db8::1', 443],
    tls: ['TLSv1.3', 'a.example', 'h2'],
    time_us: 1_700_000_000_000_000,
    method: 'POST',
    target: '/a?b=\u00ff',
    protocol: 'HTTP/2.0',
    headers: [
      ['cookie', 'a=b'],
      ['x', ''],
      ['cookie', 'c=d'],
    ],
    body_bytes: 5,
  };
  const response = { status: 200, protocol: 'HTTP/1.1', headers: [['A', 'b']], body_bytes: -1 };
  return [
    Buffer.concat([hello, frame(FRAME.request, 1, request, 'hello')]),
    Buffer.concat([
      frame(FRAME.request, 7, { ...request, tls: null, body_bytes: -1 }, ''),
      frame(FRAME.response, 7, response, 'x'.repeat(3000)),
      encodeFrame(FRAME.abandon, 0xffffffff, {}),
    ]),
  ];
}

function helloSeeds(): readonly Buffer[] {
  const extensions = [
    serverName('www.example.org'),
    applicationProtocols('h2', 'http/1.1'),
    extension(43, list16(1, 0x0a0a, 0x0304, 0x0303)),
    extension(0xfe0d, Buffer.alloc(40)),
  ];
  const whole = handshake(1, clientHello({ extensions }));
  const old = handshake(1, clientHello({ version: 0x0301, session: Buffer.alloc(32) }));
  const padded = handshake(
    1,
    clientHello({ extensions: [...extensions, extension(21, Buffer.alloc(9000))] }),
  );
  return [
    record(22, whole),
    record(22, old, 0x0301),
    Buffer.concat([record(22, whole.subarray(0, 40)), record(22, whole.subarray(40))]),
    record(22, padded),
  ];
}

function storedSeeds(): readonly Buffer[] {
  const limits = { requestBodyBytes: 4096, responseBodyBytes: 4096 };
  const denied = { ...PASSED, action: 'deny', status: 403, verdict: verdict(942100, 5) } as const;
  return [
    transaction({ reference: 'a', timeUs: 1 }),
    transaction({ reference: 'b', timeUs: 2, judgement: denied, body: 'a=\xff\0', answer: 'no' }),
    { ...transaction({ reference: 'c', timeUs: 3 }), response: undefined },
  ].map((one) => pack(handOver(one, limits)));
}

const MAKERS: Readonly<Record<WebPart, () => readonly Buffer[]>> = {
  http1: () => HTTP_SEEDS,
  http2: () => HTTP2_HEADS.map((fields) => Buffer.from(fields.join(FIELD_SEPARATOR), 'latin1')),
  spop: spopSeeds,
  'client-hello': helloSeeds,
  mitmproxy: mitmproxySeeds,
  stored: storedSeeds,
  segment: () => [segmentSeed()],
  rewrite: () => RULES.map((rules) => Buffer.from(JSON.stringify(rules))),
  question: () => QUESTIONS.map((question) => Buffer.from(questionLine(question))),
};
const made = new Map<WebPart, readonly Buffer[]>();

/** Good input to begin with, made once. */
export function webSeeds(part: WebPart): readonly Buffer[] {
  const seeds = made.get(part) ?? MAKERS[part]();
  made.set(part, seeds);
  return seeds;
}

/** How many there are in all. */
export function webSeedCount(): number {
  return WEB_PARTS.reduce((sum, part) => sum + webSeeds(part).length, 0);
}

/** An input for one of the parsers: a good one, changed. */
export function webInput(part: WebPart, random: Random): WebInput {
  return { kind: 'web', part, bytes: changed(part, random).subarray(0, LARGEST) };
}

function changed(part: WebPart, random: Random): Buffer {
  const seeds = webSeeds(part);
  switch (part) {
    case 'http2':
      return random.once(3) ? bytesOf(seeds, random) : headOf(random);
    case 'rewrite':
      return random.once(8) ? bytesOf(seeds, random) : documentOf(RULES, random);
    case 'question':
      return random.once(4) ? bytesOf(seeds, random) : documentOf(QUESTIONS, random);
    default:
      return bytesOf(seeds, random);
  }
}

function bytesOf(seeds: readonly Buffer[], random: Random): Buffer {
  return mutated(random.pick(seeds), random, random.pick(seeds));
}

function documentOf(values: readonly unknown[], random: Random): Buffer {
  return Buffer.from(JSON.stringify(mutatedValue(random.pick(values), random, random.pick(values))) ?? '');
}

/** A head of HTTP/2 in which some names and values are others, or more. */
function headOf(random: Random): Buffer {
  const fields = [...random.pick(HTTP2_HEADS)];
  for (let left = 1 + random.small(4); left > 0; left--) {
    const at = random.below(fields.length + 1);
    const isInserted = random.once(3);
    const word = random.once(2) ? random.pick(HTTP2_WORDS) : random.pick(random.pick(HTTP2_HEADS));
    fields.splice(at, isInserted ? 0 : 1, word);
    if (isInserted && random.once(2)) fields.splice(at + 1, 0, random.pick(HTTP2_WORDS));
  }
  return Buffer.from(fields.join(FIELD_SEPARATOR), 'latin1');
}
