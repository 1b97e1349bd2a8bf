import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { expandIpv6 } from '../../src/net/index.ts';
import { CORPUS, corpusCases, withoutCorpus } from '../support/corpus.ts';
import { type EveRecord, eveRecords, type Json } from '../support/eve-records.ts';

/** A capture and what FoxIO's own implementation says of its streams. */
interface Ja4Case {
  readonly pcap: string;
  readonly expected: readonly Readonly<Record<string, string>>[];
}

test('JA4 of all clients as FoxIO has them', { skip: withoutCorpus('ja4') }, async (t) => {
  const missing: string[] = [];
  let values = 0;
  for (const [name, { pcap, expected }] of corpusCases<Ja4Case>('ja4')) {
    const wanted = expected.flatMap(valuesOf);
    if (wanted.length === 0) continue;
    const found = new Set((await eveRecords([join(CORPUS, pcap)])).flatMap(fingerprints));
    values += wanted.length;
    missing.push(...wanted.filter((value) => !found.has(value)).map((value) => `${name}: ${value}`));
  }
  t.diagnostic(`ja4: ${values - missing.length} of ${values} values`);
  assert.deepEqual(missing, []);
  assert.ok(values > 0);
});

/** Client and JA4 of one stream; a stream with several hellos has `JA4.1`, `JA4.2` and so on. */
function valuesOf(stream: Readonly<Record<string, string>>): string[] {
  return Object.entries(stream)
    .filter(([key]) => /^JA4(\.\d+)?$/.test(key))
    .map(([, value]) => key(stream.src ?? '', Number(stream.srcport), value));
}

/** What a record says of the ends of its flow. */
function fingerprints(record: EveRecord): string[] {
  return ['tls', 'quic'].flatMap((part) => {
    const ja4 = member(record[part], 'ja4');
    if (typeof ja4 !== 'string') return [];
    return ['src', 'dest'].map((end) => key(String(record[`${end}_ip`]), Number(record[`${end}_port`]), ja4));
  });
}

function member(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as EveRecord)[name]
    : undefined;
}

function key(address: string, port: number, ja4: string): string {
  return `${address.includes(':') ? expandIpv6(address) : address} ${port} ${ja4}`;
}
