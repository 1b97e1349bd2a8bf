/** Reads one capture: fills batches from a source through the decoder of its format. */

import { Batch } from './batch.ts';
import { DAMAGE, type Decoder, LARGEST_SNAPSHOT, MORE, RECORD_MARGIN, SKIP, TURN } from './decoder.ts';
import type { Report } from './finding.ts';
import type { CaptureMetadata } from './metadata.ts';
import { PcapDecoder, pcapByteOrder } from './pcap.ts';
import { PcapngDecoder } from './pcapng.ts';
import type { ByteSource } from './source.ts';

/** How many bytes are read at a time: half of a usual second-level cache. */
export const CHUNK = 512 * 1024;
/** Packets per batch: about what a chunk holds of small packets. */
export const BATCH_PACKETS = 4096;

/** No record is larger than this, so the buffer need not double beyond it. */
const LARGEST = LARGEST_SNAPSHOT + RECORD_MARGIN;
/** Findings of a kind beyond this are counted without words: a hostile file can be damaged at every step. */
const FINDINGS_IN_WORDS = 32;

/** A batch with the buffer that its packets lie in; reused from file to file. */
export interface ReadingSpace {
  readonly batch: Batch;
  /** Bytes that are read at a time; the buffer is larger when a record needed it. */
  readonly chunk: number;
  buffer: Uint8Array;
}

/** Makes the space that one open file needs. */
export function createReadingSpace(chunkBytes = CHUNK, packets = BATCH_PACKETS): ReadingSpace {
  return { batch: new Batch(packets), chunk: chunkBytes, buffer: new Uint8Array(chunkBytes) };
}

/** How a file ended. */
export type Ending = 'open' | 'whole' | 'cut' | 'failed';

/** Reads the packets of one file, from front to back. */
export class CaptureReader {
  /** How the file ended; `failed` when it is no capture at all or could not be read any further. */
  ending: Ending = 'open';
  /** Packets decoded so far. */
  packets = 0;

  readonly #source: ByteSource;
  readonly #path: string;
  /** What the messages call it. */
  readonly #name: string;
  readonly #file: number;
  readonly #space: ReadingSpace;
  readonly #metadata: CaptureMetadata;
  readonly #report: Report;
  readonly #stopAtDamage: boolean;
  #decoder: Decoder | undefined;
  #view: DataView;
  /** Offset in the file of `buffer[0]`; `[start, end)` of the buffer is not decoded yet. */
  #base = 0;
  #start = 0;
  #end = 0;
  #toSkip = 0;
  /** True while a record behind damage is looked for. */
  #searching = false;
  #damageAt = 0;
  #sourceEnded = false;
  #sourceFailed = false;
  #damages = 0;
  #notes = 0;
  #closed = false;

  /**
   * @param source  the decompressed bytes of the file; closed with the reader
   * @param path  for the findings
   * @param file  number of the file in the capture sequence
   * @param stopAtDamage  ends at the first damaged record, as other programs do
   */
  constructor(
    source: ByteSource,
    path: string,
    file: number,
    space: ReadingSpace,
    metadata: CaptureMetadata,
    report: Report,
    stopAtDamage = false,
  ) {
    this.#source = source;
    this.#path = path;
    this.#name = path === '-' ? 'standard input' : path;
    this.#file = file;
    this.#space = space;
    this.#metadata = metadata;
    this.#report = report;
    this.#stopAtDamage = stopAtDamage;
    this.#view = viewOf(space.buffer);
  }

  /** Bytes taken from the file so far, before decompression. */
  get consumed(): number {
    return this.#source.consumed;
  }

