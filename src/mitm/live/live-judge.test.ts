import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { newIdentifier } from '../../event/index.ts';
import { recordFaults } from '../../event/schema/index.ts';
import { PrefixSet } from '../../net/index.ts';
import { clientConnection } from '../connection.ts';
import type { IncomingRequest, IncomingResponse, WebTransaction } from '../transaction.ts';
import { WafPool } from '../waf/index.ts';
import { DenyList } from './deny-list.ts';
import { LiveJudge, type LiveJudgeOptions } from './live-judge.ts';
import { RateLimit } from './rate-limit.ts';
import { webRecords } from './records.ts';

const RULES = `
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecRule ARGS:id "@rx evil" "id:1,phase:2,deny,status:406,msg:'evil id',severity:CRITICAL,tag:attack-sqli"
SecRule ARGS:go "@rx ." "id:2,phase:1,redirect:https://example.org/away,log"
SecRule RESPONSE_BODY "@contains secret key" "id:3,phase:4,deny,status:502,msg:'leak',tag:attack-disclosure"
SecRule ARGS:password "@rx ." "id:4,phase:2,pass,log,msg:'a password'"
`;

function request(
  target: string,
  address = '192.0.2.7',
  more: Partial<IncomingRequest> = {},
): IncomingRequest {
  const connection = clientConnection(
    'proxy',
    { address, port: 50000 },
    { address: address.includes(':') ? '2001:db8::80' : '198.51.100.2', port: 443 },
    { version: 'TLSv1.3', serverName: 'www.example.org', alpn: 'h2' },
  );
  return {
    method: 'GET',
    target,
    protocol: 'HTTP/1.1',
    headers: [
      ['Host', 'www.example.org:8443'],
      ['User-Agent', 'f\xc3\xbcr'],
    ],
    body: '',
    client: connection.client,
    server: connection.server,
    connection,
    timeUs: 1_700_000_000_123_456,
    bodyBytes: 0,
    ...more,
  };
}

function answer(body: string): IncomingResponse {
  return {
    status: 200,
    protocol: 'HTTP/1.1',
    headers: [['Content-Type', 'text/html; charset=utf-8']],
    body,
    bodyBytes: body.length,
  };
}

async function judging(options: Partial<LiveJudgeOptions>, rules = RULES) {
  const waf = await WafPool.start({ sources: [{ kind: 'text', name: 'test', text: rules }], workers: 1 });
  const told: WebTransaction[] = [];
  const judge = new LiveJudge({
    waf,
    gates: [],
    sinks: [{ take: (transaction) => void told.push(transaction) }],
    requestBodyLimit: 1000,
    responseBodyLimit: 4000,
    refusesLongBodies: true,
    judgesResponses: true,
    ...options,
  });
  return { waf, judge, told };
}

test('a request and its answer pass, are told of once, and become one record', async () => {
  const { waf, judge, told } = await judging({});
  try {
    const judged = await judge.request(request('/a?b=1'));
    assert.equal(judged.judgement.action, 'pass');
    assert.equal(told.length, 0);
    assert.equal((await judged.response(answer('fine'))).action, 'pass');
    judged.abandon();
    assert.equal(told.length, 1);
    const [transaction] = told;
    assert.ok(transaction);
    const records = webRecords(transaction);
    assert.deepEqual(
      records.flatMap((record) => recordFaults(record)),
      [],
    );
    assert.equal(records.length, 1);
    const [record] = records;
    // The value of an independent implementation of the community id.
    assert.equal(record?.community_id, '1:9GAyimvikuzcWTLCFV9FkWAuy4s=');
    assert.deepEqual(record?.http, {
      hostname: 'www.example.org',
      http_port: 8443,
      url: '/a?b=1',
      http_user_agent: 'für',
      http_content_type: 'text/html',
      http_method: 'GET',
      protocol: 'HTTP/1.1',
      status: 200,
      length: 4,
    });
    assert.equal(judge.statistics().open, 0);
  } finally {
    await waf.close();
  }
});

test('rules deny and redirect; each match is a record that names the request', async () => {
  const { waf, judge, told } = await judging({});
  try {
    const denied = await judge.request(request('/?id=evil&password=hunter2'));
    assert.deepEqual(
      [denied.judgement.action, denied.judgement.status, denied.judgement.reason],
      ['deny', 406, 'matches rule 1'],
    );
    denied.abandon();
    const redirected = await judge.request(request('/?go=1', '2001:db8::7'));
    assert.deepEqual(
      [redirected.judgement.action, redirected.judgement.location],
      ['redirect', 'https://example.org/away'],
    );
    redirected.abandon();
    const records = told.flatMap((transaction) => webRecords(transaction));
    assert.deepEqual(
      records.flatMap((record) => recordFaults(record)),
      [],
    );
    const found = records.filter(({ event_type }) => event_type === 'waf');
    assert.deepEqual(
      found.map(({ waf: one }) => (one as { rule_id: number }).rule_id),
      [1, 2],
    );
    const first = found[0]?.waf as Record<string, unknown> | undefined;
    assert.deepEqual([first?.category, first?.reference], ['sqli', denied.reference]);
    assert.equal(records[2]?.src_ip, '2001:0db8:0000:0000:0000:0000:0000:0007');
  } finally {
    await waf.close();
  }
});

