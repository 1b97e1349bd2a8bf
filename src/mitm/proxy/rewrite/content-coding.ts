import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
  zstdDecompressSync,
} from 'node:zlib';
import type { Field } from '../../http/message.ts';

/** Content codings (RFC 9110, 8.4.1) that bodies are read in. */
export type Coding = 'identity' | 'gzip' | 'br' | 'deflate' | 'zstd';

const CODINGS: Readonly<Record<string, Coding>> = {
  '': 'identity',
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  br: 'br',
  deflate: 'deflate',
  zstd: 'zstd',
};

/** How a body is coded; undefined for a coding that is not known here, and for several. */
export function codingOf(fields: readonly Field[]): Coding | undefined {
  let found: Coding = 'identity';
  let count = 0;
  for (const [name, value] of fields) {
    if (name.length !== 16 || name.toLowerCase() !== 'content-encoding') continue;
    const key = value.trim().toLowerCase();
    if (++count > 1 || !Object.hasOwn(CODINGS, key)) return undefined;
    found = CODINGS[key]!;
  }
  return found;
}

/** The body without its coding; undefined where it is broken, or longer than `most` bytes. */
export function decoded(body: Buffer, coding: Coding, most: number): Buffer | undefined {
  const options: ZlibOptions = { maxOutputLength: most };
  switch (coding) {
    case 'identity':
      return body.length <= most ? body : undefined;
    case 'gzip':
      return attempt(() => gunzipSync(body, options));
    case 'br':
      return attempt(() => brotliDecompressSync(body, { maxOutputLength: most }));
    case 'zstd':
      return attempt(() => zstdDecompressSync(body, { maxOutputLength: most }));
    case 'deflate':
      // It is zlib's format (RFC 9110, 8.4.1.2); some servers send what is within it alone.
      return attempt(() => inflateSync(body, options)) ?? attempt(() => inflateRawSync(body, options));
    default:
      return coding satisfies never;
  }
}

function attempt(decode: () => Buffer): Buffer | undefined {
  try {
    return decode();
  } catch (error) {
    // What zlib says of broken or overlong data has a code; anything else is our own mistake.
    if (error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string') return undefined;
    throw error;
  }
}
