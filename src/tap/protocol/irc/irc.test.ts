import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import type { Direction } from '../parser.ts';
import { irc } from './index.ts';

describe('irc', () => {
  it('hands over to TLS when STARTTLS is accepted', () => {
    const context = RecordingContext.run(irc, 'tcp', [
      [0, 'STARTTLS\r\n'],
      [1, ':irc.example.net NOTICE * :looking up\r\n'],
      [1, ':irc.example.net 670 * :STARTTLS successful\r\n'],
    ]);
    assert.equal(context.successor, 'tls');
  });

  it('wants nothing more behind the welcome', () => {
    const context = RecordingContext.run(irc, 'tcp', [
      [0, 'PASS secret\r\nNICK bob\r\nUSER bob 0 * :Bob\r\n'],
      [1, ':irc.example.net 001 bob :Welcome\r\n'],
    ]);
    assert.equal(context.finished, true);
    assert.deepEqual(context.risks, ['Clear-Text Credentials']);
  });

  it('is found by content', () => {
    const probe = (text: string, direction: Direction): string =>
      irc.probe(Buffer.from(text), 0, text.length, direction, { client: 1, server: 8000 });
    assert.equal(probe('NICK bob\r\n', 0), 'yes');
    assert.equal(probe('CAP LS 302\r\n', 0), 'yes');
    assert.equal(probe('USER bob\r\n', 0), 'maybe');
    assert.equal(probe(':irc.example.net NOTICE AUTH :hello\r\n', 1), 'yes');
    assert.equal(probe('220 hello\r\n', 1), 'no');
  });

  it('survives any bytes', () => {
    const piece = fc.tuple(
      fc.constantFrom<Direction>(0, 1),
      fc.oneof(
        fc.constantFrom('STARTTLS\r\n', ':x 670\r\n', ':x 691 a\r\n', ':\r\n', 'q'.repeat(5000)),
        fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b).toString('latin1')),
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        RecordingContext.run(irc, 'tcp', pieces);
      }),
      { numRuns: 500 },
    );
  });
});