test('a secret that matched is in no record', async () => {
  const { waf, judge, told } = await judging({});
  try {
    const judged = await judge.request(
      request('/login', '192.0.2.7', {
        method: 'POST',
        headers: [
          ['Host', 'a'],
          ['Content-Type', 'application/x-www-form-urlencoded'],
        ],
        body: 'password=hunter2',
        bodyBytes: 16,
      }),
    );
    judged.abandon();
    const query = await judge.request(
      request('/login?user=a&password=hunter2', '192.0.2.7', {
        headers: [
          ['Host', 'a'],
          ['Referer', 'https://a/login?token=hunter2'],
        ],
      }),
    );
    query.abandon();
    const records = told.flatMap((transaction) => webRecords(transaction));
    assert.equal(records.length, 4);
    const http = records[2]?.http as Record<string, unknown> | undefined;
    assert.equal(http?.url, '/login?user=a&password=[redacted]');
    assert.equal(JSON.stringify(records).includes('hunter2'), false);
  } finally {
    await waf.close();
  }
});

test('an answer is judged by the rules of its phases', async () => {
  const { waf, judge, told } = await judging({});
  try {
    const judged = await judge.request(request('/?password=x'));
    const judgement = await judged.response(answer('here is the secret key'));
    assert.deepEqual([judgement.action, judgement.status], ['deny', 502]);
    const records = webRecords(told[0] as WebTransaction);
    assert.deepEqual(
      records.flatMap((record) => recordFaults(record)),
      [],
    );
    assert.deepEqual(
      records.slice(1).map(({ waf: one }) => (one as { rule_id: number }).rule_id),
      [4, 3],
    );
    const web = records[0]?.web as Record<string, unknown>;
    assert.deepEqual(
      [web.action, web.response_action, web.status, web.rule_ids],
      ['pass', 'deny', 502, [4, 3]],
    );
  } finally {
    await waf.close();
  }
});

test('an answer is judged without its content coding, also where its end is missing', async () => {
  const { waf, judge } = await judging({});
  const text = `${'fine '.repeat(200)}here is the secret key${' fine'.repeat(200)}`;
  const coded: readonly (readonly [string, Buffer])[] = [
    ['gzip', gzipSync(text)],
    ['gzip', gzipSync(`secret key ${randomBytes(20_000).toString('hex')}`).subarray(0, 5000)],
    ['deflate', deflateSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
  ];
  const judged = async (coding: string, body: Buffer): Promise<string> => {
    const one = await judge.request(request('/'));
    const { headers, ...rest } = answer(body.toString('latin1'));
    return (await one.response({ ...rest, headers: [...headers, ['Content-Encoding', coding]] })).action;
  };
  try {
    for (const [coding, body] of coded) assert.equal(await judged(coding, body), 'deny', coding);
    assert.equal(await judged('gzip', Buffer.from('no gzip, though it says secret key')), 'pass');
    assert.equal(await judged('unheard-of', Buffer.from(text)), 'pass');
    // Of a bomb only the beginning is looked at.
    assert.equal(await judged('gzip', gzipSync(`secret key${' '.repeat(50 << 20)}`)), 'deny');
    assert.equal(await judged('gzip', gzipSync(`${' '.repeat(50 << 20)}secret key`)), 'pass');
  } finally {
    await waf.close();
  }
});

test('gates are asked before the rules: who is on the list or sends too much', async () => {
  const { set } = PrefixSet.parse(['203.0.113.0/24', '2001:db8:bad::/48']);
  assert.ok(set);
  let nowMs = 0;
  const gates = [
    new DenyList(set),
    new RateLimit({ requests: 2, perMs: 1000, burst: 3, clients: 2 }, () => nowMs),
  ];
  const { waf, judge } = await judging({ gates });
  const ask = async (address: string): Promise<string> => {
    const judged = await judge.request(request('/', address));
    judged.abandon();
    return judged.judgement.action;
  };
  try {
    assert.equal(await ask('203.0.113.9'), 'deny');
    assert.equal(await ask('2001:db8:bad::1'), 'deny');
    assert.deepEqual(
      [await ask('192.0.2.1'), await ask('192.0.2.1'), await ask('192.0.2.1'), await ask('192.0.2.1')],
      ['pass', 'pass', 'pass', 'limit'],
    );
    assert.equal(await ask('192.0.2.2'), 'pass');
    nowMs += 500;
    assert.deepEqual([await ask('192.0.2.1'), await ask('192.0.2.1')], ['pass', 'limit']);
    const limited = await judge.request(request('/', '192.0.2.1'));
    limited.abandon();
    assert.deepEqual([limited.judgement.status, limited.judgement.retryAfter], [429, 1]);
    // A /64 is one client, and only the last clients are remembered.
    for (let i = 0; i < 3; i++) assert.equal(await ask(`2001:db8::${i + 1}`), 'pass');
    assert.equal(await ask('2001:db8::9'), 'limit');
    assert.equal(await ask('192.0.2.3'), 'pass');
    assert.equal(await ask('192.0.2.1'), 'pass');
    assert.equal(judge.statistics().clients, 2);
  } finally {
    await waf.close();
  }
});

test('references are of their alphabet, and differ', () => {
  const all = new Set(Array.from({ length: 5000 }, newIdentifier));
  assert.equal(all.size, 5000);
  for (const one of all) assert.match(one, /^[a-z0-9]{20}$/);
});
