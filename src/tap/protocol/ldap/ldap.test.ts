import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import type { Direction } from '../parser.ts';
import { ldap } from './index.ts';

/** An element; its length takes four octets, as Windows writes it. */
function element(tag: number, ...content: Uint8Array[]): Buffer {
  const inside = Buffer.concat(content);
  const length = Buffer.from([0x84, 0, 0, inside.length >> 8, inside.length & 255]);
  return Buffer.concat([Buffer.from([tag]), length, inside]);
}
const text = (tag: number, value: string): Buffer => element(tag, Buffer.from(value, 'latin1'));
const message = (id: number, operation: Buffer): Buffer => element(0x30, Buffer.from([2, 1, id]), operation);

const search = message(1, element(0x63, Buffer.alloc(8)));
const answer = (tag: number, code: number, ...more: Buffer[]): Buffer =>
  message(1, element(tag, Buffer.from([0x0a, 1, code]), text(4, ''), text(4, ''), ...more));
const bind = (...credentials: Buffer[]): Buffer =>
  message(2, element(0x60, Buffer.from([2, 1, 3]), text(4, ''), ...credentials));

const spnego = element(
  0x60,
  Buffer.from('06062b0601050502', 'hex'),
  element(
    0xa0,
    element(0x30, element(0xa2, element(4, element(0x60, Buffer.from('06092a864886f7120102020100', 'hex'))))),
  ),
);

describe('ldap', () => {
  it('knows a message by its head, of either side', () => {
    const ports = { client: 40000, server: 40001 };
    assert.equal(ldap.probe(search, 0, search.length, 0, ports), 'yes');
    assert.equal(ldap.probe(search, 0, 5, 0, ports), 'maybe');
    assert.equal(ldap.probe(answer(0x61, 0), 0, 20, 1, ports), 'yes');
    const other = Buffer.from('GET / HTTP/1.1\r\n');
    assert.equal(ldap.probe(other, 0, other.length, 0, ports), 'no');
  });

  it('names what a bind by SASL carries before LDAP itself when it comes first', () => {
    const request = bind(element(0xa3, text(4, 'GSS-SPNEGO'), element(4, spnego)));
    assert.deepEqual(RecordingContext.run(ldap, 'tcp', [[0, request]]).services, [
      'krb',
      'gssapi',
      'ldap_tcp',
    ]);
    assert.deepEqual(
      RecordingContext.run(ldap, 'tcp', [
        [0, search],
        [0, request],
      ]).services,
      ['ldap_tcp', 'krb', 'gssapi'],
    );
    const ntlm = bind(element(0xa3, text(4, 'GSS-SPNEGO'), text(4, 'NTLMSSP\0\x01')));
    assert.deepEqual(RecordingContext.run(ldap, 'tcp', [[0, ntlm]]).services, ['ntlm', 'ldap_tcp']);
  });

  it('lets go of a connection that a bind by SASL may have encrypted', () => {
    const request = bind(element(0xa3, text(4, 'GSSAPI')));
    const context = RecordingContext.run(ldap, 'tcp', [
      [0, request],
      [1, answer(0x61, 0)],
    ]);
    assert.equal(context.finished, true);
  });

  it('warns of a password in clear', () => {
    const context = RecordingContext.run(ldap, 'tcp', [[0, bind(text(0x80, 'secret'))]]);
    assert.deepEqual(context.risks, ['Clear-Text Credentials']);
  });

  it('hands over to TLS when the server agrees', () => {
    const request = message(1, element(0x77, text(0x80, '1.3.6.1.4.1.1466.20037')));
    const agreed = RecordingContext.run(ldap, 'tcp', [
      [0, request],
      [1, answer(0x78, 0)],
    ]);
    assert.equal(agreed.successor, 'tls');
    const refused = RecordingContext.run(ldap, 'tcp', [
      [0, request],
      [1, answer(0x78, 2)],
    ]);
    assert.equal(refused.successor, null);
  });

  it('passes over large messages, whatever the segmentation', () => {
    const entry = message(1, element(0x64, Buffer.alloc(2000)));
    const stream = Buffer.concat([entry, answer(0x65, 0)]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: stream.length - 1 }), { maxLength: 6 }), (cuts) => {
        const at = [0, ...[...cuts].sort((a, b) => a - b), stream.length];
        const pieces = at.slice(1).map((end, i) => [1, stream.subarray(at[i], end)] as [Direction, Buffer]);
        const context = RecordingContext.run(ldap, 'tcp', pieces);
        assert.deepEqual([context.services, context.finished], [['ldap_tcp'], false]);
      }),
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, prefixed) => {
        const data = prefixed ? Buffer.concat([bind(element(0xa3)).subarray(0, 20), bytes]) : bytes;
        RecordingContext.run(ldap, 'tcp', [
          [0, data],
          [1, data],
        ]);
      }),
    );
  });
});
