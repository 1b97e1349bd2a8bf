import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { framesOf, ipv4Datagram, ipv6Datagram, udpDatagram } from '../../../test/support/frames.ts';
import { decodeAll } from '../../../test/support/layers.ts';
import { Decoder, DecoderCounters, type DecoderOptions, type OverlapPolicy } from './index.ts';

const MORE = 0x2000;

/** A piece of a datagram: its bytes and where they belong. */
interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly more: boolean;
}

/** Cuts data at the given places, in units of eight bytes. */
function cut(data: Uint8Array, places: readonly number[]): Piece[] {
  const ends = [...new Set(places.map((place) => place * 8))].filter((end) => end > 0 && end < data.length);
  ends.sort((a, b) => a - b);
  ends.push(data.length);
  let start = 0;
  return ends.map((end) => {
    const piece = { offset: start, bytes: data.subarray(start, end), more: end < data.length };
    start = end;
    return piece;
  });
}

function piece4(piece: Piece, id = 7): Buffer {
  const fragment = (piece.offset >> 3) | (piece.more ? MORE : 0);
  return ipv4Datagram({ protocol: 17, id, fragment }, piece.bytes);
}

function piece6(piece: Piece, id = 7): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 17;
  header.writeUInt16BE(piece.offset | (piece.more ? 1 : 0), 2);
  header.writeUInt32BE(id, 4);
  return ipv6Datagram(44, Buffer.concat([header, piece.bytes]));
}

/** A piece behind a destination options header, whose next header field reassembly has to change. */
function piece6WithOptions(piece: Piece): Buffer {
  const plain = piece6(piece);
  const options = Buffer.from([44, 0, 5, 2, 0, 0, 1, 0]);
  return ipv6Datagram(60, Buffer.concat([options, plain.subarray(40)]));
}

function reassemble(packets: readonly Uint8Array[], options?: DecoderOptions) {
  const { layers, counters } = decodeAll([framesOf(packets, 101)], options);
  return { whole: layers.filter((layer) => layer.packet.reassembled), layers, counters };
}

const someData = fc.uint8Array({ minLength: 9, maxLength: 3000 });
const somePlaces = fc.array(fc.integer({ min: 1, max: 375 }), { maxLength: 20 });

for (const [name, make] of [
  ['IPv4', piece4],
  ['IPv6', piece6],
  ['IPv6 with options', piece6WithOptions],
] as const) {
  test(`any cut, order and repetition gives the same bytes: ${name}`, () => {
    fc.assert(
      fc.property(someData, somePlaces, fc.infiniteStream(fc.nat()), (content, places, random) => {
        const datagram = udpDatagram(1000, 2000, content);
        const pieces = cut(datagram, places);
        if (pieces.length < 2) return;
        const order = pieces.flatMap((piece) => {
          const times = 1 + (random.next().value % 3 === 0 ? 1 : 0);
          return Array.from({ length: times }, () => ({ piece, rank: random.next().value }));
        });
        order.sort((a, b) => a.rank - b.rank);
        const { whole } = reassemble(order.map(({ piece }) => make(piece)));
        assert.ok(whole.length >= 1);
        const layer = whole[0];
        assert.equal(layer?.payload, Buffer.from(content).toString('latin1'));
        assert.equal(layer?.packet.srcPort, 1000);
        assert.equal(layer?.packet.base, -1);
        assert.equal(layer?.packet.fragment, false);
      }),
      { numRuns: 150 },
    );
  });
}

test('overlapping pieces of the same data give that data, under every policy', () => {
  const policies: OverlapPolicy[] = ['first', 'last', 'bsd', 'bsd-right', 'linux', 'windows', 'solaris'];
  const span = fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 30 }));
  fc.assert(
    fc.property(fc.constantFrom(...policies), fc.array(span, { maxLength: 30 }), (policy, spans) => {
      const datagram = udpDatagram(
        1000,
        2000,
        Uint8Array.from({ length: 400 }, (_, i) => i),
      );
      const pieces: Piece[] = spans.map(([start, length]) => {
        const offset = Math.min(start * 8, datagram.length - 16) & ~7;
        const end = Math.min(offset + length * 8, datagram.length & ~7);
        return { offset, bytes: datagram.subarray(offset, end), more: true };
      });
      pieces.push(...cut(datagram, [5, 20, 40]));
      const { whole } = reassemble(
        pieces.map((piece) => piece4(piece)),
        { fragments: { policy } },
      );
      assert.equal(whole.length, 1);
      assert.equal(whole[0]?.packet.payloadLength, 400);
      assert.equal(whole[0]?.payload, datagram.subarray(8).toString('latin1'));
    }),
    { numRuns: 200 },
  );
});

