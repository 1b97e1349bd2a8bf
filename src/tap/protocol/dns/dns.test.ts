import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import type { Transaction } from '../../../event/index.ts';
import type { Direction, Match } from '../parser.ts';
import { dnsTcp, dnsUdp, llmnr, mdns } from './index.ts';
import { DNS_LOG } from './zeek.ts';

/** A name in the wire's form. */
function wire(name: string): Buffer {
  const labels = name === '' ? [] : name.split('.');
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([Buffer.byteLength(label)]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);
}

function header(id: number, flags: number, ...counts: readonly number[]): Buffer {
  const bytes = Buffer.alloc(12);
  for (const [i, value] of [id, flags, ...counts].entries()) bytes.writeUInt16BE(value, i * 2);
  return bytes;
}

function question(name: string, type: number): Buffer {
  return Buffer.concat([wire(name), Buffer.from([type >> 8, type & 255, 0, 1])]);
}

/** A record whose name points at the question. */
function record(type: number, ttl: number, data: Uint8Array, recordClass = 1): Buffer {
  const fixed = Buffer.alloc(12);
  fixed.writeUInt16BE(0xc00c, 0);
  fixed.writeUInt16BE(type, 2);
  fixed.writeUInt16BE(recordClass, 4);
  fixed.writeUInt32BE(ttl, 6);
  fixed.writeUInt16BE(data.length, 10);
  return Buffer.concat([fixed, data]);
}

const hexOf = (digits: string): Buffer => Buffer.from(digits.replaceAll(' ', ''), 'hex');

const QUERY = Buffer.concat([header(7, 0x0100, 1, 0, 0, 0), question('www.Example.org', 1)]);

function answer(type: number, ...records: readonly Buffer[]): Buffer {
  return Buffer.concat([
    header(7, 0x8180, 1, records.length, 0, 0),
    question('www.Example.org', type),
    ...records,
  ]);
}

const ANSWER = answer(1, record(5, 60, hexOf('0163c010')), record(1, 30, Buffer.from([192, 0, 2, 1])));

function eveOf(transaction: Transaction | undefined): Record<string, unknown> {
  return (transaction?.eve().dns ?? transaction?.eve().mdns) as Record<string, unknown>;
}

/** Zeek's rows by column. */
function rows(context: RecordingContext): Record<string, unknown>[] {
  return context.transactions
    .flatMap((transaction) => transaction.zeek?.() ?? [])
    .map((row) => Object.fromEntries(DNS_LOG.columns.map(([name], i) => [name, row.values[i]])));
}

test('a query and its answer in EVE', () => {
  const context = RecordingContext.run(dnsUdp, 'udp', [
    [0, QUERY],
    [1, ANSWER],
  ]);
  assert.equal(context.transactions.length, 2);
  assert.deepEqual(eveOf(context.transactions[0]), {
    version: 3,
    type: 'request',
    tx_id: 0,
    id: 7,
    flags: '100',
    rd: true,
    opcode: 0,
    rcode: 'NOERROR',
    queries: [{ rrname: 'www.Example.org', rrtype: 'A' }],
  });
  assert.deepEqual(eveOf(context.transactions[1]), {
    version: 3,
    type: 'response',
    tx_id: 1,
    id: 7,
    flags: '8180',
    qr: true,
    rd: true,
    ra: true,
    opcode: 0,
    rcode: 'NOERROR',
    queries: [{ rrname: 'www.Example.org', rrtype: 'A' }],
    answers: [
      { rrname: 'www.Example.org', rrtype: 'CNAME', ttl: 60, rdata: 'c.Example.org' },
      { rrname: 'www.Example.org', rrtype: 'A', ttl: 30, rdata: '192.0.2.1' },
    ],
    grouped: { CNAME: ['c.Example.org'], A: ['192.0.2.1'] },
  });
  assert.deepEqual(context.names, ['www.Example.org']);
  assert.deepEqual(context.resolutions, [['www.Example.org', '192.0.2.1']]);
});

