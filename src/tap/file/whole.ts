import type { FileStart } from '../protocol/parser.ts';
import { Digest, type Digests, type HashName } from './digest.ts';
import { SNIFF_BYTES, sniffMime } from './mime.ts';
import type { WholeSink } from './ranges.ts';
import type { FileOwner } from './tracker.ts';
import { type FileSummary, FileTransaction } from './transaction.ts';

/** The part of an object that is being taken: the flow it was found in, and what is known of it. */
export interface ObjectPart {
  readonly owner: FileOwner;
  readonly start: FileStart;
  readonly filename: string | undefined;
}

/** An object whose parts came one by one; its record goes to the flow that brought the last of them. */
export class WholeFile implements WholeSink<ObjectPart> {
  private readonly id: string;
  private readonly digest: Digest;
  private size = 0;
  private firstUs = -1;
  private readonly beginning = Buffer.alloc(SNIFF_BYTES);

  constructor(id: string, hashes: readonly HashName[]) {
    this.id = id;
    this.digest = new Digest(hashes);
  }

  data(bytes: Uint8Array, start: number, end: number, part: ObjectPart): void {
    if (this.firstUs < 0) this.firstUs = part.owner.timeUs;
    if (this.size < SNIFF_BYTES)
      this.beginning.set(bytes.subarray(start, Math.min(end, start + SNIFF_BYTES - this.size)), this.size);
    this.digest.update(bytes, start, end);
    this.size += end - start;
  }

  close(part: ObjectPart): void {
    const { owner, start, filename } = part;
    let digests: Digests | undefined;
    const summary: FileSummary = {
      id: this.id,
      start: { ...start, range: undefined },
      filename,
      mime: sniffMime(this.beginning, 0, Math.min(SNIFF_BYTES, this.size)),
      state: 'CLOSED',
      seen: this.size,
      missing: 0,
      unread: 0,
      firstUs: this.firstUs,
      lastUs: owner.timeUs,
      digests: () => {
        digests ??= this.digest.digests();
        return digests;
      },
    };
    owner.emit(new FileTransaction(summary, true), start.direction);
  }
}
