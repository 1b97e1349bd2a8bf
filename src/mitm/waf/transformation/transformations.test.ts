import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { TRANSFORMATION_CASES } from '../../../../test/conformance/modsecurity/transformation-cases.ts';
import { TRANSFORMATIONS } from './index.ts';

const ALL = [...new Set(TRANSFORMATIONS.values())];

/** Long values of what each transformation looks for, repeated, cut and nested. */
const HOSTILE = [
  '%',
  '%u',
  '%uff',
  '%41',
  '\\',
  '\\u00',
  '\\4141',
  '\\x4',
  '&',
  '&#',
  '&#x',
  '&#9',
  '&a',
  '&aaaa',
  '&#x1',
  '/',
  '\\',
  '../',
  './',
  'a/',
  'a../',
  '..',
  '/*',
  '*/',
  '<!--',
  '-',
  '#',
  '/*a*/',
  '/*a*/b',
  ' ',
  '\t ',
  '\0',
  '\xc3',
  '\xc0\x80',
  '\xf0\x9f',
  '=',
  'A',
  ' \n',
  '0x',
  '0x41',
  '0',
  '"',
  ' (',
];

test('every file that holds a transformation is listed', () => {
  const listed = new Set(ALL.map(({ name }) => fileOf(name)));
  const parts = ['bytes', 'character', 'escape-character', 'index', 'parity', 'path', 'transformation'];
  const files = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -3));
  assert.deepEqual(files.filter((file) => !parts.includes(file)).sort(), [...listed].sort());
});

test('names lead to transformations, in small letters and in both spellings', () => {
  for (const one of ALL) assert.equal(TRANSFORMATIONS.get(one.name.toLowerCase()), one);
  assert.equal(TRANSFORMATIONS.get('normalisepath')?.name, 'normalizePath');
  assert.equal(TRANSFORMATIONS.get('normalisepathwin')?.name, 'normalizePathWin');
  assert.equal(TRANSFORMATIONS.get('none'), undefined);
});

test('every transformation has cases', () => {
  assert.deepEqual(ALL.map(({ name }) => name).sort(), Object.keys(TRANSFORMATION_CASES).sort());
});

for (const { name, example, apply } of ALL) {
  test(name, () => {
    assert.equal(apply(example.input), example.output, 'the example');
    for (const [input, output] of TRANSFORMATION_CASES[name] ?? []) {
      assert.equal(apply(input), output, JSON.stringify(input));
    }
  });
}

test('results are bytes, whatever the value', () => {
  const values = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 64 }).map(binary);
  for (const { name, apply } of ALL) {
    fc.assert(
      fc.property(values, (value) => {
        for (const character of apply(value)) assert.ok(character.charCodeAt(0) < 256, name);
      }),
      { numRuns: 200 },
    );
  }
});

test('a result does not depend on the value before', () => {
  for (const { name, apply } of ALL) {
    const before = apply('%41\\x41&lt; /*a*/..//b\0\xc3\xa9QUJD');
    apply('\\x5a%5a&gt;'.repeat(50));
    assert.equal(apply('%41\\x41&lt; /*a*/..//b\0\xc3\xa9QUJD'), before, name);
  }
});

test('values larger than the room that is kept', () => {
  const encoded = '%41'.repeat(100_000);
  assert.equal(TRANSFORMATIONS.get('urldecode')?.apply(encoded), 'A'.repeat(100_000));
  const utf8 = '\xc3\xa9'.repeat(100_000);
  assert.equal(TRANSFORMATIONS.get('utf8tounicode')?.apply(utf8), '%u00e9'.repeat(100_000));
});

test('no value takes more than linear time', () => {
  const total = 1 << 18;
  for (const { name, apply } of ALL) {
    for (const piece of HOSTILE) {
      const value = piece.repeat(Math.ceil(total / piece.length));
      const start = performance.now();
      apply(value);
      const took = performance.now() - start;
      // Linear ones need a few milliseconds, quadratic ones many seconds; between them is room for a busy machine.
      assert.ok(took < 1000, `${name} took ${took.toFixed()} ms for ${JSON.stringify(piece)} repeated`);
    }
  }
});

function binary(bytes: readonly number[]): string {
  return String.fromCharCode(...bytes);
}

function fileOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

for (const { name, changes, apply } of ALL) {
  if (changes === undefined) continue;
  test(`${name} leaves what holds none of the characters that change it`, () => {
    const others = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).filter(
      (character) => !changes.test(character),
    );
    const any = fc.constantFrom(...others);
    // What such transformations look for comes up seldom by chance.
    const likely = fc.constantFrom(
      ...others.filter((character) => '%+&\\/*.-#<>!;x4a uA0 \t\n'.includes(character)),
    );
    fc.assert(
      fc.property(fc.string({ unit: fc.oneof(any, likely), maxLength: 40 }), (value) => {
        assert.equal(apply(value), value);
      }),
      { numRuns: 2000 },
    );
  });
}
