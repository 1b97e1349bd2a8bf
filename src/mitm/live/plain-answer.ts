import type { Transform } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib';
import type { IncomingResponse } from '../transaction.ts';
import { fieldOf } from './records.ts';

/** By content coding (RFC 9110, 8.4.1). The end may be missing: it was not held back. */
const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }),
  'x-gzip': () => createGunzip({ finishFlush: constants.Z_SYNC_FLUSH }),
  deflate: () => createInflate({ finishFlush: constants.Z_SYNC_FLUSH }),
  br: () => createBrotliDecompress({ finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: () => createZstdDecompress({ finishFlush: constants.ZSTD_e_flush }),
};

/**
 * The answer with its body as the rules look at it: without its content coding, and at most `most` bytes of it. What
 * is broken is judged up to there. A body in an unknown coding is left out: only the head of such an answer is judged.
 */
export async function plainAnswer(response: IncomingResponse, most: number): Promise<IncomingResponse> {
  const coding = fieldOf(response, 'content-encoding')?.trim().toLowerCase() ?? '';
  if (response.body === '' || coding === '' || coding === 'identity') return response;
  const decoder = Object.hasOwn(DECODERS, coding) ? DECODERS[coding]?.() : undefined;
  if (decoder === undefined) return { ...response, body: '' };
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    decoder.end(Buffer.from(response.body, 'latin1'));
    for await (const piece of decoder) {
      pieces.push(piece as Buffer);
      bytes += (piece as Buffer).length;
      if (bytes >= most) break;
    }
  } catch (error) {
    // What zlib says of broken data has a code; anything else is our own mistake.
    if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) throw error;
  } finally {
    decoder.destroy();
  }
  return { ...response, body: Buffer.concat(pieces).toString('latin1', 0, Math.min(bytes, most)) };
}
