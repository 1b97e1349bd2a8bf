import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Transaction } from '../../event/index.ts';
import { FileTracker, sniffMime } from './index.ts';

const owner = () => {
  const records: { transaction: Transaction; direction: number | undefined }[] = [];
  return {
    timeUs: 1000,
    records,
    emit(transaction: Transaction, direction?: number) {
      records.push({ transaction, direction });
    },
  };
};

const info = (transaction: Transaction | undefined): Record<string, unknown> => {
  const record = transaction?.eve();
  return (record?.fileinfo ?? {}) as Record<string, unknown>;
};

const sniff = (content: string): string | undefined => {
  const bytes = Buffer.from(content, 'latin1');
  return sniffMime(bytes, 0, bytes.length);
};

test('types are told by content', () => {
  assert.equal(sniff('<!-- a --> \n<!DOCTYPE html><html>'), 'text/html');
  assert.equal(sniff('<?xml version="1.0"?><rss version="2.0">'), 'text/rss');
  assert.equal(sniff('<?xml version="1.0"?><note/>'), 'application/xml');
  assert.equal(sniff('{"a": 1}'), 'text/json');
  assert.equal(sniff('[{"a": 1}]'), 'text/json');
  assert.equal(sniff('#!/usr/bin/env python3\n'), 'text/x-python');
  assert.equal(sniff('#!/bin/sh\n'), 'text/x-shellscript');
  assert.equal(sniff('MZ\x90\0'), 'application/x-dosexec');
  assert.equal(sniff('\x89PNG\r\n\x1a\n'), 'image/png');
  assert.equal(sniff('GIF89a'), 'image/gif');
  assert.equal(sniff('PK\x03\x04\x14\0\0\0\x08\0'), 'application/zip');
  assert.equal(sniff('\x1f\x8b\x08\0'), 'application/x-gzip');
  assert.equal(sniff('%PDF-1.7'), 'application/pdf');
  assert.equal(sniff('RIFF\x01\x02\x03\x04WEBPVP8 '), 'image/webp');
  assert.equal(sniff('just some words'), 'text/plain');
  assert.equal(sniff('short'), undefined);
  assert.equal(sniff('\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a'), undefined);
  assert.equal(sniff(''), undefined);
});

test('a type is looked for in linear time whatever the bytes', () => {
  for (const piece of ['<!-- ', '<!-- -->', ' ', '"', '[', '{"', 'a', '<rss ', '<?xml ?>', '/.']) {
    const bytes = Buffer.from(piece.repeat(8192 / piece.length), 'latin1');
    const started = performance.now();
    sniffMime(bytes, 0, bytes.length);
    assert.ok(performance.now() - started < 200, piece);
  }
});

test('size, digests and record of a file in any pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9000 }), { maxLength: 12 }), (pieces) => {
      const flow = owner();
      const tracker = new FileTracker();
      const sink = tracker.open(flow, { direction: 1, source: 'HTTP', path: '/x', transactionId: 3 });
      for (const piece of pieces) sink.data(piece, 0, piece.length);
      sink.close(true);
      const whole = Buffer.concat(pieces);
      const record = flow.records[0];
      assert.equal(record?.direction, 1);
      const seen = info(record?.transaction);
      assert.equal(seen.size, whole.length);
      assert.equal(seen.state, 'CLOSED');
      assert.equal(seen.filename, '/x');
      assert.equal(seen.tx_id, 3);
      assert.equal(seen.mimetype, sniffMime(whole, 0, Math.min(4096, whole.length)));
      if (whole.length > 0) {
        for (const name of ['md5', 'sha1', 'sha256']) {
          assert.equal(seen[name], createHash(name).update(whole).digest('hex'));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('gaps and what was passed over truncate a file', () => {
  const flow = owner();
  const tracker = new FileTracker();
  const content = Buffer.from('hello, this is text');
  const holed = tracker.open(flow, { direction: 0, source: 'HTTP' });
  holed.data(content, 0, content.length);
  holed.gap(5);
  holed.data(content, 0, content.length);
  holed.close(true);
  const gapped = info(flow.records[0]?.transaction);
  assert.deepEqual([gapped.gaps, gapped.state, gapped.size, gapped.md5], [true, 'TRUNCATED', 43, undefined]);
  assert.equal(gapped.sha256, createHash('sha256').update(content).update(content).digest('hex'));
  assert.equal(gapped.mimetype, 'text/plain');
  const long = tracker.open(flow, { direction: 0, source: 'HTTP' });
  long.data(content, 0, content.length);
  long.skipped(1000);
  long.close(true);
  const limited = info(flow.records[1]?.transaction);
  assert.deepEqual([limited.state, limited.size, limited.sha256], ['TRUNCATED', 1019, undefined]);
  const cut = tracker.open(flow, { direction: 0, source: 'HTTP' });
  cut.data(content, 0, 4);
  cut.close(false);
  cut.close(true);
  assert.equal(info(flow.records[2]?.transaction).state, 'TRUNCATED');
  assert.equal(flow.records.length, 3);
});

test('beyond the bound of open files only sizes are counted', () => {
  const flow = owner();
  const tracker = new FileTracker({ openFiles: 1, hashes: ['md5'] });
  const first = tracker.open(flow, { direction: 0, source: 'HTTP' });
  const second = tracker.open(flow, { direction: 0, source: 'HTTP' });
  const content = Buffer.from('0123456789');
  for (const sink of [first, second]) sink.data(content, 0, content.length);
  second.close(true);
  first.close(true);
  const third = tracker.open(flow, { direction: 0, source: 'HTTP' });
  third.data(content, 0, content.length);
  third.close(true);
  const [unseen, seen, again] = flow.records.map(({ transaction }) => info(transaction));
  assert.deepEqual([unseen?.size, unseen?.md5, unseen?.mimetype], [10, undefined, undefined]);
  assert.equal(seen?.md5, createHash('md5').update(content).digest('hex'));
  assert.equal(seen?.sha256, undefined);
  assert.equal(again?.md5, seen?.md5);
  assert.deepEqual(tracker.counters, { opened: 3, uninspected: 1 });
});

test('identifiers are unlike each other and like those of Zeek', () => {
  const tracker = new FileTracker({ seed: 7 });
  const all = new Set<string>();
  for (let i = 0; i < 5000; i++) all.add(tracker.identifier(i));
  assert.equal(all.size, 5000);
  for (const id of all) assert.match(id, /^F[0-9A-Za-z]{12}$/);
});

test('a row of files.log', () => {
  const flow = owner();
  const tracker = new FileTracker();
  const sink = tracker.open(flow, { direction: 1, source: 'HTTP', path: '/a', expectedBytes: 12 });
  sink.data(Buffer.from('hello world!'), 0, 12);
  sink.close(true);
  const row = flow.records[0]?.transaction.zeek?.()[0];
  const names = row?.log.columns.map(([name]) => name) ?? [];
  const value = (name: string): unknown => row?.values[names.indexOf(name)];
  assert.equal(row?.values.length, names.length);
  assert.equal(value('fuid'), sink.id);
  assert.equal(value('mime_type'), 'text/plain');
  assert.equal(value('filename'), undefined);
  assert.equal(value('seen_bytes'), 12);
  assert.equal(value('total_bytes'), 12);
  assert.equal(value('is_orig'), false);
  assert.equal(value('md5'), createHash('md5').update('hello world!').digest('hex'));
});
