import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Packet } from '../packet/packet.ts';
import { MacAddresses } from './macs.ts';
import { RECORD_WORDS } from './record.ts';

const A = '02:00:00:00:00:0a';
const B = '02:00:00:00:00:0b';
const C = '02:00:00:00:00:0c';
const D = '02:00:00:00:00:0d';

function packet(destination: string, source: string): Packet {
  const p = new Packet();
  p.bytes = Buffer.from(`ffff${destination}${source}`.replaceAll(':', ''), 'hex');
  p.mac = 2;
  return p;
}

test('the first pair stands in the record, later ones beside it, each on its side', () => {
  const macs = new MacAddresses(new Int32Array(RECORD_WORDS * 2), 1);
  const w = RECORD_WORDS;
  assert.equal(macs.of(w), undefined);
  macs.first(w, packet(A, B));
  macs.note(w, 0, packet(A, B));
  macs.note(w, 1, packet(B, A));
  assert.deepEqual(macs.of(w), { destination: A, source: B });
  macs.note(w, 1, packet(B, C));
  macs.note(w, 0, packet(C, D));
  macs.note(w, 0, packet(C, D));
  assert.deepEqual(macs.of(w)?.further, { source: [D], destination: [C] });
});

test('sides are exchanged, and all is forgotten with the flow', () => {
  const macs = new MacAddresses(new Int32Array(RECORD_WORDS), 1);
  macs.first(0, packet(A, B));
  macs.note(0, 0, packet(A, C));
  macs.flip(0);
  assert.deepEqual(macs.of(0), { destination: B, source: A, further: { source: [], destination: [C] } });
  macs.forget(0);
  assert.equal(macs.of(0)?.further, undefined);
});

test('the addresses of one side are bounded', () => {
  const macs = new MacAddresses(new Int32Array(RECORD_WORDS), 1);
  macs.first(0, packet(A, B));
  for (let i = 0; i < 100; i++) {
    macs.note(0, 0, packet(`03:00:00:00:00:${i.toString(16).padStart(2, '0')}`, B));
  }
  assert.equal(macs.of(0)?.further?.destination.length, 9);
});