test('a query and its answer in one row of dns.log', () => {
  const [row, ...others] = rows(
    RecordingContext.run(dnsUdp, 'udp', [
      [0, QUERY],
      [1, ANSWER],
    ]),
  );
  assert.equal(others.length, 0);
  assert.equal(row?.query, 'www.example.org');
  assert.equal(row?.original_query, 'www.Example.org');
  assert.equal(row?.qtype_name, 'A');
  assert.deepEqual(row?.answers, ['c.example.org', '192.0.2.1']);
  assert.deepEqual(row?.TTLs, [60_000_000, 30_000_000]);
  assert.equal(row?.RA, true);
  assert.equal(row?.rejected, false);
});

test('record types in both renderings', () => {
  const cases: readonly [
    type: number,
    data: string,
    eve: Record<string, unknown>,
    zeek: string[] | undefined,
  ][] = [
    [
      28,
      '20010db8000000000000000000000001',
      { rdata: '2001:0db8:0000:0000:0000:0000:0000:0001' },
      ['2001:db8::1'],
    ],
    [15, '000a 026d78 c010', { rdata: 'mx.Example.org' }, ['mx.example.org']],
    [
      33,
      '0014 0001 13c4 0173 c010',
      { srv: { priority: 20, weight: 1, port: 5060, name: 's.Example.org' } },
      ['s.example.org'],
    ],
    [
      6,
      '016e c010 0168 c010 00000001 00001c20 00000384 00127500 00015180',
      {
        soa: {
          mname: 'n.Example.org',
          rname: 'h.Example.org',
          serial: 1,
          refresh: 7200,
          retry: 900,
          expire: 1209600,
          minimum: 86400,
        },
      },
      ['n.example.org'],
    ],
    [44, '0102 abcdef', { sshfp: { fingerprint: 'ab:cd:ef', algo: 1, type: 2 } }, ['SSHFP: abcdef']],
    [48, '0101 03 05 aabb', {}, ['DNSKEY 5']],
    [43, '1234 08 02 aabb', {}, ['DS 8 2']],
    [46, '0030 05 02 00000e10 00000000 00000000 1234 c010 aabb', {}, ['RRSIG 48 example.org']],
    [47, '0178 c010 0001 40', {}, ['NSEC www.example.org x.example.org']],
    [29, '00 12 15 13 00000000 00000000 00000000', {}, ['LOC:  18 21 19']],
    [35, '0064 0032 0173 0353 4950 00 c00c', {}, ['NAPTR 100 50 s SIP www.example.org']],
    [65534, '05 aaaa 00 01', {}, ['BIND9 signing signal']],
    [10, '41ff', { rdata: 'A\\xff' }, ['<unknown type=10>']],
    [65, '0001 00', {}, undefined],
  ];
  for (const [type, data, expected, zeek] of cases) {
    const context = RecordingContext.run(dnsUdp, 'udp', [
      [0, QUERY],
      [1, answer(type, record(type, 5, hexOf(data)))],
    ]);
    const [first] = eveOf(context.transactions[1]).answers as Record<string, unknown>[];
    const { rrname: _, rrtype: __, ttl: ___, ...rest } = first as Record<string, unknown>;
    assert.deepEqual(rest, expected, `type ${type}`);
    assert.deepEqual(rows(context)[0]?.answers, zeek, `type ${type}`);
  }
});

test('each string of a TXT record is an answer in EVE, one answer in Zeek', () => {
  const context = RecordingContext.run(dnsUdp, 'udp', [
    [1, answer(16, record(16, 5, hexOf('0461626364 00 02c3a9')))],
  ]);
  const dns = eveOf(context.transactions[0]);
  assert.deepEqual(
    (dns.answers as { rdata: string }[]).map(({ rdata }) => rdata),
    ['abcd', '', 'é'],
  );
  assert.deepEqual((dns.grouped as { TXT: string[] }).TXT, ['abcd', '', 'é']);
  assert.deepEqual(rows(context)[0]?.answers, ['TXT 4 abcd TXT 0  TXT 2 é']);
});

