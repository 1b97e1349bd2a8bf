import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RewriteRulesError } from './checker.ts';
import { compileRewriteRules, rewriteFaults } from './compile.ts';

const REQUEST = { headers: { set: { 'X-A': 'b' } } };

/** Rules, and what is said of the first mistake; undefined for right ones. */
const CASES: readonly (readonly [rules: unknown, fault: RegExp | undefined])[] = [
  [[], undefined],
  [undefined, /^rules: a list is wanted, not nothing$/],
  [{}, /^rules: a list is wanted, not an object$/],
  [[7], /^rules\[0\]: names and values are wanted, not 7$/],
  [[{}], /^rules\[0\]: the rule does nothing/],
  [[{ last: true }], undefined],
  [[{ last: 'yes', request: REQUEST }], /^rules\[0\]\.last: "yes" is neither true nor false$/],
  [[{ match: {}, reqeust: {} }], /^rules\[0\]: "reqeust" is unknown here \(did you mean request\?\)$/],
  [
    [{ request: REQUEST }, { match: { hots: 'a' }, request: REQUEST }],
    /^rules\[1\]\.match: "hots" is unknown here \(did you mean host\?\)$/,
  ],
  [[{ match: { zzzzzzzz: 1 }, request: REQUEST }], /known are host, path, method/],
  [[{ match: { host: 'www.example.org:80' }, request: REQUEST }], /^rules\[0\]\.match\.host: .*without port/],
  [
    [{ match: { host: ['*.example.org', 'a..b'] }, request: REQUEST }],
    /^rules\[0\]\.match\.host\[1\]: "a\.\.b"/,
  ],
  [[{ match: { host: [] }, request: REQUEST }], /^rules\[0\]\.match\.host: the list is empty$/],
  [[{ match: { path: 'shop' }, request: REQUEST }], /^rules\[0\]\.match\.path: "shop" is no path/],
  [[{ match: { path: '/a/../b' }, request: REQUEST }], /is no path/],
  [[{ match: { path: '/a%2e' }, request: REQUEST }], /is no path/],
  [[{ match: { path: ['/a', '/b/**', '/*.php'] }, request: REQUEST }], undefined],
  [
    [{ match: { method: 'GET POST' }, request: REQUEST }],
    /^rules\[0\]\.match\.method: "GET POST" is no method$/,
  ],
  [[{ match: { headers: { 'a b': 'x' } }, request: REQUEST }], /"a b" is no name of a header field/],
  [
    [{ match: { headers: { Cookie: {} } }, request: REQUEST }],
    /Cookie: equals, contains or present is wanted/,
  ],
  [[{ match: { headers: { Cookie: { contians: 'x' } } }, request: REQUEST }], /did you mean contains/],
  [[{ match: { status: 99 }, response: { status: 500 } }], /^rules\[0\]\.match\.status: 99 is no status/],
  [[{ match: { status: ['5xx', 404, '400-402'] }, response: { status: 500 } }], undefined],
  [[{ match: { status: '500-400' }, response: { status: 500 } }], /is no status/],
  [[{ match: { status: 404 }, request: REQUEST }], /^rules\[0\]\.request: status and contentType are known/],
  [[{ match: { contentType: 'html' }, response: { status: 500 } }], /is no media type/],
  [
    [{ request: { headers: { set: { 'X-A': 'b\r\nX-B: c' } } } }],
    /^rules\[0\]\.request\.headers\.set\.X-A: .*line ends/,
  ],
  [[{ request: { headers: { set: { 'X-A': 'b\0' } } } }], /control characters/],
  [[{ request: { headers: { set: { 'X-A': 'ä' } } } }], /others than ASCII/],
  [[{ request: { headers: { set: { 'X-A': ' b' } } } }], /begins or ends with a space/],
  [[{ request: { headers: { set: { 'X-A\r\nB': 'b' } } } }], /is no name of a header field/],
  [[{ request: { headers: { set: { ':path': '/' } } } }], /is no name of a header field/],
  [[{ request: { headers: { set: { 'X-A': '{hots}' } } } }], /\{hots\} is unknown \(did you mean host\?\)/],
  [[{ request: { headers: { set: { 'X-A': '{{host}}' } } } }], undefined],
  [[{ request: { headers: { set: { 'X-A': 'a{' } } } }], /a brace stands alone: write \{\{ for one/],
  [[{ request: { headers: { set: { 'X-A': 5 } } } }], /a text is wanted, not 5/],
  [[{ request: { headers: { set: { A: 'b', a: 'c' } } } }], /a is there twice/],
  [
    [{ request: { headers: { set: { 'content-LENGTH': '5' } } } }],
    /content-LENGTH says how the message is sent/,
  ],
  [[{ request: { headers: { add: { 'Transfer-Encoding': 'chunked' } } } }], /says how the message is sent/],
  [
    [{ request: { headers: { remove: ['Connection'] } } }],
    /^rules\[0\]\.request\.headers\.remove\[0\]: Connection/,
  ],
  [[{ request: { headers: { remove: ['Host'] } } }], /a request needs its Host/],
  [[{ request: { headers: { add: { host: 'a' } } } }], /a request has one Host/],
  [[{ request: { headers: { set: { Host: 'internal.example.org' } } } }], undefined],
  [[{ request: { path: { to: '/b' } } }], /either prefix or pattern/],
  [[{ request: { path: { prefix: '/a', pattern: '/a', to: '/b' } } }], /either prefix or pattern/],
  [[{ request: { path: { prefix: '/a', to: 'b' } } }], /^rules\[0\]\.request\.path\.to: "b" is no path/],
  [[{ request: { path: { prefix: '/a', to: '/b?c' } } }], /is no path/],
  [[{ request: { path: { prefix: '/a', to: '/b c' } } }], /is no path/],
  [[{ request: { path: { prefix: '/a*', to: '/b' } } }], /is no beginning of a path/],
  [[{ request: { path: { pattern: '/(a', to: '/b' } } }], /^rules\[0\]\.request\.path\.pattern: /],
  [[{ request: { path: { pattern: '/a)|(?:b', to: '/b' } } }], /^rules\[0\]\.request\.path\.pattern: /],
  [[{ request: { path: { pattern: '/a', to: '/$x' } } }], /\$x stands for nothing/],
  [[{ request: { path: { pattern: '/(.*)/(.*)', to: '/$2/$1' } } }], undefined],
  [[{ request: { upstream: 'http://127.0.0.1:3000/x' } }], /is no server/],
  [[{ request: { upstream: 'ftp://127.0.0.1' } }], /is no server/],
  [[{ request: { upstream: 'https://[::1]:3000' } }], undefined],
  [[{ request: { redirect: { location: 'https://{host}{path}{query}' } } }], undefined],
  [[{ request: { redirect: { status: 200, location: '/' } } }], /200 is no redirect/],
  [[{ request: { redirect: { location: '//{host}/' } } }], /leads nowhere certain/],
  [[{ request: { redirect: { location: 'javascript:alert(1)' } } }], /leads nowhere certain/],
  [[{ request: { redirect: { location: '/' }, answer: { status: 200 } } }], /exclude each other/],
  [[{ request: { redirect: { location: '/' }, upstream: 'http://a' } }], /goes to no server/],
  [[{ request: { answer: { status: 101 } } }], /101 is no status/],
  [[{ request: { answer: { status: 204, body: 'x' } } }], /answers with 204 have no body/],
  [[{ request: { answer: { status: 204 } } }], undefined],
  [[{ request: { answer: { status: 200, headers: { 'Content-Type': 'a/b' } } } }], /given as contentType/],
  [[{ request: { answer: { status: 200, headers: { 'X-A': 'a\nb' } } } }], /is no value of a field/],
  [[{ request: { answer: { status: 200, contentType: 'a\r\nb' } } }], /is no value of a field/],
  [[{ response: { status: 204 } }], /answers with 204 have no body/],
  [[{ response: { status: 1000 } }], /1000 is no status/],
  [[{ response: { securityHeaders: 'inser' } }], /did you mean insert/],
  [[{ response: { replace: [{ text: '', with: 'x' }] } }], /nothing is searched for/],
  [[{ response: { replace: [{ with: 'x' }] } }], /either text or pattern/],
  [[{ response: { replace: [{ pattern: '(a+)+b', with: 'x' }] } }], /could take too long/],
  [[{ response: { replace: [{ pattern: '<b[^>]*>x', with: 'x' }] } }], /could take too long/],
  [
    [{ response: { replace: [{ pattern: '(', with: 'x' }] } }],
    /^rules\[0\]\.response\.replace\[0\]\.pattern: /,
  ],
  [[{ response: { replace: [{ pattern: 'ä', with: 'x' }] } }], /write those as text/],
  [[{ response: { replace: [{ pattern: 'v(\\d{1,3})', with: '$1 ä' }] } }], undefined],
  [[{ response: { inject: [{ before: '</html>', html: 'x' }] } }], /"<\/html>" is unknown/],
  [[{ response: { inject: [{ before: '</head>', html: '<meta name="a">' }] } }], undefined],
];

for (const [rules, fault] of CASES) {
  test(`${JSON.stringify(rules) ?? 'nothing'}`, () => {
    const faults = rewriteFaults(rules);
    if (fault === undefined) {
      assert.deepEqual(faults, []);
      return;
    }
    assert.ok(
      faults.some((each) => fault.test(each)),
      faults.join('\n') || 'no mistake was found',
    );
    assert.throws(() => compileRewriteRules(rules), RewriteRulesError);
  });
}

test('all mistakes are told of, up to a hundred', () => {
  const rules = Array.from({ length: 300 }, () => ({ request: { path: 7 }, a: 1 }));
  assert.equal(rewriteFaults(rules).length, 100);
  assert.match(rewriteFaults(Array.from({ length: 513 }, () => ({ last: true })))[0]!, /at most 512/);
});

test('whatever is given, it is read or refused, and nothing else happens', () => {
  const names = ['match', 'request', 'response', 'headers', 'set', 'path', 'prefix', 'to', 'replace', 'host'];
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), tie('value'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 3 }), (rules) => {
      for (const fault of rewriteFaults(rules)) assert.match(fault, /^rules(?:\[\d+\])?[^:]*: ./s);
    }),
    { numRuns: 500 },
  );
});
