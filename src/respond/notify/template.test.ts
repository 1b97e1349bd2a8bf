import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { PlainMessage } from './notification.ts';
import { NotifyError } from './notify-error.ts';
import { parseTemplate, TEMPLATE_NAMES } from './template.ts';

const MESSAGE: PlainMessage = {
  id: 'abcdefghij0123456789',
  timeMs: Date.UTC(2026, 10, 21, 13, 0, 0),
  firstMs: Date.UTC(2026, 10, 21, 12, 59, 0),
  address: '203.0.113.9',
  event: 'waf_block',
  reason: 'SQL injection\r\nin ARGS:id',
  score: 84.6,
  severity: 'high',
  decision: '',
  scenario: '',
  target: '192.0.2.1',
  count: 3,
  host: 'gateway',
};

test('names between braces are filled in', () => {
  const fill = (text: string) => parseTemplate(text, 'body')(MESSAGE);
  assert.equal(fill('{ip} {score} {count}x {decision}'), '203.0.113.9 85 3x none');
  assert.equal(fill('{{"ip": "{ip}"}}'), '{"ip": "203.0.113.9"}');
  assert.equal(fill('two\nlines: {reason}'), 'two\nlines: SQL injection in ARGS:id');
  assert.equal(fill('{time} {first}'), '2026-11-21T13:00:00.000Z 2026-11-21T12:59:00.000Z');
  assert.equal(fill(''), '');
  for (const name of TEMPLATE_NAMES) assert.notEqual(fill(`{${name}}`), `{${name}}`);
});

test('what is wrong is said with its place', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['from {adress}', /^mail: subject: character 6: '\{adress\}' is unknown; there are ip, event, /],
    ['{constructor}', /unknown/],
    ['{__proto__}', /unknown/],
    ['{}', /unknown/],
    ['a { b', /character 3: '\{' stands alone; write '\{\{'/],
    ['a } b', /character 3: '\}' stands alone/],
    ['x'.repeat(9000), /longer than 8192/],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => parseTemplate(text, 'mail: subject'),
      (error) => error instanceof NotifyError && message.test(error.message),
      text.slice(0, 40),
    );
  }
});

test('values never make lines or places of their own', () => {
  const template = parseTemplate('{reason}', 'body');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0x2100 }), { maxLength: 100 }), (codes) => {
      const reason = String.fromCharCode(...codes);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
      assert.doesNotMatch(template({ ...MESSAGE, reason }), /[\x00-\x1f\x7f\u2028\u2029]/);
    }),
  );
  assert.equal(template({ ...MESSAGE, reason: '{ip}' }), '{ip}');
});
