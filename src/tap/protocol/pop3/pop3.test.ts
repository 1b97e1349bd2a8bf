import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import type { Direction } from '../parser.ts';
import { pop3 } from './index.ts';

type Piece = readonly [Direction, string];
const C = (text: string): Piece => [0, text];
const S = (text: string): Piece => [1, text];

const SESSION: readonly Piece[] = [
  S('+OK ready\r\n'),
  C('CAPA\r\n'),
  S('+OK list\r\nUSER\r\n..x\r\n.\r\n'),
  C('USER bob\r\nPASS secret\r\n'),
  S('+OK\r\n-ERR no\r\n'),
  C('AUTH PLAIN\r\n'),
  S('+ \r\n'),
  C('c2VjcmV0\r\n'),
  S('+OK in\r\n'),
  C('LIST 1\r\n'),
  S('+OK 1 20\r\n'),
  C('RETR 1\r\n'),
  S('+OK 20\r\nSubject: x\r\n\r\n.\r\n'),
  C('QUIT\r\n'),
];

function records(context: RecordingContext): unknown[] {
  return context.transactions.map((transaction) => transaction.eve().pop3);
}

describe('pop3', () => {
  it('reports each command with its response, without secrets', () => {
    const context = RecordingContext.run(pop3, 'tcp', SESSION);
    const ok = (header: string): object => ({ success: true, status: 'OK', header });
    assert.deepEqual(records(context), [
      { request: { command: 'CAPA' }, response: { ...ok('list'), data: ['USER', '.x'] } },
      { request: { command: 'USER', args: ['bob'] }, response: ok('') },
      {
        request: { command: 'PASS', args: ['<hidden>'] },
        response: { success: false, status: 'ERR', header: 'no' },
      },
      { request: { command: 'AUTH', args: ['PLAIN'] }, response: ok('') },
      { request: { command: '<SASL DATA>' }, response: ok('in') },
      { request: { command: 'LIST', args: ['1'] }, response: ok('1 20') },
      { request: { command: 'RETR', args: ['1'] }, response: ok('20') },
      { request: { command: 'QUIT' } },
    ]);
  });

  it('hands over to TLS behind STLS', () => {
    const context = RecordingContext.run(pop3, 'tcp', [S('+OK\r\n'), C('STLS\r\n'), S('+OK begin\r\n')]);
    assert.equal(context.successor, 'tls');
  });

  it('says the same for any segmentation', () => {
    const whole = JSON.stringify(records(RecordingContext.run(pop3, 'tcp', SESSION)));
    for (const size of [1, 2, 3, 5, 8]) {
      const pieces = SESSION.flatMap(([direction, text]) =>
        (text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []).map((part): Piece => [direction, part]),
      );
      assert.equal(JSON.stringify(records(RecordingContext.run(pop3, 'tcp', pieces))), whole);
    }
  });

  it('survives any bytes', () => {
    const piece = fc.tuple(
      fc.constantFrom<Direction>(0, 1),
      fc.oneof(
        fc.constantFrom(
          'CAPA\r\n',
          'AUTH\r\n',
          '+\r\n',
          '+OK\r\n',
          '-ERR\r\n',
          '.\r\n',
          'STLS\r\n',
          'USER\r\n',
        ),
        fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b).toString('latin1')),
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        JSON.stringify(records(RecordingContext.run(pop3, 'tcp', pieces)));
      }),
      { numRuns: 500 },
    );
  });

  it('is found by content', () => {
    const probe = (text: string, direction: Direction): string =>
      pop3.probe(Buffer.from(text), 0, text.length, direction, { client: 1, server: 110 });
    assert.equal(probe('+OK ready\r\n', 1), 'yes');
    assert.equal(probe('CAPA\r\n', 0), 'yes');
    assert.equal(probe('USER x\r\n', 0), 'maybe');
    assert.equal(probe('220 x\r\n', 1), 'no');
  });
});
