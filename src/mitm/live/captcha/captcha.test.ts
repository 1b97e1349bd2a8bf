import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { clientConnection } from '../../connection.ts';
import type { Judgement } from '../../judge.ts';
import type { IncomingRequest } from '../../transaction.ts';
import { networkOf } from '../rate-limit.ts';
import { Attempts } from './attempts.ts';
import { Captcha } from './captcha.ts';
import { CHALLENGE_MS, expectedAnswer } from './challenge.ts';
import { digitPicture } from './picture.ts';
import { CAPTCHA_PATH, isCaptchaPath, localWay, wayOf } from './way-back.ts';

const KEY = randomBytes(32);
const PASS_MS = 3_600_000;
const BEGIN = 1_790_000_000_000;
const HOME = '192.0.2.7';

interface Asked {
  readonly address?: string;
  readonly target?: string;
  readonly cookie?: string;
  readonly accept?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly isTls?: boolean;
}

function request({
  address = HOME,
  target = '/a?b=1',
  cookie,
  accept,
  form,
  isTls,
}: Asked = {}): IncomingRequest {
  const ends = [
    { address, port: 1 },
    { address: address.includes(':') ? '::1' : '192.0.2.1', port: 80 },
  ] as const;
  const tls = isTls === true ? { version: 'TLSv1.3', serverName: '', alpn: '' } : undefined;
  return {
    method: form === undefined ? 'GET' : 'POST',
    target: form === undefined ? target : CAPTCHA_PATH,
    protocol: 'HTTP/1.1',
    headers: [
      ['Accept', accept ?? 'text/html,*/*;q=0.8'],
      ...(cookie === undefined ? [] : [['Cookie', cookie] as const]),
    ],
    body: form === undefined ? '' : new URLSearchParams(form).toString(),
    bodyBytes: 0,
    timeUs: 0,
    client: ends[0],
    server: ends[1],
    connection: clientConnection('proxy', ends[0], ends[1], tls),
  };
}

/** A captcha with a clock of its own, and a client that can solve what it is shown. */
function scene(key = KEY) {
  const clock = { now: BEGIN };
  const captcha = new Captcha({ passMs: PASS_MS, key }, () => clock.now);
  const tokenOf = ({ page }: Judgement): string =>
    /name="token" value="([^"]+)"/.exec(page?.html ?? '')?.[1] ?? assert.fail('no page');
  const shown = (asked: Asked = {}): string => tokenOf(captcha.ask(request(asked), 'why'));
  const answer = (token: string, asked: Asked = {}, digits?: string): Judgement => {
    const right = expectedAnswer(key, networkOf(asked.address ?? HOME), token);
    const form = { token, answer: digits ?? right, to: '/a?b=1', ...asked.form };
    return captcha.ask(request({ ...asked, form }), 'why');
  };
  const solve = (asked: Asked = {}): string =>
    answer(shown(asked), asked).cookie?.split(';')[0] ?? assert.fail();
  return { clock, captcha, tokenOf, shown, answer, solve };
}

test('who answers gets a cookie, and goes on to where it wanted', () => {
  const { captcha, shown, answer } = scene();
  const judgement = answer(shown());
  assert.deepEqual([judgement.action, judgement.status, judgement.location], ['redirect', 303, '/a?b=1']);
  assert.match(
    judgement.cookie ?? '',
    /^weir-pass=[0-9a-z]+\.[\w-]{43}; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/,
  );
  const cookie = judgement.cookie?.split(';')[0] ?? '';
  assert.equal(captcha.passes(request({ cookie: `a=b; ${cookie}; c=d` }), BEGIN), true);
  assert.equal(captcha.passes(request(), BEGIN), false);
  // Over TLS under a name that nobody else can set.
  const secure = answer(shown({ isTls: true }), { isTls: true }).cookie ?? '';
  assert.match(secure, /^__Host-weir-pass=.*; Secure$/);
  assert.equal(captcha.passes(request({ cookie: secure.split(';')[0] ?? '', isTls: true }), BEGIN), true);
  const { captchaShown, captchaSolved, captchaPassed } = captcha.statistics();
  assert.deepEqual([captchaShown, captchaSolved, captchaPassed], [2, 2, 2]);
});