/** What wins, by policy: the pieces of Novak's paper, a letter for each eight bytes. */
test('policies decide whose bytes count', () => {
  // Offset, length and letter, in the order of arrival.
  const arrivals: readonly (readonly [offset: number, length: number, letter: string])[] = [
    [0, 3, '1'],
    [4, 2, '2'],
    [6, 3, '3'],
    [1, 4, '4'],
    [6, 3, '5'],
    [9, 3, '6'],
  ];
  const expected: Record<OverlapPolicy, string> = {
    first: '111422333666',
    last: '144442555666',
    bsd: '111442333666',
    'bsd-right': '111442555666',
    linux: '111442555666',
    windows: '111422333666',
    solaris: '111422333666',
  };
  for (const [policy, letters] of Object.entries(expected) as [OverlapPolicy, string][]) {
    const packets = arrivals.map(([offset, length, letter]) =>
      piece4({ offset: offset * 8, bytes: Buffer.alloc(length * 8, letter), more: offset !== 9 }),
    );
    assert.equal(lettersOf(packets, policy), letters, policy);
  }
});

/** One letter for each eight bytes of the datagram that comes out. */
function lettersOf(packets: readonly Uint8Array[], policy: OverlapPolicy): string {
  let text = '';
  const decoder = new Decoder(
    {
      packet: (packet) => {
        if (!packet.reassembled) return;
        text = Buffer.from(packet.bytes.subarray(packet.ipStart + 20, packet.ipEnd)).toString('latin1');
      },
    },
    { fragments: { policy } },
  );
  const batch = framesOf(packets, 101);
  for (let i = 0; i < batch.end; i++) decoder.decode(batch, i, i + 1);
  return text.replace(/(.)\1{7}/g, '$1');
}

test('pieces are given out without ports, and overlaps are noted', () => {
  const pieces = cut(udpDatagram(1000, 2000, new Uint8Array(100)), [5]).map((piece) => piece4(piece));
  const { layers } = reassemble([pieces[0]!, pieces[0]!, pieces[1]!]);
  assert.deepEqual(
    layers.map((layer) => [layer.packet.fragment, layer.packet.srcPort, layer.events.join()]),
    [
      [true, 0, ''],
      [true, 0, 'ipv4.frag_overlap'],
      [true, 0, ''],
      [false, 1000, ''],
    ],
  );
  assert.equal(layers[2]?.packet.layerLength, pieces[1]?.length);
  assert.equal(layers[3]?.packet.layerLength, 20 + 108);
});

test('a datagram that waits too long is given up, by the time of the capture', () => {
  const pieces = cut(udpDatagram(1000, 2000, new Uint8Array(100)), [5]).map((piece) => piece4(piece));
  const batch = framesOf(pieces, 101);
  batch.timeUs[1] = batch.timeUs[0]! + 61e6;
  const { layers, counters } = decodeAll([batch]);
  assert.ok(layers.every((layer) => !layer.packet.reassembled));
  // The first piece alone, then the second alone at the end.
  assert.equal(counters.get('fragment_timeouts'), 2);
});

test('memory is bounded: the datagram that waits longest goes first', () => {
  const counters = new DecoderCounters();
  const limits = { datagrams: 10, bytes: 100_000 };
  const decoder = new Decoder({ packet: () => undefined }, { fragments: limits }, counters);
  const first = { offset: 0, bytes: new Uint8Array(800), more: true };
  const batch = framesOf(
    Array.from({ length: 500 }, (_, id) => piece4(first, id)),
    101,
  );
  for (let i = 0; i < batch.end; i++) decoder.decode(batch, i, i + 1);
  assert.ok(decoder.fragments.waiting <= limits.datagrams);
  assert.ok(decoder.fragments.heldBytes <= limits.bytes);
  assert.equal(counters.get('fragment_evictions'), 490);
  decoder.end();
  assert.equal(decoder.fragments.waiting, 0);
  assert.equal(decoder.fragments.heldBytes, 0);
});

test('a datagram larger than IP allows is refused', () => {
  const { layers } = reassemble([piece4({ offset: 65528, bytes: new Uint8Array(100), more: false })]);
  assert.deepEqual(layers[0]?.events, ['ipv4.frag_pkt_too_large']);
  const six = reassemble([piece6({ offset: 65528, bytes: new Uint8Array(100), more: false })]);
  assert.deepEqual(six.layers[0]?.events, ['ipv6.frag_pkt_too_large']);
  const odd = reassemble([piece6({ offset: 0, bytes: new Uint8Array(9), more: true })]);
  assert.deepEqual(odd.layers[0]?.events, ['ipv6.frag_invalid_length']);
});

test('fragments in fragments do not go deeper than allowed', () => {
  // Each datagram's content is the last piece of the next one.
  const count = 40;
  let inner = Buffer.from(udpDatagram(1, 2, new Uint8Array(8)));
  const packets: Uint8Array[] = [];
  for (let level = 0; level < count; level++) {
    const header = Buffer.alloc(8);
    header[0] = level === 0 ? 17 : 44;
    header.writeUInt16BE(8, 2);
    header.writeUInt32BE(100 + level, 4);
    const first = Buffer.from(header);
    first.writeUInt16BE(1, 2);
    packets.push(ipv6Datagram(44, Buffer.concat([first, inner.subarray(0, 8)])));
    inner = Buffer.concat([header, inner.subarray(8)]);
    if (inner.length < 16) inner = Buffer.concat([inner, Buffer.alloc(16)]);
  }
  packets.push(ipv6Datagram(44, inner));
  const { layers } = reassemble(packets);
  assert.ok(layers.length < packets.length + 10);
});
