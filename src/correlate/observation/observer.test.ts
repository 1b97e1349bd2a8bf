import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EveRecord } from '../../event/index.ts';
import { Observer, type ObserverOptions } from './observer.ts';
import {
  ATTACKER,
  dnsRecord,
  fileRecord,
  flowRecord,
  HOST,
  httpRecord,
  NEIGHBOUR,
  progressRecord,
  refused,
  SERVER,
  START_US,
  wafRecord,
} from './testing.ts';

function kinds(records: readonly EveRecord[], options: ObserverOptions = {}): string[] {
  const observer = new Observer(options);
  return records.flatMap((record) => observer.observe(record)).map(({ kind }) => kind);
}

test('a flow is told once, however often it is told of while it is open', () => {
  const open = {
    at: 1,
    seconds: 1,
    port: 443,
    packets: [4, 3],
    bytes: [400, 300],
    state: 'established',
  } as const;
  assert.deepEqual(
    kinds([
      progressRecord(open),
      progressRecord({ ...open, at: 11, seconds: 11 }),
      flowRecord({ ...open, at: 12, seconds: 12 }),
    ]),
    ['connection'],
  );
});

test('what fails is told with the first record that shows it, and once', () => {
  const open = { at: 1, seconds: 1, port: 22, packets: [1, 0], bytes: [74, 0] } as const;
  const end = flowRecord({ ...open, at: 61, seconds: 61, state: 'new', flags: ['02', '00'] });
  assert.deepEqual(kinds([progressRecord(open), end]), ['connection', 'unanswered']);
  const closed = { ...open, packets: [1, 1], bytes: [74, 54], state: 'closed' } as const;
  assert.deepEqual(kinds([progressRecord(closed), refused(61, 22, { ...closed, at: 61, seconds: 61 })]), [
    'connection',
    'refused',
  ]);
});

test('an observation has the time, the addresses in short form and the port of its record', () => {
  const record = refused(5, 22, {
    from: '2001:0db8:0000:0000:0000:0000:0000:0066',
    to: '2001:0db8:0020:0000:0000:0000:0000:0080',
  });
  const [, made] = new Observer().observe(record);
  assert.equal(made?.kind, 'refused');
  assert.equal(made.timeUs, START_US + 5e6);
  assert.equal(made.address, '2001:db8::66');
  assert.equal(made.target, '2001:db8:20::80');
  assert.equal(made.meta.dst_port, '22');
  assert.equal(made.meta.conn_state, 'REJ');
  assert.equal(made.record, record);
});

test('what goes to nobody in particular is nothing', () => {
  for (const to of ['224.0.0.251', '255.255.255.255', 'ff02::fb']) {
    assert.deepEqual(kinds([flowRecord({ to, proto: 'UDP', port: 5353, packets: [3, 0] })]), []);
  }
  assert.deepEqual(kinds([flowRecord({ from: '0.0.0.0', to: HOST, proto: 'UDP', port: 67 })]), []);
});

test('records that are incomplete or of another form show nothing', () => {
  const whole = [
    flowRecord(),
    progressRecord(),
    httpRecord(0, {}),
    wafRecord(0, '/', {}),
    dnsRecord(0, 'a.example'),
    fileRecord(0, 'a.example', 'application/x-dosexec'),
  ];
  const observer = new Observer();
  const odd: readonly unknown[] = [
    null,
    undefined,
    7,
    -1,
    Number.NaN,
    '',
    'x',
    [],
    [[]],
    {},
    { url: 7 },
    true,
  ];
  for (const record of whole) {
    for (const field of Object.keys(record)) {
      if (field === 'event_type') continue;
      for (const value of odd) {
        for (const made of observer.observe({ ...record, [field]: value } as EveRecord)) {
          assert.ok(Number.isFinite(made.timeUs));
          assert.ok(Object.values(made.meta).every((text) => typeof text === 'string'));
        }
      }
    }
  }
});

test('a request that both streams tell of is one observation, in either order', () => {
  const web = { web: { action: 'pass', reference: 'r' } };
  assert.deepEqual(kinds([httpRecord(1, {}), httpRecord(2, {}, web)]), ['http_access-log']);
  assert.deepEqual(kinds([httpRecord(1, {}, web), httpRecord(2, {})]), ['http_access-log']);
  // Twice the same request on one connection, told by both: two.
  const both = [httpRecord(1, {}), httpRecord(1, {}), httpRecord(2, {}, web), httpRecord(2, {}, web)];
  assert.equal(kinds(both).length, 2);
});

test('a request has the names that the parsers of CrowdSec give it', () => {
  const record = httpRecord(1, { url: '/a/b.php?id=1&x=2', status: 404, http_user_agent: 'Nikto/2.5.0' });
  const [made] = new Observer().observe(record);
  assert.ok(made !== undefined);
  const { service, http_path, http_status, http_verb, http_args_len, target_fqdn } = made.meta;
  assert.deepEqual(
    [made.kind, service, http_path, http_status, http_verb, http_args_len, target_fqdn],
    ['http_access-log', 'http', '/a/b.php', '404', 'GET', '8', 'shop.example.com'],
  );
  const { file_name, file_ext, static_ressource, scanner, http_args } = made.parsed;
  assert.deepEqual(
    [file_name, file_ext, static_ressource, scanner, http_args],
    ['b.php', '.php', 'false', true, 'id=1&x=2'],
  );
});

