import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AddressContexts } from '../../correlate/context/index.ts';
import { Joiner } from '../../correlate/join/index.ts';
import { type EveRecord, timeText } from '../../event/index.ts';
import { requestConnections } from './request-connections.ts';

const T0 = Date.UTC(2026, 10, 21) * 1000;
const CLIENT = '203.0.113.9';

function record(type: string, seconds: number, fields: object): EveRecord {
  const ends = { src_ip: CLIENT, src_port: 40_000, dest_ip: '192.0.2.80', dest_port: 443, proto: 'TCP' };
  return {
    timestamp: timeText(T0 + seconds * 1e6),
    event_type: type,
    community_id: '1:abc',
    ...ends,
    ...fields,
  };
}

test('the connection of a request is told by the join, and when that has let it go by the flow', () => {
  const joiner = new Joiner();
  const contexts = new AddressContexts();
  const take = (one: EveRecord): void => {
    contexts.take(one, joiner.flow('1:abc', T0 + 2e6));
    joiner.take(one);
  };
  const ask = () => {
    const context = contexts.context(CLIENT) ?? assert.fail();
    return requestConnections(joiner, context);
  };
  const http = { http_method: 'GET', hostname: 'shop.test', url: '/' };
  take(record('tls', 0, { tls: { ja4: 't13d', version: 'TLS 1.3' } }));
  for (const reference of ['r1', 'r2'])
    take(record('http', 1, { http: { ...http, url: `/${reference}` }, web: { reference, action: 'pass' } }));
  const [open, second] = ask();
  assert.equal(second, undefined);
  assert.equal(open?.ja4, 't13d');
  assert.equal(open?.bytesToServer, -1);
  const flow = { start: timeText(T0), end: timeText(T0 + 2e6), bytes_toserver: 10, bytes_toclient: 20 };
  take(record('flow', 2, { flow, tcp: { rtt_client_us: 1500 } }));
  const [ended] = ask();
  joiner.finish();
  assert.equal(joiner.request('r1'), undefined);
  assert.deepEqual(ask(), [ended]);
  const { tlsVersion, rttClientUs, bytesToServer, bytesToClient } = ended ?? assert.fail();
  assert.deepEqual([tlsVersion, rttClientUs, bytesToServer, bytesToClient], ['TLS 1.3', 1500, 10, 20]);
});
