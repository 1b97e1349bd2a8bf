import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DirectiveError } from './mistake.ts';
import { parseTargets, targetText } from './target.ts';

/** Targets as they mean the same to the engine. */
function read(text: string): readonly string[] {
  return parseTargets(text).map(targetText);
}

const CASES: readonly (readonly [text: string, expected: readonly string[]])[] = [
  ['ARGS', ['ARGS']],
  ['args|Request_Headers', ['ARGS', 'REQUEST_HEADERS']],
  ['ARGS:Foo', ['ARGS:foo']],
  ['ARGS.Foo', ['ARGS:foo']],
  ['&ARGS:Foo|!ARGS:bar', ['&ARGS:foo', '!ARGS:bar']],
  ['ARGS , REQUEST_URI', ['ARGS', 'REQUEST_URI']],
  ['ARGS:/^a|b$/|TX:x', ['ARGS:/^a|b$/', 'TX:x']],
  ["ARGS:'/^a|b$/'|TX:x", ['ARGS:/^a|b$/', 'TX:x']],
  ["ARGS:'a|b'", ['ARGS:a|b']],
  ['ARGS:"a,b"|TX', ['ARGS:a,b', 'TX']],
  [String.raw`ARGS:/a\/b/|TX`, [String.raw`ARGS:/a\/b/`, 'TX']],
  [
    'REQUEST_COOKIES:/__utm/|!REQUEST_COOKIES:/_pk_ref/',
    ['REQUEST_COOKIES:/__utm/', '!REQUEST_COOKIES:/_pk_ref/'],
  ],
  ['XML:/*|XML://@*|ARGS', ['XML:/*', 'XML://@*', 'ARGS']],
  ['XML:/*|!ARGS:/a|b/|XML://@*|ARGS:/c/', ['XML:/*', '!ARGS:/a|b/', 'XML://@*', 'ARGS:/c/']],
  ['&XML:/*|REQUEST_COOKIES:/c/', ['&XML:/*', 'REQUEST_COOKIES:/c/']],
  ['ARGS:/a', ['ARGS:/a']],
  ['ARGS:a/b/c', ['ARGS:a/b/c']],
  ['ARGS:user[name]', ['ARGS:user[name]']],
  ['ARGS:json.a.b', ['ARGS:json.a.b']],
  ['ARGS:a:b', ['ARGS:a:b']],
  ['TX:/^header_.*$/', ['TX:/^header_.*$/']],
];

for (const [text, expected] of CASES) {
  test(`targets ${text}`, () => assert.deepEqual(read(text), expected));
}

const MISTAKES: readonly (readonly [text: string, message: RegExp])[] = [
  ['', /^"" is no variable$/],
  ['ARGS|', /^"" is no variable$/],
  ['ARGS||TX', /^"" is no variable$/],
  ['AR GS', /^"AR GS" is no variable$/],
  ['&!ARGS', /is no variable$/],
  ['ARGS:/(/', /^\/\(\/: /],
];

for (const [text, message] of MISTAKES) {
  test(`mistake in targets ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseTargets(text),
      (error: unknown) => error instanceof DirectiveError && message.test(error.message),
    );
  });
}

test('a hundred thousand targets are read in no time', () => {
  for (const text of ['ARGS:/a/|'.repeat(100_000), 'ARGS:/'.repeat(100_000), "ARGS:'a'|".repeat(100_000)]) {
    const before = process.cpuUsage();
    try {
      parseTargets(text);
    } catch (error) {
      assert.ok(error instanceof DirectiveError);
    }
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 3e6, `${user + system} us for ${text.slice(0, 12)}`);
  }
});
