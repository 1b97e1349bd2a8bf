/**
 * Lengths in buckets: one for each length below 16, two for each doubling above. Kept within a larger array of numbers,
 * from an offset on.
 */

/** Buckets of a histogram; the last one is for everything from 512 KiB on. */
export const LENGTH_BUCKETS = 48;
const EXACT = 16;

/** The bucket of a length in bytes. */
export function bucketOf(length: number): number {
  if (length < EXACT) return length;
  const power = 31 - Math.clz32(length);
  return Math.min(LENGTH_BUCKETS - 1, EXACT + 2 * (power - 4) + ((length >>> (power - 1)) & 1));
}

/** The shortest length of a bucket. */
export function bucketStart(bucket: number): number {
  if (bucket < EXACT) return bucket;
  const power = 4 + ((bucket - EXACT) >> 1);
  return (bucket - EXACT) % 2 === 0 ? 2 ** power : 2 ** power + 2 ** (power - 1);
}

/** The range that holds all but a share of what was counted: lengths in bytes, both within it. */
export function usualRange(
  counts: Float32Array,
  offset: number,
  total: number,
  outside: number,
): { readonly from: number; readonly to: number } {
  const most = (outside * total) / 2;
  let low = 0;
  let high = LENGTH_BUCKETS - 1;
  for (let sum = 0; low < high; low++) {
    sum += counts[offset + low] as number;
    if (sum > most) break;
  }
  for (let sum = 0; high > low; high--) {
    sum += counts[offset + high] as number;
    if (sum > most) break;
  }
  const end = high + 1 < LENGTH_BUCKETS ? bucketStart(high + 1) - 1 : Number.MAX_SAFE_INTEGER;
  return { from: bucketStart(low), to: end };
}

/** How much was counted in a bucket and those above. */
export function countFrom(counts: Float32Array, offset: number, bucket: number): number {
  let sum = 0;
  for (let at = bucket; at < LENGTH_BUCKETS; at++) sum += counts[offset + at] as number;
  return sum;
}