  /** Fills the batch with the next packets, at least one; false at the end of the file. */
  fill(): boolean | Promise<boolean> {
    for (;;) {
      if (this.#closed) return false;
      if (this.#decode()) return true;
      if (this.ending !== 'open') return false;
      if (this.#sourceEnded) continue;
      this.#makeRoom();
      try {
        const got = this.#source.read(this.#space.buffer, this.#end);
        if (typeof got !== 'number') return this.#fillLater(got);
        this.#received(got);
      } catch (error) {
        this.#failed(error);
      }
    }
  }

  async #fillLater(pending: Promise<number>): Promise<boolean> {
    try {
      this.#received(await pending);
    } catch (error) {
      this.#failed(error);
    }
    return this.fill();
  }

  #received(length: number): void {
    if (length === 0) this.#sourceEnded = true;
    this.#end += length;
    if (this.#toSkip > 0) this.#passOver();
  }

  #failed(error: unknown): void {
    this.#sourceEnded = true;
    this.#sourceFailed = true;
    if (this.#closed) return;
    const reason = error instanceof Error ? error.message : String(error);
    const offset = this.#base + this.#end;
    this.#report({
      kind: reason.startsWith('decompression') ? 'damaged' : 'unreadable',
      severity: this.packets === 0 ? 'error' : 'warning',
      path: this.#path,
      offset,
      packet: this.packets + 1,
      message: `${this.#name}: reading failed at byte ${offset} (${reason}); the ${this.packets} packets before are used`,
    });
  }

  /** Decodes what is in the buffer; true when the batch holds packets. */
  #decode(): boolean {
    if (this.#toSkip > 0) {
      if (!this.#sourceEnded) return false;
      this.#endOfFile();
      return false;
    }
    const { batch, buffer } = this.#space;
    const decoder = this.#decoder ?? this.#identify();
    if (decoder === undefined) return false;
    if (this.#searching && !this.#search(decoder)) return false;
    for (;;) {
      batch.bytes = buffer;
      batch.base = this.#base;
      batch.file = this.#file;
      batch.first = 0;
      batch.end = 0;
      this.#start = decoder.decode(buffer, this.#view, this.#start, this.#end, batch);
      if (decoder.note !== '') this.#noted(decoder);
      if (batch.end > 0) {
        this.packets += batch.end;
        return true;
      }
      if (decoder.stop === TURN) {
        decoder.prepare(batch);
        continue;
      }
      if (decoder.stop === SKIP && !this.#beyondFile(decoder.wanted)) {
        this.#toSkip = decoder.wanted;
        this.#passOver();
        if (this.#toSkip > 0) return false;
        continue;
      }
      if (decoder.stop === MORE) {
        if (this.#sourceEnded) this.#endOfFile();
        return false;
      }
      if (decoder.stop === DAMAGE || decoder.stop === SKIP) {
        if (decoder.stop === SKIP)
          this.#damaged(`a block claims ${decoder.wanted} bytes, more than the file`);
        else this.#damaged(decoder.problem);
        if (this.#stopAtDamage) {
          this.ending = 'cut';
          return false;
        }
        if (!this.#search(decoder)) return false;
      }
    }
  }

  /** Tells the format by the first bytes. */
  #identify(): Decoder | undefined {
    if (this.#end < 4) {
      if (this.#sourceEnded) this.#notACapture();
      return undefined;
    }
    if (this.#view.getUint32(0) === 0x0a0d0d0a) {
      this.#decoder = new PcapngDecoder(this.#metadata);
    } else if (pcapByteOrder(this.#view, 0) !== undefined) {
      this.#decoder = new PcapDecoder(this.#metadata);
    } else {
      this.#notACapture();
      return undefined;
    }
    this.#decoder.prepare(this.#space.batch);
    return this.#decoder;
  }

  #notACapture(): void {
    this.ending = 'failed';
    if (this.#sourceFailed) return;
    const empty = this.#end === 0;
    this.#report({
      kind: empty ? 'empty' : 'not-a-capture',
      severity: 'error',
      path: this.#path,
      offset: 0,
      message: empty
        ? `${this.#name}: the file is empty`
        : `${this.#name}: not a capture: it begins neither like pcap nor like pcapng (nor gzip or zstd around them)`,
    });
  }

  #beyondFile(length: number): boolean {
    const size = this.#source.size;
    return size !== undefined && this.#base + this.#start + length > size;
  }

  #passOver(): void {
    const here = Math.min(this.#toSkip, this.#end - this.#start);
    this.#start += here;
    this.#toSkip -= here;
    if (this.#toSkip === 0 || this.#source.skip === undefined) return;
    this.#source.skip(this.#toSkip);
    // Only bytes that were never in the buffer are left out: what follows begins a new buffer.
    this.#base += this.#end + this.#toSkip;
    this.#start = 0;
    this.#end = 0;
    this.#toSkip = 0;
  }

  #noted(decoder: Decoder): void {
    const { note } = decoder;
    decoder.note = '';
    this.#notes++;
    if (this.#notes > FINDINGS_IN_WORDS) {
      this.#report({ kind: 'concatenated', severity: 'note', path: this.#path, message: 'one more' });
      return;
    }
    const offset = this.#base + this.#start;
    this.#report({
      kind: 'concatenated',
      severity: 'note',
      path: this.#path,
      offset,
      packet: this.packets + 1,
      message: `${this.#name}: at byte ${offset}, before packet ${this.packets + 1}: ${note}; it is read on`,
    });
  }

