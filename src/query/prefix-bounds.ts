import type { Prefix } from '../net/index.ts';

/** The four words of an address. */
export type Words = readonly [number, number, number, number];

/** The first and the last address of a prefix. */
export function prefixBounds({ words, length }: Prefix): [low: Words, high: Words] {
  const high = words.map((word, i) => {
    const fixed = Math.min(32, Math.max(0, length - 32 * i));
    return fixed === 32 ? word : word | (0xffffffff >>> fixed);
  });
  return [words, high as unknown as Words];
}