test('passes: forged, changed, of another network, too old, of before the decision', () => {
  const { clock, captcha, solve } = scene();
  const cookie = solve();
  const [name, value = ''] = cookie.split('=');
  const [issued, signature = ''] = value.split('.');
  const flipped = signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
  const passes = (text: string, address = HOME, sinceMs = BEGIN): boolean =>
    captcha.passes(request({ cookie: text, address }), sinceMs);
  assert.equal(passes(cookie), true);
  for (const forged of [
    `${name}=${issued}.${flipped}`,
    `${name}=${(BEGIN + 1).toString(36)}.${signature}`,
    `${name}=${issued}.${'A'.repeat(43)}`,
    `${name}=${issued}.`,
    `${name}=`,
    `${name}=${issued}.${signature}x`,
    `__Host-${cookie}`,
    scene(randomBytes(32)).solve(),
  ]) {
    assert.equal(passes(forged), false, forged);
  }
  // Behind forged ones it is still found, but not behind any number of them.
  assert.equal(passes(`${name}=x; ${cookie}`), true);
  assert.equal(passes(`${`${name}=x; `.repeat(10)}${cookie}`), false);
  assert.equal(passes(cookie, '192.0.2.8'), false);
  assert.equal(passes(cookie, HOME, BEGIN + 1), false);
  clock.now = BEGIN + PASS_MS - 1;
  assert.equal(passes(cookie), true);
  clock.now = BEGIN + PASS_MS;
  assert.equal(passes(cookie), false);
  clock.now = BEGIN - 1;
  assert.equal(passes(cookie), false);
});

test('of IPv6 a pass is for the /64', () => {
  const { captcha, solve } = scene();
  const cookie = solve({ address: '2001:db8:1:2::7' });
  assert.equal(captcha.passes(request({ cookie, address: '2001:db8:1:2:ffff::1' }), 0), true);
  assert.equal(captcha.passes(request({ cookie, address: '2001:db8:1:3::7' }), 0), false);
});

test('answers: wrong, repeated, late, of another network, to a token of one’s own', () => {
  const { clock, captcha, shown, answer, tokenOf } = scene();
  const refused = (judgement: Judgement): void => {
    assert.deepEqual([judgement.action, judgement.status, judgement.cookie], ['deny', 403, undefined]);
    assert.match(judgement.page?.html ?? '', /role="alert"/);
    // It is asked anew, on its way to the same place.
    assert.match(judgement.page?.html ?? '', /name="to" value="\/a\?b=1"/);
  };
  const token = shown();
  const right = expectedAnswer(KEY, HOME, token);
  const wrong = right === '000000' ? '000001' : '000000';
  refused(answer(token, {}, wrong));
  // The right one comes too late then.
  refused(answer(token));
  const good = shown();
  assert.equal(answer(good).action, 'redirect');
  refused(answer(good));
  const late = shown();
  clock.now += CHALLENGE_MS;
  refused(answer(late));
  const foreign = shown();
  refused(answer(foreign, { address: '192.0.2.9' }, expectedAnswer(KEY, HOME, foreign)));
  const own = `${clock.now.toString(36)}.${'A'.repeat(22)}`;
  refused(answer(own, {}, '123456'));
  refused(answer('x'.repeat(3000), {}, '123456'));
  const spaced = shown();
  assert.equal(
    answer(spaced, {}, ` ${expectedAnswer(KEY, HOME, spaced).replace(/(...)/, '$1 ')}`).action,
    'redirect',
  );
  assert.notEqual(tokenOf(captcha.ask(request(), '')), tokenOf(captcha.ask(request(), '')));
  assert.equal(captcha.statistics().captchaWrong, 7);
});

test('a network may answer ten times in five minutes, and gets some pages in a minute', () => {
  const { clock, captcha, shown, answer } = scene();
  const token = shown();
  for (let i = 0; i < 10; i++) assert.equal(answer(token, {}, '1').action, 'deny');
  const limited = answer(shown());
  assert.deepEqual([limited.action, limited.status, limited.retryAfter], ['limit', 429, 300]);
  assert.equal(answer(shown({ address: '192.0.2.8' }), { address: '192.0.2.8' }).action, 'redirect');
  clock.now += CHALLENGE_MS;
  assert.equal(answer(shown()).action, 'redirect');
  const many = Array.from({ length: 100 }, () => captcha.ask(request({ address: '192.0.2.99' }), '').action);
  assert.equal(many[0], 'deny');
  assert.equal(many.at(-1), 'limit');
});

