import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

/** Content codings that are undone (RFC 9110 section 8.4.1). */
export type Coding = 'gzip' | 'deflate' | 'br';

/** The coding that a content-encoding names; undefined for identity and for those that are not known. */
export function codingOf(value: string): Coding | undefined {
  const name = value.trim().toLowerCase();
  if (name === 'gzip' || name === 'x-gzip') return 'gzip';
  return name === 'deflate' || name === 'br' ? name : undefined;
}

/** A body without its coding. */
export interface Decoded {
  readonly bytes: Uint8Array;
  /** False when the data was broken; `bytes` is then empty. */
  readonly sound: boolean;
  /** True when the output had to end before the input did. */
  readonly cut: boolean;
}

const NOTHING = new Uint8Array(0);
/** How often a body whose output is too large is tried again with half of the input. */
const HALVINGS = 12;

/**
 * Undoes a coding of a body, which may end early; at most `limit` bytes come out. What a coding's library cannot
 * give in part is found by taking less of the input, so the work stays within a few times the limit.
 */
export function decodeContent(coding: Coding, input: Uint8Array, limit: number): Decoded {
  let taken = input.length;
  for (let attempt = 0; attempt < HALVINGS && taken > 0; attempt++) {
    try {
      return { bytes: undo(coding, input.subarray(0, taken), limit), sound: true, cut: taken < input.length };
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_BUFFER_TOO_LARGE') {
        return { bytes: NOTHING, sound: false, cut: false };
      }
      taken >>= 1;
    }
  }
  return { bytes: NOTHING, sound: true, cut: true };
}

function undo(coding: Coding, input: Uint8Array, maxOutputLength: number): Uint8Array {
  if (coding === 'br') {
    return brotliDecompressSync(input, { finishFlush: constants.BROTLI_OPERATION_FLUSH, maxOutputLength });
  }
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength };
  if (coding === 'gzip') return gunzipSync(input, options);
  // "deflate" means the zlib format (RFC 1950), but some senders leave its header out.
  const wrapped = input.length >= 2 && (input[0]! & 15) === 8 && ((input[0]! << 8) | input[1]!) % 31 === 0;
  return wrapped ? inflateSync(input, options) : inflateRawSync(input, options);
}
