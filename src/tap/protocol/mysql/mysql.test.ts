import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import { mysql } from './index.ts';

function packet(number: number, content: string): Buffer {
  const length = content.length;
  return Buffer.concat([
    Buffer.from([length & 255, (length >> 8) & 255, length >> 16, number]),
    Buffer.from(content, 'latin1'),
  ]);
}
const GREETING = packet(0, `\n8.0.36\0${'x'.repeat(60)}`);
const sslRequest = packet(1, `\x0f\xae\0\0${'\0'.repeat(28)}`);
const login = packet(1, `\x0f\xa2\0\0${'\0'.repeat(28)}root\0`);

describe('mysql', () => {
  it('is known by the greeting of the server', () => {
    const ports = { client: 40000, server: 40001 };
    assert.equal(mysql.probe(GREETING, 0, GREETING.length, 1, ports), 'yes');
    assert.equal(mysql.probe(GREETING, 0, 8, 1, ports), 'maybe');
    assert.equal(mysql.probe(GREETING, 0, GREETING.length, 0, ports), 'no');
  });

  it('hands over to TLS when the client asks for it', () => {
    const context = RecordingContext.run(mysql, 'tcp', [
      [1, GREETING],
      [0, sslRequest],
    ]);
    assert.deepEqual([context.successor, context.services], ['tls', ['mysql']]);
  });

  it('is done once the client has logged in without it', () => {
    const context = RecordingContext.run(mysql, 'tcp', [
      [1, GREETING],
      [0, login.subarray(0, 10)],
      [0, login.subarray(10)],
    ]);
    assert.deepEqual([context.successor, context.finished, context.services], [null, true, ['mysql']]);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        mysql.probe(bytes, 0, bytes.length, 1, { client: 1, server: 3306 });
        RecordingContext.run(mysql, 'tcp', [
          [1, bytes],
          [0, bytes],
        ]);
      }),
    );
  });
});
