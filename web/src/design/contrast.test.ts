import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const tokens = new Map(
  [
    ...readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8').matchAll(
      /--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g,
    ),
  ].map(([, name, light, dark]) => [name!, { light: light!, dark: dark! }]),
);

/** Relative luminance as WCAG 2.2 defines it. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(first: string, second: string): number {
  const [bright, dim] = [luminance(first), luminance(second)].sort((a, b) => b - a);
  return (bright! + 0.05) / (dim! + 0.05);
}

/** Least contrast of words, and of what one must be able to see without reading it (WCAG 1.4.3, 1.4.11). */
const WORDS = 4.5;
const SHAPES = 3;

const SURFACES = ['page', 'surface', 'sunken', 'hover', 'overlay'];
const TONES = ['good', 'notice', 'warning', 'danger'];

const PAIRS: readonly (readonly [name: string, on: string, least: number])[] = [
  ...SURFACES.flatMap((on) =>
    ['text', 'text-muted', 'text-faint', 'accent', ...TONES].map((name) => [name, on, WORDS] as const),
  ),
  ...[...TONES, 'text', 'text-muted'].flatMap((name) =>
    TONES.filter((tone) => tone === name || !TONES.includes(name)).map(
      (tone) => [name, `${tone}-soft`, WORDS] as const,
    ),
  ),
  ['text', 'accent-soft', WORDS],
  ['text-muted', 'accent-soft', WORDS],
  ['accent', 'accent-soft', WORDS],
  ['accent-strong', 'accent-soft', WORDS],
  ['on-accent', 'accent', WORDS],
  ['on-accent', 'accent-strong', WORDS],
  ...['page', 'surface'].flatMap((on) =>
    ['line-strong', 'focus', ...[1, 2, 3, 4, 5, 6, 7, 8].map((number) => `series-${number}`)].map(
      (name) => [name, on, SHAPES] as const,
    ),
  ),
];

for (const theme of ['light', 'dark'] as const) {
  test(`every pair of colours of the ${theme} theme can be told apart`, () => {
    const poor = PAIRS.flatMap(([name, on, least]) => {
      const [front, back] = [tokens.get(name), tokens.get(on)];
      assert.ok(front !== undefined && back !== undefined, `tokens.css has no --${name} or no --${on}`);
      const found = contrast(front[theme], back[theme]);
      return found < least ? [`--${name} on --${on}: ${found.toFixed(2)}, least ${least}`] : [];
    });
    assert.deepEqual(poor, []);
  });
}
