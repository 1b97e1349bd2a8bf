import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import { postgresql } from './index.ts';

const ssl = Buffer.from('0000000804d2162f', 'hex');
const startup = Buffer.concat([
  Buffer.from('00000013', 'hex'),
  Buffer.from('\0\x03\0\0user\0bob\0\0', 'latin1'),
]);
const ports = { client: 40000, server: 40001 };

describe('postgresql', () => {
  it('is known by the first message of the client', () => {
    assert.equal(postgresql.probe(ssl, 0, ssl.length, 0, ports), 'yes');
    assert.equal(postgresql.probe(startup, 0, startup.length, 0, ports), 'yes');
    assert.equal(postgresql.probe(startup, 0, 4, 0, ports), 'maybe');
    const other = Buffer.from('GET / HTTP/1.1');
    assert.equal(postgresql.probe(other, 0, other.length, 0, ports), 'no');
  });

  it('hands over to TLS when the server accepts it', () => {
    const context = RecordingContext.run(postgresql, 'tcp', [
      [0, ssl],
      [1, 'S'],
    ]);
    assert.deepEqual([context.successor, context.services], ['tls', ['postgresql']]);
  });

  it('goes on in clear when the server refuses it', () => {
    const context = RecordingContext.run(postgresql, 'tcp', [
      [0, ssl],
      [1, 'N'],
      [0, startup],
      [1, 'R\0\0\0\x08\0\0\0\0'],
    ]);
    assert.deepEqual([context.successor, context.finished, context.services], [null, true, ['postgresql']]);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
        postgresql.probe(bytes, 0, bytes.length, 0, ports);
        RecordingContext.run(postgresql, 'tcp', [
          [0, bytes],
          [1, bytes],
        ]);
      }),
    );
  });
});
