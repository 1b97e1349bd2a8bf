/** The kinds of flow that the small-flows capture is made of. */

import { Lookup } from './dns-message.ts';
import { Random } from './random.ts';
import { ACK, type Endpoints, FIN, type FrameBuilder, PSH, RST, SYN } from './segment.ts';

/** One kind of flow: how often it is, how many packets it has, and what the packets are. */
export interface FlowKind {
  readonly name: string;
  /** Part of all flows; the parts add up to 1. */
  readonly share: number;
  /** Microseconds from the start of the flow to each of its packets, before the flow's own pace. */
  readonly delaysUs: readonly number[];
  /** Builds packet `step` of the flow that `seed` stands for. */
  build(frame: FrameBuilder, seed: number, step: number): void;
}

const NOTHING = new Uint8Array(0);
const CLIENTS = 30_000;
const WEB_SERVERS = 4000;
const SCANNERS = 40;

/** Address `n` of a network that begins at `base`. */
function address(base: number, n: number): number {
  return (base + n) >>> 0;
}

const CLIENT_NET = 0x0a00_0101;
const RESOLVER_NET = 0x0a00_0035;
const SERVER_NET = 0xc612_0001;
const SCANNER_NET = 0xcb00_7101;
const SCANNED_NET = 0x0a80_0000;

/** A client's connection, and the same seen from its server. */
function connection(random: Random, port: number): readonly [Endpoints, Endpoints] {
  const client = address(CLIENT_NET, random.below(CLIENTS));
  const server = address(SERVER_NET, random.below(WEB_SERVERS));
  return bothWays(client, server, 32_768 + random.below(28_000), port);
}

function bothWays(
  source: number,
  destination: number,
  sourcePort: number,
  destinationPort: number,
): readonly [Endpoints, Endpoints] {
  return [
    { source, destination, sourcePort, destinationPort },
    { source: destination, destination: source, sourcePort: destinationPort, destinationPort: sourcePort },
  ];
}

const dns: FlowKind = {
  name: 'DNS lookup',
  share: 0.55,
  delaysUs: [0, 18_000],
  build(frame, seed, step) {
    const random = new Random(seed);
    const client = address(CLIENT_NET, random.below(CLIENTS));
    const [query, answer] = bothWays(
      client,
      address(RESOLVER_NET, random.below(4)),
      32_768 + random.below(28_000),
      53,
    );
    const lookup = new Lookup(seed);
    if (step === 0) frame.udp(query, (bytes, start) => lookup.query(bytes, start));
    else frame.udp(answer, (bytes, start) => lookup.answer(bytes, start));
  },
};

/** A connection with one question and one answer: ten packets. */
function exchange(
  frame: FrameBuilder,
  random: Random,
  step: number,
  port: number,
  question: Uint8Array,
  answer: Uint8Array,
): void {
  const [up, down] = connection(random, port);
  const client = random.next();
  const server = random.next();
  const asked = client + 1 + question.length;
  const answered = server + 1 + answer.length;
  const steps: readonly (() => void)[] = [
    () => frame.tcp(up, SYN, client, 0, NOTHING),
    () => frame.tcp(down, SYN | ACK, server, client + 1, NOTHING),
    () => frame.tcp(up, ACK, client + 1, server + 1, NOTHING),
    () => frame.tcp(up, PSH | ACK, client + 1, server + 1, question),
    () => frame.tcp(down, ACK, server + 1, asked, NOTHING),
    () => frame.tcp(down, PSH | ACK, server + 1, asked, answer),
    () => frame.tcp(up, ACK, asked, answered, NOTHING),
    () => frame.tcp(up, FIN | ACK, asked, answered, NOTHING),
    () => frame.tcp(down, FIN | ACK, answered, asked + 1, NOTHING),
    () => frame.tcp(up, ACK, asked + 1, answered + 1, NOTHING),
  ];
  steps[step]!();
}

const EXCHANGE_DELAYS_US = [0, 12_000, 12_100, 12_400, 24_500, 31_000, 31_200, 40_000, 52_000, 52_100];

const BODY = Buffer.from(
  `{"status":"ok","items":[${Array.from({ length: 110 }, (_, i) => i * i).join(',')}]}\n`,
);
const BROWSER =
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n' +
  'Accept: application/json, text/plain, */*\r\nAccept-Language: en-US,en;q=0.5\r\n' +
  'Accept-Encoding: gzip, deflate\r\n';

const http: FlowKind = {
  name: 'HTTP exchange',
  share: 0.12,
  delaysUs: EXCHANGE_DELAYS_US,
  build(frame, seed, step) {
    const random = new Random(seed);
    const host = `host${random.below(2000)}.example.com`;
    const path = `/v1/items/${random.next().toString(36)}`;
    const question = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${BROWSER}\r\n`;
    const answer =
      `HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${BODY.length}\r\nConnection: close\r\n\r\n${BODY}`;
    exchange(frame, random, step, 80, Buffer.from(question), Buffer.from(answer));
  },
};

const keyValue: FlowKind = {
  name: 'line protocol that has no parser',
  share: 0.05,
  delaysUs: EXCHANGE_DELAYS_US,
  build(frame, seed, step) {
    const random = new Random(seed);
    const question = `get session:${random.next().toString(16)}\r\n`;
    exchange(
      frame,
      random,
      step,
      11_300,
      Buffer.from(question),
      Buffer.from('VALUE 0 12\r\n0123456789ab\r\nEND\r\n'),
    );
  },
};

function probe(random: Random): readonly [Endpoints, Endpoints] {
  const scanner = address(SCANNER_NET, random.below(SCANNERS));
  const target = address(SCANNED_NET, random.below(1 << 18));
  return bothWays(scanner, target, 40_000 + random.below(20_000), 1 + random.below(10_000));
}

const silentScan: FlowKind = {
  name: 'SYN without an answer',
  share: 0.13,
  delaysUs: [0],
  build(frame, seed) {
    const random = new Random(seed);
    const [up] = probe(random);
    frame.tcp(up, SYN, random.next(), 0, NOTHING);
  },
};

const refusedScan: FlowKind = {
  name: 'SYN answered by RST',
  share: 0.15,
  delaysUs: [0, 9000],
  build(frame, seed, step) {
    const random = new Random(seed);
    const [up, down] = probe(random);
    const seq = random.next();
    if (step === 0) frame.tcp(up, SYN, seq, 0, NOTHING);
    else frame.tcp(down, RST | ACK, 0, seq + 1, NOTHING);
  },
};

/** All kinds, with what they are of the whole. */
export const FLOW_KINDS: readonly FlowKind[] = [dns, http, keyValue, silentScan, refusedScan];
