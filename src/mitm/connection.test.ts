import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientConnection } from './connection.ts';

const SERVER = { address: '192.0.2.1', port: 443 };

test('IPv4 within IPv6 is IPv4, however it is written', () => {
  const { client, communityId } = clientConnection('haproxy', { address: '192.0.2.65', port: 4711 }, SERVER);
  for (const address of [
    '::ffff:192.0.2.65',
    '::FFFF:192.0.2.65',
    '::ffff:c000:241',
    '0000:0000:0000:0000:0000:ffff:c000:0241',
  ]) {
    const server = { address: '::ffff:c000:201', port: 443 };
    const mapped = clientConnection('haproxy', { address, port: 4711 }, server);
    assert.deepEqual(mapped.client, client, address);
    assert.deepEqual(mapped.server, SERVER, address);
    assert.equal(mapped.communityId, communityId, address);
  }
});

test('other addresses stay as they are', () => {
  for (const address of [
    '2001:db8::1',
    '::1',
    '::c000:241',
    '1::ffff:c000:241',
    'fe80::1',
    'no address',
    '',
    ':',
  ]) {
    const { client } = clientConnection('proxy', { address, port: 1 }, SERVER);
    assert.deepEqual(client, { address, port: 1 });
  }
});