test('answers of many networks take bounded room', () => {
  const attempts = new Attempts(100);
  for (let i = 0; i < 1000; i++) {
    for (let j = 0; j < 12; j++) attempts.note(`n${i}`, `t${j}`, BEGIN);
    if (attempts.waitOf(`n${i}`, BEGIN) > 0) assert.ok(attempts.size <= 100);
  }
  assert.equal(attempts.size, 100);
  assert.ok(attempts.waitOf('n999', BEGIN) > 0);
  assert.equal(attempts.waitOf('n0', BEGIN), 0);
  const { captcha, shown } = scene();
  for (let i = 0; i < 3000; i++) shown({ address: `10.0.${i >> 8}.${i & 255}` });
  assert.equal(captcha.statistics().captchaNetworks, 0);
});

test('programs get no picture', () => {
  const { captcha } = scene();
  for (const accept of ['*/*', 'application/json', 'image/png,*/*']) {
    const judgement = captcha.ask(request({ accept }), 'why');
    assert.deepEqual([judgement.action, judgement.status, judgement.page], ['deny', 403, undefined]);
  }
});

test('no way back leads elsewhere', () => {
  for (const good of ['/', '/a', '/a/b?c=d&e=%2F#f', "/it's", '/a//b', '/.well-known/x'])
    assert.equal(localWay(good), good);
  for (const bad of [
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    'https://evil.example/',
    'javascript:alert(1)',
    'a',
    '',
    '/a"onload=x',
    '/<script>',
    '/a b',
    '/\u00e9',
    `/${'a'.repeat(2000)}`,
    CAPTCHA_PATH,
    `${CAPTCHA_PATH}?x`,
  ]) {
    assert.equal(localWay(bad), '/', bad);
  }
  assert.equal(wayOf('http://shop.example/a?b'), '/a?b');
  assert.equal(wayOf('http://shop.example//evil.example/'), '/');
  assert.equal(wayOf('http://shop.example'), '/');
  assert.deepEqual(
    [
      CAPTCHA_PATH,
      `http://a.example${CAPTCHA_PATH}?x=1`,
      `${CAPTCHA_PATH}s`,
      `/x${CAPTCHA_PATH}`,
      `/?a=${CAPTCHA_PATH}`,
    ].map(isCaptchaPath),
    [true, true, false, false, false],
  );
  const { captcha, shown, answer } = scene();
  assert.equal(answer(shown(), { form: { to: '//evil.example' } }).location, '/');
  assert.equal(captcha.wayBack(request({ form: { to: 'https://evil.example' } }))?.location, '/');
  assert.equal(captcha.wayBack(request({ target: CAPTCHA_PATH }))?.location, '/');
  assert.equal(captcha.wayBack(request()), undefined);
});

test('the page runs nothing, loads nothing, and can go into one variable', () => {
  const { captcha } = scene();
  const { page } = captcha.ask(request({ target: "/a?b=1&c='x'" }), 'why');
  assert.ok(page !== undefined);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(page.html, /[\u0000-\u001f]/);
  assert.ok(Buffer.byteLength(page.html) < 8192, `${page.html.length}`);
  assert.doesNotMatch(page.html, /<script|\son\w+=|\ssrc=|\sstyle=|url\(/);
  assert.match(page.html, /name="to" value="\/a\?b=1&amp;c='x'"/);
  assert.match(
    page.policy,
    /^default-src 'none'; style-src 'sha256-[\w+/]+='; form-action 'self'; base-uri 'none'/,
  );
});

test('no two pictures of the same digits are the same, and none tells them in words', () => {
  const [one, other] = [digitPicture('0123456789', 'a'), digitPicture('0123456789', 'a')];
  assert.notEqual(one, other);
  assert.doesNotMatch(one, /0123456789|<text/);
  const numbers = one.match(/-?\d+\.\d/g) ?? [];
  assert.ok(numbers.length > 200);
});
