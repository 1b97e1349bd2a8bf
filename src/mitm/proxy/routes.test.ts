import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardingOf, outgoingHead } from './forwarding.ts';
import { parseAuthority, parseOrigin } from './origin.ts';
import { Routes } from './routes.ts';

test('an exact host goes before a pattern, a long path before a short one', () => {
  const routes = new Routes([
    { to: 'http://any:1' },
    { to: 'http://any-app:1', path: '/app' },
    { to: 'http://exact:1', host: 'Www.Example.org' },
    { to: 'http://below:1', host: '*.example.org' },
    { to: 'http://deeper:1', host: '*.deep.example.org', path: '/x/' },
  ]);
  const cases: [host: string, target: string, to: string][] = [
    ['other.test', '/', 'any'],
    ['other.test', '/app', 'any-app'],
    ['other.test', '/app?x', 'any-app'],
    ['other.test', '/app/x', 'any-app'],
    ['other.test', '/apple', 'any'],
    ['www.example.org', '/app', 'exact'],
    ['WWW.example.org.:8080', '/', 'exact'],
    ['a.b.example.org', '/', 'below'],
    ['example.org', '/', 'any'],
    ['a.deep.example.org', '/x', 'deeper'],
    ['a.deep.example.org', '/y', 'below'],
    ['[2001:db8::1]:80', '/', 'any'],
    ['', '*', 'any'],
  ];
  for (const [host, target, to] of cases) {
    assert.equal(routes.find(host, target)?.origin.host, to, `${host} ${target}`);
  }
  assert.equal(new Routes([{ to: 'http://a', host: 'b' }]).find('c', '/'), undefined);
});

test('routes that cannot be read are refused with the reason', () => {
  assert.throws(() => new Routes([{ to: 'a:80' }]), /route to a:80: write http:\/\/host:port/);
  assert.throws(() => new Routes([{ to: 'http://a/path' }]), /without a path/);
  assert.throws(() => new Routes([{ to: 'http://a', path: 'x' }]), /does not begin with \//);
  assert.throws(() => new Routes([{ to: 'http://a', host: 'a b' }]), /is no name/);
  assert.throws(() => new Routes([{ to: 'http://a' }, { to: 'http://b', path: '/' }]), /there is another/);
});

test('authorities and origins are read strictly', () => {
  assert.deepEqual(parseAuthority('Example.ORG', 80), { host: 'example.org', port: 80 });
  assert.deepEqual(parseAuthority('[::1]:8080', 80), { host: '::1', port: 8080 });
  for (const text of ['', 'a:0', 'a:65536', 'a:', 'a@b', '::1', '[1.2.3.4]', 'a/b', '-a', 'a b']) {
    assert.equal(parseAuthority(text, 80), undefined, text);
  }
  assert.equal(parseOrigin('HTTPS://A')?.text, 'https://a:443');
  assert.equal(parseOrigin('https://a:8443')?.authority, 'a:8443');
  assert.equal(parseOrigin('ftp://a'), undefined);
});

test('servers are told of clients as the options say', () => {
  const request = {
    method: 'GET',
    target: '/',
    fields: [
      ['X-Forwarded-For', '1.1.1.1'],
      ['Forwarded', 'for=1.1.1.1'],
      ['x-forwarded-proto', 'https'],
      ['Via', '1.0 a'],
    ] as const,
    host: 'h',
    askedHost: 'asked:8080',
    version: 11 as const,
    length: undefined,
    upgrade: false,
    expectsContinue: false,
    clientAddress: '2001:db8::1',
    scheme: 'http' as const,
    rewritten: false,
  };
  const lines = (options: Parameters<typeof forwardingOf>[0], reverse = true): string[] =>
    outgoingHead(request, forwardingOf(options, reverse, 'p'))
      .split('\r\n')
      .slice(2, -2);
  const host = ['X-Forwarded-Proto: http', 'X-Forwarded-Host: asked:8080'];
  assert.deepEqual(lines({}), ['X-Forwarded-For: 1.1.1.1, 2001:db8::1', ...host, 'Via: 1.0 a, 1.1 p']);
  assert.deepEqual(lines({ address: 'replace', forwarded: 'append', host: 'remove', via: 'remove' }), [
    'X-Forwarded-For: 2001:db8::1',
    'Forwarded: for=1.1.1.1, for="[2001:db8::1]";host="asked:8080";proto=http',
  ]);
  assert.deepEqual(lines({ address: 'remove', forwarded: 'replace', host: 'remove', via: 'remove' }), [
    'Forwarded: for="[2001:db8::1]";host="asked:8080";proto=http',
  ]);
  assert.deepEqual(lines({}, false), [
    'X-Forwarded-For: 1.1.1.1',
    'Forwarded: for=1.1.1.1',
    'x-forwarded-proto: https',
    'Via: 1.0 a, 1.1 p',
  ]);
});
