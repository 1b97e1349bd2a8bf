import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { multipartParts, parseMultipart } from './multipart.ts';
import { MULTIPART_CASES } from './multipart-cases.ts';

const LIMITS = { arguments: 1000 };
const TYPE = 'multipart/form-data; boundary=b';

for (const { title, type, body, ...expected } of MULTIPART_CASES) {
  test(`multipart: ${title}`, () => {
    const read = parseMultipart(body, type, LIMITS);
    assert.equal(read.errors[0], expected.error && `Multipart: ${expected.error}`);
    if (expected.error?.startsWith('Invalid Content-Disposition header') !== true) {
      assert.deepEqual(read.arguments, expected.arguments ?? []);
    }
    assert.deepEqual(
      read.files.map(({ field, name, content }) => [field, name, content]),
      expected.files ?? [],
    );
    if (expected.flags === undefined) return;
    const set = [...multipartParts(read).flags].filter(([, value]) => value !== 0);
    assert.deepEqual(
      Object.fromEntries(set.map(([name, value]) => [name.slice('MULTIPART_'.length), value])),
      expected.flags,
    );
  });
}

test('header lines stand under the name of their part', () => {
  const body = '--b\r\nContent-Disposition: form-data;\r\n name=n\r\nX:  y\r\n\r\nv\r\n--b--\r\n';
  const { partHeaders, partNames, error } = multipartParts(parseMultipart(body, TYPE, LIMITS));
  assert.deepEqual(partHeaders, [
    ['n', 'Content-Disposition: form-data; name=n'],
    ['n', 'X:  y'],
  ]);
  assert.deepEqual(partNames, ['n']);
  assert.equal(error, '');
});

test('more parts than the bound are refused', () => {
  const part = '--b\r\nContent-Disposition: form-data; name=n\r\n\r\nv\r\n';
  const read = parseMultipart(`${part.repeat(20)}--b--\r\n`, TYPE, { arguments: 10 });
  assert.equal(read.arguments.length, 10);
  assert.equal(read.errors[0], 'Multipart: More than 10 parts.');
});

test('more headers than a program sends are refused', () => {
  const headers = Array.from({ length: 100_000 }, (_, index) => `X${index}: y\r\n`).join('');
  const read = parseMultipart(`--b\r\n${headers}`, TYPE, LIMITS);
  assert.equal(read.errors[0], 'Multipart: More than 64 part headers.');
  assert.ok(read.errors.length <= 16);
});

test('no body takes long', () => {
  const size = 4 << 20;
  const dashes = `multipart/form-data; boundary=${'-'.repeat(900)}`;
  const almost = `multipart/form-data; boundary=${'-'.repeat(450)}x${'-'.repeat(450)}`;
  const start = '--b\r\nContent-Disposition: form-data; name=n\r\n';
  const bodies: readonly (readonly [type: string, body: string])[] = [
    [dashes, '-'.repeat(size)],
    [almost, '-'.repeat(size)],
    [almost, `${'-'.repeat(1000)}\n`.repeat(size / 1001)],
    [TYPE, '--b'.repeat(size / 3)],
    [TYPE, '--b\r\n'.repeat(size / 5)],
    [TYPE, `${start}${' x\r\n'.repeat(size / 4)}`],
    [TYPE, `${start}\r\n${'\r\n'.repeat(size / 2)}`],
    [TYPE, `${start}\r\n${'-- \r\n'.repeat(size / 5)}`],
    [TYPE, `${start}${'\r\n'.repeat(size / 2)}`],
    [TYPE, `${`${start}\r\n\r\n`.repeat(size / 50)}--b--`],
    [TYPE, `--b\r\nContent-Disposition: form-data; name="${'\\\\'.repeat(1900)}"\r\n\r\n`.repeat(1000)],
    [TYPE, '\0'.repeat(size)],
    [TYPE, '\r'.repeat(size)],
  ];
  for (const [type, body] of bodies) {
    const begin = performance.now();
    parseMultipart(body, type, LIMITS);
    const took = performance.now() - begin;
    assert.ok(took < 2000, `${took} ms for ${JSON.stringify(body.slice(0, 60))}`);
  }
});

test('any bytes: an answer, never an exception', () => {
  const pieces = [
    '--b',
    '--b--',
    '\r\n',
    '\n',
    ' ',
    '\0',
    'Content-Disposition: form-data; name=',
    '"',
    'x',
    ':',
  ];
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...pieces), { maxLength: 40 }),
      fc.string({ maxLength: 20 }),
      (all, type) => {
        const body = all.join('');
        const { arguments: found } = parseMultipart(body, TYPE, LIMITS);
        for (const [, value] of found) assert.ok(body.includes(value));
        parseMultipart(body, `multipart/form-data;${type}`, LIMITS);
      },
    ),
    { numRuns: 2000 },
  );
});
