import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { latin1 } from '../../../net/index.ts';
import type { Direction } from '../parser.ts';
import { EXAMPLES, type Example, FROM_SERVER } from './examples.ts';
import {
  applicationOfCertificate,
  CallEndpoints,
  createRecogniser,
  protocolOfNumber,
  protocolOfPorts,
  protocolOverTls,
  type Recognition,
  type Recollection,
  SIGNATURES,
  type Talk,
} from './index.ts';

function payloadOf(text: string): { bytes: Buffer; direction: Direction } {
  const fromServer = text.startsWith(FROM_SERVER);
  return { bytes: Buffer.from(fromServer ? text.slice(1) : text, 'latin1'), direction: fromServer ? 1 : 0 };
}

/** What is kept of a flow before its first payload. */
function nothingSeen(): Recollection {
  return { payloads: 0, candidate: 0, matches: 0, memory: 0, recognition: undefined };
}

/** How a flow with these payloads is named; what lies around a payload in its buffer is `filler`. */
function nameOf(example: Example, filler: number): Recognition | undefined {
  const recogniser = createRecogniser(() => example.application ?? '');
  const kept = nothingSeen();
  let named: Recognition | undefined;
  for (const text of example.payloads) {
    const { bytes, direction } = payloadOf(text);
    const buffer = new Uint8Array(bytes.length + 64).fill(filler);
    buffer.set(bytes, 32);
    const { recognition } = recogniser.look(
      example.transport,
      buffer,
      32,
      32 + bytes.length,
      direction,
      { client: 50000, server: example.port ?? 40000 },
      kept,
      0,
    );
    if (recognition !== undefined) named = recognition;
  }
  return named;
}

describe('signatures', () => {
  for (const example of EXAMPLES) {
    const { name, application, transport } = example;
    it(`${name}${application === undefined ? '' : `.${application}`} over ${transport}`, () => {
      for (const filler of [0, 255]) {
        const named = nameOf(example, filler);
        assert.equal(named?.name, name);
        if (application !== undefined && named?.application !== '')
          assert.equal(named?.application, application);
      }
    });
  }

  it('has an example for each name and transport', () => {
    const shown = new Set(EXAMPLES.map(({ name, transport }) => `${name} ${transport}`));
    const names = new Set(EXAMPLES.map(({ name }) => name));
    const missing = SIGNATURES.filter(
      ({ name, transports }) => !names.has(name) || !transports.some((t) => shown.has(`${name} ${t}`)),
    );
    assert.deepEqual(
      missing.map(({ name, transports }) => `${name} over ${transports}`),
      [],
    );
  });

  it('never throws, and never looks beyond a payload', () => {
    const talk: Talk = {
      direction: 0,
      client: 0,
      server: 0,
      earlier: 0,
      memory: 0,
      known: undefined,
      application: '',
      network: () => '',
    };
    const payloads = EXAMPLES.flatMap((example) => example.payloads.map((p) => payloadOf(p).bytes));
    const cut = fc.tuple(
      fc.constantFrom(...payloads),
      fc.nat(400),
      fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 4 }),
    );
    fc.assert(
      fc.property(cut, ([payload, length, changes]) => {
        const bytes = Uint8Array.from(payload.subarray(0, Math.min(payload.length, length + 1)));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        for (const signature of SIGNATURES) {
          if (bytes.length < (signature.least ?? 1)) continue;
          const port = signature.ports?.[0] ?? 40000;
          const verdicts = [0, 255].map((filler) => {
            const buffer = new Uint8Array(bytes.length + 1024).fill(filler);
            buffer.set(bytes, 8);
            Object.assign(talk, { client: 50000, server: port, memory: 0, application: '' });
            const verdict = signature.probe(buffer, 8, 8 + bytes.length, talk);
            return `${verdict} ${talk.application} ${talk.memory}`;
          });
          assert.equal(
            verdicts[0],
            verdicts[1],
            `${signature.name} looks beyond ${latin1(bytes, 0, Math.min(bytes.length, 40))}`,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not claim random bytes', () => {
    const recogniser = createRecogniser(() => '');
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return state >>> 24;
    };
    const bytes = new Uint8Array(600);
    let claimed = 0;
    for (let i = 0; i < 20_000; i++) {
      for (let j = 0; j < 128; j++) bytes[j] = random();
      const ports = { client: 40000 + (i % 9000), server: 49152 + (i % 2000) };
      const length = 8 + (i % 500);
      for (const transport of ['tcp', 'udp'] as const) {
        const { recognition } = recogniser.look(transport, bytes, 0, length, 0, ports, nothingSeen(), 0);
        if (recognition !== undefined) claimed++;
      }
    }
    assert.ok(claimed < 20, `${claimed} of 40000 random payloads were claimed`);
  });
});

describe('names without content', () => {
  it('by IP protocol', () => {
    assert.equal(protocolOfNumber(1), 'ICMP');
    assert.equal(protocolOfNumber(50), 'IPSec');
    assert.equal(protocolOfNumber(6), undefined);
  });

  it('by port, the lower one first', () => {
    assert.equal(protocolOfPorts(6, 50000, 443), 'TLS');
    assert.equal(protocolOfPorts(17, 443, 50000), 'QUIC');
    assert.equal(protocolOfPorts(6, 179, 110), 'POP3');
    assert.equal(protocolOfPorts(6, 50000, 50001), undefined);
  });

  it('of protocols inside TLS', () => {
    assert.equal(protocolOverTls(undefined, 50000, 993), 'IMAPS');
    assert.equal(protocolOverTls('smtp', 50000, 25), 'SMTPS');
    assert.equal(protocolOverTls(undefined, 50000, 443), 'TLS');
  });

  it('by certificate', () => {
    assert.equal(
      applicationOfCertificate(['DE', 'philandro Software GmbH', 'AnyNet Relay'], ['AnyNet Root CA']),
      'AnyDesk',
    );
    assert.equal(applicationOfCertificate(['www.fcsyvnlemwxv5p.net'], ['www.gg562izcxdvqdk.com']), 'Tor');
    assert.equal(applicationOfCertificate(['www.example.net'], ['Example CA']), undefined);
  });

  it('of calls by their sockets', () => {
    const calls = new CallEndpoints();
    calls.add('a 1', 'SignalVoip');
    calls.add('a 1', 'GoogleCall');
    assert.equal(calls.of('a 1'), 'SignalVoip');
    assert.equal(calls.of('b 1'), undefined);
  });
});
