import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import { rdp } from './index.ts';

function connection(type: number, variable: string): Buffer {
  const length = 11 + variable.length;
  return Buffer.concat([
    Buffer.from([3, 0, 0, length, length - 5, type, 0, 0, 0, 0, 0]),
    Buffer.from(variable, 'latin1'),
  ]);
}
const request = connection(0xe0, 'Cookie: mstshash=user\r\n\x01\0\x08\0\x03\0\0\0');
const chosen = (protocol: number): Buffer =>
  connection(0xd0, `\x02\0\x08\0${String.fromCharCode(protocol)}\0\0\0`);

describe('rdp', () => {
  it('is known by a connection request', () => {
    const ports = { client: 40000, server: 40001 };
    assert.equal(rdp.probe(request, 0, request.length, 0, ports), 'yes');
    assert.equal(rdp.probe(request, 0, 6, 0, ports), 'maybe');
    const bare = connection(0xe0, '');
    assert.equal(rdp.probe(bare, 0, bare.length, 0, ports), 'no');
    assert.equal(rdp.probe(bare, 0, bare.length, 0, { client: 40000, server: 3389 }), 'yes');
  });

  it('hands over to TLS when the server chooses it', () => {
    const context = RecordingContext.run(rdp, 'tcp', [
      [0, request],
      [1, chosen(2)],
    ]);
    assert.deepEqual([context.successor, context.services], ['tls', ['rdp']]);
  });

  it('leaves RDP with its own security alone', () => {
    for (const answer of [chosen(0), connection(0xd0, '')]) {
      const context = RecordingContext.run(rdp, 'tcp', [
        [0, request],
        [1, answer],
      ]);
      assert.deepEqual([context.successor, context.finished], [null, true]);
    }
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
        rdp.probe(bytes, 0, bytes.length, 0, { client: 1, server: 3389 });
        rdp.probe(bytes, 0, bytes.length, 1, { client: 1, server: 3389 });
        RecordingContext.run(rdp, 'tcp', [
          [0, bytes],
          [1, bytes],
        ]);
      }),
    );
  });
});