test('EDNS options; an OPT record without any is not shown', () => {
  const tail = (data: string): Buffer => {
    const bytes = hexOf(data);
    return Buffer.concat([hexOf('00 0029 1000 00000000'), Buffer.from([0, bytes.length]), bytes]);
  };
  const message = (data: string): Buffer =>
    Buffer.concat([header(7, 0x0100, 1, 0, 0, 1), question('a.b', 1), tail(data)]);
  const context = RecordingContext.run(dnsUdp, 'udp', [
    [0, message('')],
    [0, message('0003 0002 6162 0008 0007 0001 18 00 c00002')],
  ]);
  assert.equal(eveOf(context.transactions[0]).additionals, undefined);
  const [shown] = eveOf(context.transactions[1]).additionals as Record<string, unknown>[];
  assert.deepEqual(shown?.opt, [
    { code: 3, data: '6162' },
    { code: 8, data: '00011800c00002' },
  ]);
});

test('dynamic update (RFC 2136)', () => {
  const update = (flags: number): Buffer =>
    Buffer.concat([
      header(9, flags, 1, 1, 2, 0),
      question('example.org', 6),
      record(5, 0, Buffer.alloc(0), 254),
      record(28, 0, Buffer.alloc(0), 255),
      record(1, 1200, Buffer.from([192, 0, 2, 9])),
    ]);
  const [row] = rows(
    RecordingContext.run(dnsUdp, 'udp', [
      [0, update(0x2800)],
      [1, update(0xa805)],
    ]),
  );
  assert.deepEqual(row?.answers, [
    'pre: NoRRSet CNAME example.org',
    'del: RRSet AAAA',
    'add: A example.org 192.0.2.9',
  ]);
  assert.equal(row?.opcode_name, 'dynamic-update');
  assert.equal(row?.rcode_name, 'REFUSED');
  assert.equal(row?.qtype, undefined);
});

test('compression: loops, forward pointers, names without end', () => {
  const loop = Buffer.concat([header(1, 0x0100, 1, 0, 0, 0), hexOf('0161 c00c 0001 0001')]);
  const self = Buffer.concat([header(1, 0x0100, 1, 0, 0, 0), hexOf('c00c 0001 0001')]);
  const forward = Buffer.concat([
    header(1, 0x0100, 2, 0, 0, 0),
    hexOf('c012 0001 0001'),
    question('codemonkey.net', 1),
  ]);
  const first = RecordingContext.run(dnsUdp, 'udp', [[0, loop]]);
  assert.deepEqual(first.anomalies, ['name_too_long', 'too_many_labels']);
  assert.deepEqual(RecordingContext.run(dnsUdp, 'udp', [[0, self]]).anomalies, [
    'infinite_loop',
    'malformed_data',
  ]);
  const [query] = RecordingContext.run(dnsUdp, 'udp', [[0, forward]]).transactions;
  assert.deepEqual((eveOf(query).queries as { rrname: string }[])[0]?.rrname, 'codemonkey.net');
});

test('a bad section does not hide the ones before it', () => {
  const bad = Buffer.concat([
    header(7, 0x8180, 1, 1, 0, 1),
    question('a.b', 1),
    record(1, 1, Buffer.from([192, 0, 2, 1])),
    hexOf('c0'),
  ]);
  const context = RecordingContext.run(dnsUdp, 'udp', [[1, bad]]);
  assert.deepEqual(context.anomalies, ['invalid_additionals']);
  assert.equal((eveOf(context.transactions[0]).answers as unknown[]).length, 1);
});

test('pairing: either may come first, the rest is told at the end, and what waits is bounded', () => {
  const reversed = rows(
    RecordingContext.run(dnsUdp, 'udp', [
      [0, Buffer.concat([header(1, 0x0100, 1, 0, 0, 0), question('first.org', 1)])],
      [1, ANSWER],
      [0, QUERY],
    ]),
  );
  assert.deepEqual(
    reversed.map((row) => [row.query, row.rcode]),
    [
      ['www.example.org', 0],
      ['first.org', undefined],
    ],
  );
  const queries = Array.from(
    { length: 200 },
    (_, id) => [0, Buffer.concat([header(id, 0x0100, 1, 0, 0, 0), question('a.b', 1)])] as const,
  );
  assert.equal(rows(RecordingContext.run(dnsUdp, 'udp', queries)).length, 200);
});

