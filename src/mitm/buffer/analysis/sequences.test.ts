import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read } from './reading.ts';
import { DEFAULT_SEQUENCES } from './sequences/limits.ts';
import { isProbe } from './sequences/probes.ts';
import { Sequences } from './sequences.ts';
import { START_MS, type TestTransaction, testTransaction, told } from './test-transaction.ts';

/** What is found over some requests, one a second, all in all and without repetitions of a category. */
function found(count: number, wish: (i: number) => TestTransaction, endpoint = 'GET /x'): string[] {
  const sequences = new Sequences(DEFAULT_SEQUENCES);
  const categories = new Set<string>();
  for (let i = 0; i < count; i++) {
    const reading = read(testTransaction({ atMs: START_MS + i * 1000, ...wish(i) }), 1);
    for (const one of told(sequences.judge(reading, endpoint))) categories.add(one.split(' ')[0] ?? '');
  }
  return [...categories];
}

function login(name: string, password: string, more: TestTransaction = {}): TestTransaction {
  const body = `email=${name}&password=${password}`;
  return {
    method: 'POST',
    target: '/login',
    type: 'application/x-www-form-urlencoded',
    body,
    status: 401,
    ...more,
  };
}

test('paths that are guessed: many different ones that are not there', () => {
  assert.deepEqual(
    found(12, (i) => ({ target: `/admin${i}`, status: 404 })),
    ['enumeration'],
  );
  assert.deepEqual(
    found(11, (i) => ({ target: `/admin${i}`, status: 404 })),
    [],
  );
});

test('a dead link that is followed again and again, and a crawler with dead links now and then, guess nothing', () => {
  assert.deepEqual(
    found(50, () => ({ target: '/favicon.ico', status: 404 })),
    [],
  );
  assert.deepEqual(
    found(250, (i) => ({ target: `/p${i}`, status: i % 10 === 0 ? 404 : 200 })),
    [],
  );
});

test('a parameter that is tried out', () => {
  const payloads = [
    "'",
    '"',
    '1)',
    "1'--",
    '<x>',
    '|id',
    ';ls',
    '`id`',
    '$(id)',
    '{{7}}',
    '%00',
    '../x',
    '[]',
    "'||1",
  ];
  const tried = (i: number): string =>
    encodeURIComponent(`${payloads[i % payloads.length]}${"'(".repeat(1 + (i >> 4))}${i}`);
  assert.deepEqual(
    found(40, (i) => ({ target: `/item?id=${tried(i)}` })),
    ['fuzzing'],
  );
  assert.deepEqual(
    found(40, (i) => ({ target: `/item?id=${encodeURIComponent(payloads[i % 14] ?? '')}${i}`, status: 500 })),
    ['fuzzing'],
  );
});

test('counting through pages, and searching, is no trying out', () => {
  const words = ['Jacke', 'blaue schuhe', "levi's 501", 'größe 42', 'tisch (rund)', 'Lampe', '15" laptop'];
  assert.deepEqual(
    found(100, (i) => ({ target: `/list?page=${i}` })),
    [],
  );
  assert.deepEqual(
    found(60, (i) => ({ target: `/search?q=${encodeURIComponent(`${words[i % 7]} ${i}`)}` })),
    [],
  );
});

test('one client fails to log in again and again', () => {
  assert.deepEqual(
    found(8, (i) => login('anna', `geheim${i}`)),
    ['brute_force'],
  );
  assert.deepEqual(
    found(7, (i) => login('anna', `geheim${i}`)),
    [],
  );
});

test('one client tries many names, of which few come in', () => {
  assert.deepEqual(
    found(10, (i) => login(`name${i}`, 'x', i === 5 ? { status: 302, answer: [['Location', '/home']] } : {})),
    ['credential_stuffing'],
  );
});

test('an office behind one address has many names, and they come in', () => {
  const office = (i: number): TestTransaction =>
    login(`name${i % 40}`, 'x', i % 5 === 0 ? {} : { status: 302, answer: [['Location', '/home']] });
  assert.deepEqual(found(80, office), []);
});

