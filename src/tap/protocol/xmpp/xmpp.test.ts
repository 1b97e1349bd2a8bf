import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import type { Direction } from '../parser.ts';
import { xmpp } from './index.ts';

const OPEN = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' to='example.org'>";
const TLS = "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const ports = { client: 40000, server: 40001 };

function probe(text: string): string {
  return xmpp.probe(Buffer.from(text), 0, text.length, 0, ports);
}

describe('xmpp', () => {
  it('is known by the opening tag of a stream', () => {
    assert.equal(probe(OPEN), 'yes');
    assert.equal(probe("<stream:stream to='x'>"), 'yes');
    for (const part of ['<', '<?xml', "<?xml version='1.0'?>", "<?xml version='1.0'?><stre", '<stream']) {
      assert.equal(probe(part), 'maybe', part);
    }
    assert.equal(probe('<html><body>'), 'no');
    assert.equal(probe("<?xml version='1.0'?><html>"), 'no');
  });

  it('hands over to TLS behind the answer to starttls, whatever the segmentation', () => {
    const proceed = Buffer.from(`${OPEN}<stream:features/><proceed ${TLS}`);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: proceed.length - 1 }), (cut) => {
        const context = RecordingContext.run(xmpp, 'tcp', [
          [0, `${OPEN}<starttls ${TLS}`],
          [1, proceed.subarray(0, cut)],
          [1, proceed.subarray(cut)],
          [0, '\x16\x03\x01'],
        ]);
        assert.deepEqual([context.successor, context.services], ['tls', ['xmpp']]);
      }),
    );
  });

  it('gives up on streams that stay in clear', () => {
    const talk = Array.from({ length: 40 }, (): [Direction, string] => [
      0,
      `<message>${'x'.repeat(2000)}</message>`,
    ]);
    assert.equal(RecordingContext.run(xmpp, 'tcp', [[0, OPEN], ...talk]).finished, true);
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => {
        xmpp.probe(bytes, 0, bytes.length, 0, ports);
        RecordingContext.run(xmpp, 'tcp', [
          [0, bytes],
          [1, bytes],
        ]);
      }),
    );
  });
});