test('multicast DNS: its own record, no pairing', () => {
  const reply = Buffer.concat([
    header(0, 0x8400, 0, 2, 0, 0),
    wire('John’s iMac._device-info._tcp.local'),
    hexOf('0010 0001 00001194 0006 056d3d313233'),
    hexOf('c01a 000c 8001 00001194 0002 c00c'),
  ]);
  const ask = Buffer.concat([header(0, 0, 1, 0, 0, 0), question('printer.local', 12)]);
  const context = RecordingContext.run(mdns, 'udp', [
    [0, ask],
    [0, reply],
  ]);
  assert.deepEqual(
    context.transactions.map(({ type }) => type),
    ['mdns', 'mdns'],
  );
  const object = eveOf(context.transactions[1]);
  assert.equal(object.type, 'response');
  assert.deepEqual(object.flags, ['aa']);
  const answers = object.answers as Record<string, unknown>[];
  assert.deepEqual(answers[0], { rrname: 'John’s iMac._device-info._tcp.local', txt: ['m=123'] });
  assert.equal(answers[1]?.ptr, 'John’s iMac._device-info._tcp.local');
  assert.equal(rows(context).length, 2);
});

test('LLMNR is written for Zeek only', () => {
  const context = RecordingContext.run(llmnr, 'udp', [[0, QUERY]]);
  assert.equal(context.transactions[0]?.zeekOnly, true);
});

const framed = (message: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);

test('DNS over TCP in any segmentation', () => {
  const stream = Buffer.concat([framed(QUERY), Buffer.from([0, 0]), framed(QUERY), framed(QUERY)]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 }), (sizes) => {
      const pieces: [Direction, Buffer][] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const size = sizes[turn % sizes.length] as number;
        pieces.push([0, stream.subarray(at, at + size)]);
        at += size;
      }
      const context = RecordingContext.run(dnsTcp, 'tcp', pieces);
      const records = context.transactions.filter(({ zeekOnly }) => zeekOnly !== true);
      assert.equal(records.length, 3);
      assert.equal(context.left(0), 0);
    }),
    { numRuns: 50 },
  );
});

test('detection', () => {
  const probe = (bytes: Uint8Array, server: number): Match =>
    dnsUdp.probe(bytes, 0, bytes.length, 0, { client: 40000, server });
  assert.equal(probe(QUERY, 53), 'yes');
  assert.equal(probe(QUERY, 9999), 'yes');
  assert.equal(probe(ANSWER, 9999), 'yes');
  assert.equal(probe(ANSWER.subarray(0, 50), 53), 'maybe');
  assert.equal(probe(QUERY, 5353), 'no');
  assert.equal(probe(Buffer.alloc(40), 53), 'no');
  assert.equal(probe(Buffer.from('\x13BitTorrent protocol with more bytes'), 9999), 'no');
  assert.equal(mdns.probe(QUERY, 0, QUERY.length, 0, { client: 5353, server: 5353 }), 'yes');
  const stream = framed(QUERY);
  const port = { client: 40000, server: 53 };
  assert.equal(dnsTcp.probe(stream, 0, stream.length, 0, port), 'yes');
  assert.equal(dnsTcp.probe(stream, 0, 7, 0, port), 'maybe');
  assert.equal(dnsTcp.probe(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 0, 18, 0, port), 'no');
});

test('no bytes make it throw', () => {
  const samples = [QUERY, ANSWER, answer(6, record(6, 5, hexOf('016e c010 0168 c010 00000001')))];
  const change = fc.tuple(fc.nat(200), fc.nat(255));
  fc.assert(
    fc.property(fc.nat(2), fc.array(change, { maxLength: 8 }), fc.nat(120), (which, changes, length) => {
      const bytes = Buffer.from(samples[which] as Buffer);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      const cut = bytes.subarray(0, Math.max(1, length));
      dnsUdp.probe(cut, 0, cut.length, 0, { client: 1, server: 53 });
      dnsUdp.probe(cut, 0, cut.length, 0, { client: 1, server: 2 });
      for (const protocol of [dnsUdp, mdns]) {
        const context = RecordingContext.run(protocol, 'udp', [[(which & 1) as Direction, cut]]);
        for (const transaction of context.transactions) {
          transaction.eve();
          transaction.zeek?.();
        }
      }
    }),
    { numRuns: 1500 },
  );
});
