import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matches, parseQuery } from '../../../src/query/index.ts';
import { fromLinks, narrowed, quoted, termOf } from './terms.ts';

test('values that would be read as something else stand in quotes', () => {
  for (const [value, text] of [
    ['example.org', 'example.org'],
    ['2001:db8::1', '2001:db8::1'],
    ['TLS 1.2', '"TLS 1.2"'],
    ['a,b', '"a,b"'],
    ['*', '"*"'],
    ['or', '"or"'],
    ['', '""'],
    ['say "x"\\', '"say \\"x\\"\\\\"'],
  ] as const) {
    assert.equal(quoted(value), text);
  }
});

test('each value is found by its term, and by no other', () => {
  for (const name of ['example.org', 'a b', 'a"b', 'a\\b', 'not', '(x)', 'a*c', '!a', 'a,b', '&&']) {
    const condition = parseQuery(termOf('name', name));
    const record = (host: string) => ({ event_type: 'http', http: { hostname: host } });
    assert.ok(matches(condition, record(name) as never), name);
    assert.ok(!matches(condition, record(`${name}x`) as never), name);
  }
});

test('a question is narrowed once', () => {
  assert.equal(narrowed('', 'port:443'), 'port:443');
  assert.equal(narrowed(' port:443 ', 'app:x'), 'port:443 app:x');
  assert.equal(narrowed('port:443 and app:x', 'app:x'), 'port:443 and app:x');
  assert.equal(narrowed('not app:x port:443', 'app:x'), 'port:443 app:x');
  assert.equal(narrowed('app:x', 'app:x', true), 'not app:x');
  assert.equal(narrowed('a or b', 'port:443'), '(a or b) port:443');
  assert.equal(narrowed('(a) b', 'port:443', true), '((a) b) not port:443');
  assert.equal(narrowed('name:"a or b"', 'port:443'), 'name:"a or b" port:443');
});

test('what links say becomes part of the question', () => {
  assert.equal(fromLinks({ q: 'port:443', range: '1h' }), undefined);
  assert.deepEqual(fromLinks({ q: 'port:443', name: 'a b' }), {
    query: 'port:443 name:"a b"',
    words: ['name'],
  });
  assert.equal(fromLinks({ fingerprint: 't13d1516h2_8daaf6152771_e5627efa2ab1' })?.query.slice(0, 4), 'ja4:');
  assert.equal(fromLinks({ fingerprint: 'e7d705a3286e19ea42f587b344ee6865' })?.query.slice(0, 4), 'ja3:');
  for (const word of ['address', 'communityId', 'protocol', 'application', 'rule']) {
    parseQuery(fromLinks({ [word]: word === 'address' ? '::1' : '1' })?.query ?? 'none:');
  }
});