test('frames of HTTP/2 connections and unseen requests are no requests', () => {
  assert.deepEqual(kinds([httpRecord(1, { http_method: undefined, url: undefined, version: '2' })]), []);
  assert.deepEqual(kinds([httpRecord(1, { url: '/libhtp::request_uri_not_seen' })]), []);
});

test('what the WAF does is told beside the request', () => {
  const deny = { web: { action: 'deny', reference: 'r', score: 10 } };
  assert.deepEqual(kinds([wafRecord(1, '/?id=1', {}), httpRecord(1, { url: '/?id=1', status: 403 }, deny)]), [
    'waf_match',
    'http_access-log',
    'waf_block',
  ]);
  assert.deepEqual(kinds([httpRecord(1, {}, { web: { action: 'limit', reference: 'r' } })]), [
    'http_access-log',
    'http_limited',
  ]);
});

test('questions and names that do not exist are of who asked', () => {
  const observer = new Observer();
  const records = [
    dnsRecord(1, 'Mail.Example.co.uk.'),
    dnsRecord(1, 'mail.example.co.uk', 'A', 'NXDOMAIN'),
    dnsRecord(1, 'ok.example', 'A', 'NOERROR'),
  ];
  const made = records.flatMap((record) => observer.observe(record));
  assert.deepEqual(
    made.map(({ kind, address, target, meta }) => [kind, address, target, meta.query, meta.domain]),
    [
      ['dns_query', HOST, '10.0.0.1', 'mail.example.co.uk', 'example.co.uk'],
      ['dns_nxdomain', HOST, '10.0.0.1', 'mail.example.co.uk', 'example.co.uk'],
    ],
  );
});

test('a download is of who fetched it; its name is young for a day', () => {
  const observer = new Observer();
  const [first] = observer.observe(fileRecord(0, 'get.example', 'application/x-dosexec'));
  assert.deepEqual(
    [first?.kind, first?.address, first?.target, first?.parsed.young_name],
    ['download', HOST, SERVER, true],
  );
  const [later] = observer.observe(fileRecord(90_000, 'get.example', 'application/x-dosexec'));
  assert.equal(later?.parsed.young_name, false);
  const [bare] = observer.observe(fileRecord(0, SERVER, 'application/x-dosexec'));
  assert.equal(bare?.parsed.bare_address, true);
  assert.deepEqual(observer.observe(fileRecord(0, 'get.example', 'text/html')), []);
});

test('another protocol on a well-known port, where it is known who is the server', () => {
  const ssh = { from: HOST, to: SERVER, port: 443, service: 'ssh' };
  assert.deepEqual(kinds([flowRecord(ssh)]), ['connection', 'protocol_mismatch']);
  assert.deepEqual(kinds([progressRecord({ ...ssh, state: 'established' })]), [
    'connection',
    'protocol_mismatch',
  ]);
  assert.deepEqual(kinds([flowRecord({ ...ssh, flags: ['18', '18'] })]), ['connection']);
  assert.deepEqual(
    kinds([flowRecord({ ...ssh, service: 'tls' }), flowRecord({ ...ssh, port: 2222, fromPort: 2 })]),
    ['connection', 'connection'],
  );
});

test('a host is new when it was not there while the observer learned', () => {
  const observer = new Observer({ newcomer: { learningMs: 60_000, newForMs: 600_000 } });
  const isNew = (at: number, from: string, fromPort: number): unknown =>
    observer.observe(flowRecord({ at, from, to: NEIGHBOUR, fromPort }))[0]?.parsed.new_device;
  assert.equal(isNew(0, HOST, 1), false);
  assert.equal(isNew(100, HOST, 2), false);
  assert.equal(isNew(100, '10.0.0.99', 3), true);
  assert.equal(isNew(650, '10.0.0.99', 4), true);
  assert.equal(isNew(800, '10.0.0.99', 5), false);
  assert.equal(isNew(100, ATTACKER, 6), false);
});

test('traceroute is no scan', () => {
  const udp = { proto: 'UDP', packets: [1, 0], bytes: [60, 0] } as const;
  assert.deepEqual(kinds([flowRecord({ ...udp, port: 33_440 })]), ['connection']);
  assert.deepEqual(kinds([flowRecord({ ...udp, port: 161 })]), ['connection', 'unanswered']);
});

test('tables are bounded, and what goes is counted', () => {
  const observer = new Observer({ flows: 10, requests: 10 });
  for (let i = 0; i < 100; i++) {
    observer.observe(progressRecord({ fromPort: i }));
    observer.observe(httpRecord(0, { url: `/${i}` }));
  }
  assert.ok(observer.statistics().turnedAway >= 180);
  assert.equal(observer.statistics().records, 200);
});

test('a network that is none is named', () => {
  assert.throws(() => new Observer({ networks: ['10.0.0.0/8', 'here'] }), /'here' is no network/);
});
