import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { krb5, krb5Udp } from './index.ts';

const ports = { client: 40000, server: 88 };
const message = Buffer.concat([Buffer.from([0x6a, 14, 0x30, 12]), Buffer.alloc(12)]);
const framed = Buffer.concat([Buffer.from([0, 0, 0, message.length]), message]);

describe('krb5', () => {
  it('is known by its messages, over TCP behind their length', () => {
    assert.equal(krb5Udp.probe(message, 0, message.length, 0, ports), 'yes');
    assert.equal(krb5.probe(framed, 0, framed.length, 0, ports), 'yes');
    assert.equal(krb5.probe(framed, 0, 5, 0, ports), 'maybe');
    assert.equal(krb5.probe(framed, 0, 3, 0, ports), 'maybe');
  });

  it('is not known where the lengths disagree', () => {
    assert.equal(krb5Udp.probe(message, 0, message.length - 1, 0, ports), 'no');
    const wrong = Buffer.from(framed);
    wrong[3] = 40;
    assert.equal(krb5.probe(wrong, 0, wrong.length, 0, ports), 'no');
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), (bytes) => {
        krb5.probe(bytes, 0, bytes.length, 0, ports);
        krb5Udp.probe(bytes, 0, bytes.length, 0, ports);
      }),
    );
  });
});