  #damaged(problem: string): void {
    this.#searching = true;
    this.#damageAt = this.#base + this.#start;
    this.#damages++;
    if (this.#damages > FINDINGS_IN_WORDS) {
      this.#report({ kind: 'damaged', severity: 'warning', path: this.#path, message: 'more damage' });
      return;
    }
    this.#report({
      kind: 'damaged',
      severity: 'warning',
      path: this.#path,
      offset: this.#damageAt,
      packet: this.packets + 1,
      message: `${this.#name}: damaged at byte ${this.#damageAt}, packet ${this.packets + 1}: ${problem}; ${this.#stopAtDamage ? 'reading stops there' : 'reading goes on at the next record that makes sense'}`,
    });
  }

  /** Looks for the next record; true when it was found or the file has ended. */
  #search(decoder: Decoder): boolean {
    this.#start = decoder.resynchronise(
      this.#space.buffer,
      this.#view,
      // The first search begins behind the damaged record; a later one at what was undecided.
      this.#start === this.#damageAt - this.#base ? this.#start : this.#start - 1,
      this.#end,
      this.#sourceEnded,
    );
    if (decoder.stop === MORE && !this.#sourceEnded) return false;
    this.#searching = false;
    if (this.#start >= this.#end && this.#sourceEnded) {
      this.ending = this.#sourceFailed ? 'cut' : 'whole';
      return false;
    }
    return true;
  }

  /** The source has ended; what is left in the buffer is no whole record. */
  #endOfFile(): void {
    const decoder = this.#decoder;
    const left = this.#end - this.#start;
    if (left === 0 && this.#toSkip === 0 && this.#base + this.#end >= 24) {
      this.ending = this.#sourceFailed ? 'cut' : 'whole';
      return;
    }
    // A length that was damaged upwards looks like a cut file, unless whole records follow.
    if (!this.#stopAtDamage && decoder !== undefined && this.packets > 0 && left > 0 && this.#toSkip === 0) {
      const next = decoder.resynchronise(this.#space.buffer, this.#view, this.#start, this.#end, true);
      if (next < this.#end) {
        this.#damaged('the record claims more bytes than the file has');
        this.#searching = false;
        this.#start = next;
        return;
      }
    }
    this.ending = 'cut';
    if (this.#sourceFailed) return;
    const offset = this.#base + this.#end;
    const where = this.packets === 0 && left < 28 ? 'the file header or first packet' : 'a packet';
    this.#report({
      kind: 'cut',
      severity: 'warning',
      path: this.#path,
      offset,
      packet: this.packets + 1,
      message: `${this.#name}: cut at byte ${offset}, within ${where} (number ${this.packets + 1} begins at byte ${this.#base + this.#start}); the ${this.packets} packets before are used`,
    });
  }

  /**
   * Moves what is left to the front of the buffer. For a large record the buffer grows to the record and a chunk:
   * with less, hostile lengths would have megabytes moved for every few bytes that are read.
   */
  #makeRoom(): void {
    const space = this.#space;
    const left = this.#end - this.#start;
    const wanted = this.#decoder?.stop === MORE ? this.#decoder.wanted : 0;
    if (wanted > space.chunk / 2 && space.buffer.length < wanted + space.chunk) {
      const grown = new Uint8Array(
        Math.max(wanted + space.chunk, Math.min(space.buffer.length * 2, LARGEST)),
      );
      grown.set(space.buffer.subarray(this.#start, this.#end));
      space.buffer = grown;
      this.#view = viewOf(grown);
    } else if (this.#start > 0) {
      space.buffer.copyWithin(0, this.#start, this.#end);
    }
    this.#base += this.#start;
    this.#start = 0;
    this.#end = left;
  }

  /** Gives up the file; a read that waits ends. */
  close(): void {
    this.#closed = true;
    this.#source.close();
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
