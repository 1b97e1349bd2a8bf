import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientConnection } from '../../mitm/connection.ts';
import { DecisionList } from '../../mitm/live/index.ts';
import { decisionFor, testEnforcer } from '../../respond/enforcer-compliance.ts';
import { ProxyEnforcer, type TellProxy } from '../../respond/proxy-enforcer.ts';
import { decisionChange, decisionLines } from './decision-lines.ts';

/** Takes changes as the proxy's process does: as lines. */
function teller(list: DecisionList): TellProxy {
  return async (change) => {
    for (const line of decisionLines(change)) {
      const read = decisionChange(line);
      assert.ok(read, line.slice(0, 200));
      if (read.replace) list.replace(read.add);
      else {
        for (const one of read.remove) list.remove(one);
        for (const one of read.add) list.add(one);
      }
    }
  };
}

/** Whether a request from an address is let through. */
function passes(list: DecisionList, address: string): boolean {
  const client = { address, port: 40_000 };
  const server = { address: address.includes(':') ? '2001:db8::1' : '192.0.2.1', port: 80 };
  const request = {
    method: 'GET',
    target: '/',
    protocol: 'HTTP/1.1',
    headers: [],
    body: '',
    bodyBytes: 0,
    timeUs: 0,
  };
  const connection = clientConnection('proxy', client, server);
  return list.check({ ...request, client, server, connection }) === undefined;
}

testEnforcer({
  name: 'proxy',
  types: ['redirect', 'captcha', 'allow'],
  scopes: ['address', 'range', 'session'],
  // The proxy goes on with what it was told, but the next run cannot ask it: it tells all of it.
  sees: false,
  start: async () => {
    const list = new DecisionList({ ban: 'deny', location: '' });
    return {
      enforcer: new ProxyEnforcer(teller(list)),
      again: async () => new ProxyEnforcer(teller(list)),
      passes: async (address) => passes(list, address),
      end: async () => undefined,
    };
  },
});

test('a long list takes several lines, of which the first replaces', () => {
  const add = Array.from({ length: 700 }, (_, i) => decisionFor(`10.0.${i >> 8}.${i & 255}`));
  const lines = decisionLines({ replace: true, add, remove: [] });
  const changes = lines.map((line) => decisionChange(line));
  assert.deepEqual(
    changes.map((one) => [one?.replace, one?.add.length]),
    [
      [true, 256],
      [false, 256],
      [false, 188],
    ],
  );
  for (const line of [
    '',
    '{',
    '[]',
    '{"replace":1,"add":[],"remove":[]}',
    '{"replace":true,"add":[{}],"remove":[]}',
  ]) {
    assert.equal(decisionChange(line), undefined);
  }
});
