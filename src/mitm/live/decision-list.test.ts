import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from '../../event/index.ts';
import { clientConnection } from '../connection.ts';
import type { IncomingRequest } from '../transaction.ts';
import { CAPTCHA_PATH } from './captcha/way-back.ts';
import { DecisionList, expectedAnswer, sessionName } from './index.ts';

let made = 0;

function decision(value: string, changes: Partial<Decision> = {}): Decision {
  return {
    id: `d${made++}`,
    type: 'ban',
    scope: value.includes('/') ? 'range' : 'address',
    value,
    origin: 'user',
    reason: '',
    scenario: '',
    durationMs: 1000,
    simulated: false,
    evidence: [],
    askedMs: 0,
    author: '',
    createdMs: 0,
    untilMs: 1000,
    ...changes,
  };
}

const JA4 = 't13d1516h2_8daaf6152771_02713d6af862';

function request(address: string, cookie = '', ja4?: string): IncomingRequest {
  const server = { address: address.includes(':') ? '2001:db8::1' : '192.0.2.1', port: 80 };
  return {
    method: 'GET',
    target: '/',
    protocol: 'HTTP/1.1',
    headers: cookie === '' ? [] : [['Cookie', cookie]],
    body: '',
    bodyBytes: 0,
    timeUs: 0,
    client: { address, port: 1 },
    server,
    connection: clientConnection(
      'proxy',
      { address, port: 1 },
      server,
      ja4 === undefined ? undefined : { version: 'TLSv1.3', serverName: '', alpn: '', ja4 },
    ),
  };
}

test('bans of addresses, networks and sessions turn away whom they are about, until they end', () => {
  let now = 0;
  const list = new DecisionList({ ban: 'deny', location: '' }, () => now);
  const asked = (address: string, cookie?: string) => list.check(request(address, cookie))?.action;
  assert.equal(asked('198.51.100.7'), undefined);
  const host = decision('198.51.100.7');
  list.add(host);
  list.add(decision('203.0.113.0/24'));
  list.add(decision('2001:db8:7::/64'));
  list.add(decision(sessionName('sid', 'secret'), { scope: 'session' }));
  list.add(decision('198.51.100.9', { simulated: true }));
  assert.deepEqual(
    ['198.51.100.7', '198.51.100.8', '198.51.100.9', '203.0.113.200', '203.0.114.1', '2001:db8:7::5'].map(
      (one) => asked(one),
    ),
    ['deny', undefined, undefined, 'deny', undefined, 'deny'],
  );
  assert.equal(asked('198.51.100.8', 'a=b; sid=secret'), 'deny');
  assert.equal(asked('198.51.100.8', 'sid=other; x=secret'), undefined);
  assert.deepEqual([list.bans('203.0.113.1'), list.bans('203.0.114.1')], [true, false]);
  const { type, scope, value } = host;
  list.add(decision(`ja4:${JA4}`, { scope: 'session' }));
  assert.equal(list.check(request('198.51.100.8', '', JA4))?.action, 'deny');
  assert.equal(list.check(request('198.51.100.8', '', JA4.replace('t13', 't12'))), undefined);
  list.remove({ type, scope, value });
  assert.equal(asked('198.51.100.7'), undefined);
  now = 1000;
  assert.equal(asked('203.0.113.200'), undefined);
  list.replace([]);
  assert.equal(list.size, 0);
});

test('an exception is stronger than any ban, and a ban than a throttle', () => {
  const list = new DecisionList({ ban: 'drop', location: 'https://check.example/' }, () => 0);
  list.add(decision('203.0.113.0/24'));
  list.add(decision('203.0.113.9', { type: 'allow' }));
  list.add(decision('203.0.113.8', { type: 'throttle' }));
  list.add(decision('192.0.2.5', { type: 'captcha' }));
  list.add(decision('192.0.2.6', { type: 'throttle' }));
  assert.equal(list.check(request('203.0.113.9')), undefined);
  assert.equal(list.check(request('203.0.113.8'))?.action, 'drop');
  assert.equal(list.check(request('192.0.2.5'))?.location, 'https://check.example/');
  const answers = Array.from({ length: 8 }, () => list.check(request('192.0.2.6'))?.action);
  assert.deepEqual(answers.slice(0, 5), Array(5).fill(undefined));
  assert.equal(answers[7], 'limit');
});

test('a captcha without a location is asked for, and once answered it is out of the way of the rest', () => {
  let now = 1_790_000_000_000;
  const key = Buffer.alloc(32, 7);
  const list = new DecisionList({ ban: 'deny', location: '', captcha: { passMs: 60_000, key } }, () => now);
  const until = { createdMs: now, untilMs: now + 600_000 };
  const browser = (cookie = '', changes: Partial<IncomingRequest> = {}): IncomingRequest => {
    const plain = request('192.0.2.5', cookie);
    return { ...plain, headers: [...plain.headers, ['Accept', 'text/html']], ...changes };
  };
  const reserved = { method: 'POST', target: CAPTCHA_PATH, body: 'to=/a' };
  assert.equal(list.check(browser()), undefined);
  assert.deepEqual(list.check(browser('', reserved))?.location, '/a');
  list.add(decision('192.0.2.5', { type: 'captcha', ...until }));
  list.add(decision('192.0.2.0/24', { type: 'throttle', ...until }));
  const solve = (): string => {
    const token = /name="token" value="([^"]+)"/.exec(list.check(browser())?.page?.html ?? '')?.[1] ?? '';
    const body = `token=${token}&answer=${expectedAnswer(key, '192.0.2.5', token)}&to=/a`;
    return list.check(browser('', { ...reserved, body }))?.cookie?.split(';')[0] ?? assert.fail('no cookie');
  };
  const cookie = solve();
  const answers = Array.from({ length: 8 }, () => list.check(browser(cookie))?.action);
  assert.deepEqual([answers[0], answers[7]], [undefined, 'limit']);
  // Decided anew, it has to be answered anew.
  now += 1000;
  list.add(decision('192.0.2.5', { type: 'captcha', createdMs: now, untilMs: now + 600_000 }));
  assert.equal(list.check(browser(cookie))?.status, 403);
  assert.equal(list.check(browser(solve()))?.action, 'limit');
  list.add(decision('192.0.2.5', { ...until }));
  assert.equal(list.check(browser(cookie))?.page, undefined);
  const { challenged, captchaSolved } = list.statistics();
  assert.deepEqual([challenged, captchaSolved], [5, 2]);
});

test('mitmproxy, who shows no pages, denies; without the option all do', () => {
  const asked = request('192.0.2.5');
  const headers: IncomingRequest['headers'] = [['Accept', 'text/html']];
  const through = { ...asked, headers, connection: { ...asked.connection, way: 'mitmproxy' as const } };
  for (const captcha of [{ passMs: 1000 }, undefined]) {
    const list = new DecisionList({ ban: 'deny', location: '', captcha }, () => 0);
    list.add(decision('192.0.2.5', { type: 'captcha' }));
    assert.deepEqual([list.check(through)?.status, list.check(through)?.page], [403, undefined]);
    assert.equal(list.check({ ...asked, headers })?.page === undefined, captcha === undefined);
  }
});
