import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import type { Direction } from '../parser.ts';
import { imap } from './index.ts';

type Piece = readonly [Direction, string];

describe('imap', () => {
  it('hands over to TLS when STARTTLS is accepted', () => {
    const pieces: Piece[] = [
      [1, '* OK ready\r\n'],
      [0, 'a1 CAPABILITY\r\n'],
      [1, '* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n'],
      [0, 'a2 STARTTLS\r\n'],
      [1, 'a2 OK begin\r\n'],
    ];
    assert.equal(RecordingContext.run(imap, 'tcp', pieces).successor, 'tls');
    const refused = [...pieces.slice(0, 4), [1, 'a2 NO never\r\n'] as Piece];
    assert.equal(RecordingContext.run(imap, 'tcp', refused).successor, null);
  });

  it('wants nothing more behind the login', () => {
    const context = RecordingContext.run(imap, 'tcp', [
      [1, '* OK ready\r\n'],
      [0, 'x LOGIN bob secret\r\n'],
      [1, 'x OK in\r\n'],
    ]);
    assert.equal(context.finished, true);
    assert.deepEqual(context.risks, ['Clear-Text Credentials']);
  });

  it('is found by content', () => {
    const probe = (text: string, direction: Direction): string =>
      imap.probe(Buffer.from(text), 0, text.length, direction, { client: 1, server: 143 });
    assert.equal(probe('* OK IMAP4 ready\r\n', 1), 'yes');
    assert.equal(probe('* O', 1), 'maybe');
    assert.equal(probe('A001 LOGIN a b\r\n', 0), 'yes');
    assert.equal(probe('A001', 0), 'maybe');
    assert.equal(probe('GET / HTTP/1.1\r\n\r\n', 0), 'no');
  });

  it('survives any bytes', () => {
    const piece = fc.tuple(
      fc.constantFrom<Direction>(0, 1),
      fc.oneof(
        fc.constantFrom(
          'a STARTTLS\r\n',
          'a LOGIN x\r\n',
          'a OK\r\n',
          'a NO\r\n',
          '* x\r\n',
          'z'.repeat(3000),
        ),
        fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b).toString('latin1')),
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        RecordingContext.run(imap, 'tcp', pieces);
      }),
      { numRuns: 500 },
    );
  });
});
