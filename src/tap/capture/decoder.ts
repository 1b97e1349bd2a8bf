import type { Batch } from './batch.ts';

/** Why a decoder returned: the batch is full, */
export const FULL = 0;
/** or the record is not whole: `wanted` bytes are needed from where it stopped, */
export const MORE = 1;
/** or the record makes no sense, `problem` says why, */
export const DAMAGE = 2;
/** or `wanted` bytes from where it stopped hold nothing of use and need not be kept, */
export const SKIP = 3;
/** or something that holds for the whole batch (the link type) changes: ask again with a new batch. */
export const TURN = 4;

/**
 * Reads records of one file format. Pure: bytes in, batch entries out. What it knows of the file (byte order,
 * interfaces) it keeps from call to call.
 */
export interface Decoder {
  /** Why the last {@link decode} returned. */
  readonly stop: number;
  readonly wanted: number;
  readonly problem: string;
  /** Words for something that is worth a note although reading goes on; the reader clears it. */
  note: string;

  /**
   * Decodes records in `bytes[start, end)` and appends them to the batch at `batch.end`. `view` covers the
   * same memory as `bytes`. Returns the index of the first byte that was not used.
   */
  decode(bytes: Uint8Array, view: DataView, start: number, end: number, batch: Batch): number;

  /** Sets what is the same for all packets of a batch; called once for each new batch. */
  prepare(batch: Batch): void;

  /**
   * Looks for the next record behind the damaged one at `start`. Returns its index with `stop` FULL, or with
   * `stop` MORE the index from which `wanted` bytes are needed to decide (what lies before is of no use).
   * `last` tells that the file ends at `end`; then `end` itself is returned when nothing was found.
   */
  resynchronise(bytes: Uint8Array, view: DataView, start: number, end: number, last: boolean): number;
}

/** Records may exceed the file's snapshot length by this; what is larger is damage. */
export const RECORD_MARGIN = 256 * 1024;
/** No snapshot length beyond this is believed, whatever the file says. */
export const LARGEST_SNAPSHOT = 4 * 1024 * 1024;

/** The largest packet that is believed of a file or interface with this snapshot length. */
export function largestPacket(snapLength: number): number {
  return RECORD_MARGIN + Math.min(snapLength, LARGEST_SNAPSHOT);
}
