import { brotliDecompressSync, constants, inflateRawSync, zstdDecompressSync } from 'node:zlib';
import { u8 } from '../../../net/index.ts';
import { inflate } from './inflate.ts';

export type Encoding = 'gzip' | 'deflate' | 'zlib' | 'brotli' | 'zstd' | 'lzma';

/** Encodings that are undone one after the other at most. */
const LAYERS = 3;

/** What a Content-Encoding asks for: the encodings in the order they were applied, and what was odd about it. */
export interface Encodings {
  readonly layers: readonly Encoding[];
  readonly abnormal: boolean;
  readonly tooMany: boolean;
}

const NONE: Encodings = { layers: [], abnormal: false, tooMany: false };
const EXACT: ReadonlyMap<string, Encodings> = new Map(
  (
    [
      ['gzip', ['gzip']],
      ['x-gzip', ['gzip']],
      ['deflate', ['deflate']],
      ['x-deflate', ['deflate']],
      ['br', ['brotli']],
      ['zstd', ['zstd']],
      ['lzma', ['lzma']],
      ['identity', []],
      ['none', []],
      ['inflate', []],
    ] as const
  ).map(([name, layers]) => [name, { layers, abnormal: false, tooMany: false }]),
);

/**
 * Reads a Content-Encoding as tolerantly as browsers do: NUL bytes are passed over, and what merely contains `gzip`
 * or `deflate` counts as that.
 */
export function contentEncodings(value: string | undefined): Encodings {
  if (value === undefined) return NONE;
  const text = (value.includes('\0') ? value.replaceAll('\0', '') : value).toLowerCase();
  const exact = EXACT.get(text);
  if (exact !== undefined) return exact;
  const layers: Encoding[] = [];
  let abnormal = false;
  let tooMany = false;
  for (const part of text.split(/[, ]/, 64)) {
    if (part === '') continue;
    const known = EXACT.get(part);
    let found: readonly Encoding[];
    if (known !== undefined) found = known.layers;
    else {
      abnormal = true;
      found = part.includes('gzip') ? ['gzip'] : part.includes('deflate') ? ['deflate'] : [];
    }
    if (layers.length + found.length > LAYERS) {
      tooMany = true;
      break;
    }
    layers.push(...found);
  }
  return { layers, abnormal, tooMany };
}

/**
 * Undoes content encodings on a whole (perhaps cut, perhaps corrupt) body. As browsers do, data that is not what
 * it claims to be is tried as gzip, deflate and zlib and left as it is when none fits. `limit` bounds the
 * result of each layer.
 */
export function decodeContent(input: Uint8Array, layers: readonly Encoding[], limit: number): Uint8Array {
  let content = input;
  for (let i = layers.length - 1; i >= 0; i--) {
    const layer = layers[i];
    if (layer !== undefined) content = decodeLayer(content, layer, limit);
  }
  return content;
}

const ATTEMPTS: Readonly<Record<Encoding, readonly Encoding[]>> = {
  gzip: ['gzip', 'deflate', 'zlib'],
  deflate: ['deflate', 'zlib', 'gzip'],
  zlib: ['zlib', 'gzip', 'deflate'],
  brotli: ['brotli', 'deflate', 'zlib', 'gzip'],
  zstd: ['zstd', 'deflate', 'zlib', 'gzip'],
  lzma: ['lzma', 'deflate', 'zlib', 'gzip'],
};

function decodeLayer(input: Uint8Array, encoding: Encoding, limit: number): Uint8Array {
  for (const attempt of ATTEMPTS[encoding]) {
    const output = decodeAs(input, attempt, limit);
    if (output !== undefined) return output;
  }
  return input;
}

function decodeAs(input: Uint8Array, encoding: Encoding, limit: number): Uint8Array | undefined {
  switch (encoding) {
    case 'gzip': {
      const start = gzipHeader(input);
      return start < 0 ? undefined : deflated(input, start, limit);
    }
    case 'deflate':
      return deflated(input, 0, limit);
    case 'zlib': {
      // RFC 1950: method 8, a check of the two bytes, perhaps a dictionary, which nobody has.
      if (input.length < 2 || (u8(input, 0) & 15) !== 8) return undefined;
      if (((u8(input, 0) << 8) | u8(input, 1)) % 31 !== 0 || (u8(input, 1) & 32) !== 0) return undefined;
      return deflated(input, 2, limit);
    }
    case 'brotli':
      try {
        return brotliDecompressSync(input, {
          finishFlush: constants.BROTLI_OPERATION_FLUSH,
          maxOutputLength: limit,
        });
      } catch {
        return undefined;
      }
    case 'zstd':
      try {
        return zstdDecompressSync(input, { finishFlush: constants.ZSTD_e_flush, maxOutputLength: limit });
      } catch {
        return undefined;
      }
    case 'lzma':
      return undefined;
    default:
      return encoding satisfies never;
  }
}

/** Inflates; undefined where not a single byte could be made of it because it is wrong. */
function deflated(input: Uint8Array, start: number, limit: number): Uint8Array | undefined {
  const data = start === 0 ? input : input.subarray(start);
  try {
    return inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: limit });
  } catch {
    // Too long or corrupt, where zlib gives nothing at all: take what can be had.
    const { output, corrupt } = inflate(data, limit);
    return corrupt && output.length === 0 ? undefined : output;
  }
}

/**
 * Length of a gzip header (RFC 1952); -1 where there is none. The checks of the header and of the content are left
 * alone, as browsers do.
 */
function gzipHeader(input: Uint8Array): number {
  if (input.length < 10 || u8(input, 0) !== 0x1f || u8(input, 1) !== 0x8b || u8(input, 2) !== 8) return -1;
  const flags = u8(input, 3);
  let at = 10;
  if (flags & 4) {
    if (at + 2 > input.length) return input.length;
    at += 2 + (u8(input, at) | (u8(input, at + 1) << 8));
  }
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = input.indexOf(0, at);
    if (end < 0) return input.length;
    at = end + 1;
  }
  if (flags & 2) at += 2;
  return Math.min(at, input.length);
}