test('one name is guessed at from many clients', () => {
  assert.deepEqual(
    found(20, (i) => login('anna', `x${i}`, { client: `192.0.2.${i % 10}` })),
    ['brute_force'],
  );
});

test('logins as JSON, logins that fail with the page once more, and with a way back', () => {
  const type = 'application/json';
  const body = (i: number): string => JSON.stringify({ user: { name: 'anna', password: `x${i}` } });
  assert.deepEqual(
    found(8, (i) => ({ method: 'POST', type, body: body(i), status: 403 })),
    ['brute_force'],
  );
  const page = { status: 200, answer: [['Content-Type', 'text/html']] } as const;
  assert.deepEqual(
    found(8, (i) => login('anna', `x${i}`, page)),
    ['brute_force'],
  );
  const back = { status: 302, answer: [['Location', 'https://shop.example/login?error=1']] } as const;
  assert.deepEqual(
    found(8, (i) => login('anna', `x${i}`, back)),
    ['brute_force'],
  );
});

test("a session's token from another address with another program, and from several addresses at a time", () => {
  const cookie = ['Cookie', 'SESSIONID=abcdefghijklmnopqrstuvwxyz'] as const;
  const use = (i: number, address: number, agent: number): TestTransaction => ({
    client: `192.0.2.${address}`,
    headers: [cookie, ['User-Agent', `agent ${agent}`]],
    target: `/${i}`,
  });
  assert.deepEqual(
    found(2, (i) => use(i, i, i)),
    ['session_reuse'],
  );
  assert.deepEqual(
    found(3, (i) => use(i, i, 0)),
    ['session_reuse'],
  );
  assert.deepEqual(
    found(20, (i) => use(i, i % 2, 0)),
    [],
    'a telephone between two networks',
  );
});

test('what is no session: tokens against forged requests, short values', () => {
  const shared =
    (name: string, value: string) =>
    (i: number): TestTransaction => ({
      client: `192.0.2.${i}`,
      headers: [
        ['Cookie', `${name}=${value}`],
        ['User-Agent', `agent ${i}`],
      ],
    });
  assert.deepEqual(found(9, shared('csrftoken', 'abcdefghijklmnopqrstuvwxyz')), []);
  assert.deepEqual(found(9, shared('session', 'none')), []);
  assert.deepEqual(found(9, shared('theme', 'abcdefghijklmnopqrstuvwxyz')), []);
});

test('paths that scanners know count where they are not served', () => {
  const paths = ['/.env', '/.git/config', '/wp-login.php', '/phpmyadmin/index.php', '/backup.zip'];
  assert.deepEqual(
    found(5, (i) => ({ target: paths[i] ?? '/', status: 404 })),
    ['scanner'],
  );
  assert.deepEqual(
    found(5, (i) => ({ target: paths[i] ?? '/', status: 200 })),
    [],
  );
  const sequences = new Sequences(DEFAULT_SEQUENCES);
  const scores = paths.map((target) =>
    told(sequences.judge(read(testTransaction({ target, status: 404 }), 1), 'GET /x')).join(),
  );
  assert.deepEqual(scores, ['scanner 20', 'scanner 45', 'scanner 60', 'scanner 65', 'scanner 70']);
  assert.ok(isProbe('//.ENV') && isProbe('/app/.git/config') && !isProbe('/environment') && !isProbe('/'));
});

test('everything is bounded under a flood of clients, sessions and names', () => {
  const sequences = new Sequences({ ...DEFAULT_SEQUENCES, clients: 50, sessions: 50, names: 50, tried: 50 });
  for (let i = 0; i < 2000; i++) {
    const wish = login(`name${i}`, 'x', {
      client: `10.0.${i >> 8}.${i & 255}`,
      headers: [['Cookie', `sid=${'x'.repeat(20)}${i}`]],
    });
    sequences.judge(read(testTransaction(wish), 1), `POST /${i}`);
    sequences.judge(
      read(testTransaction({ ...wish, method: 'GET', target: '/.env', status: 404 }), 1),
      `GET /${i}`,
    );
  }
  for (const [name, size] of Object.entries(sequences.statistics()))
    assert.ok(size <= 100, `${name}: ${size}`);
});
