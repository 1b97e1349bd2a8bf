import { type DataChannel, isChannel } from '../ftp/index.ts';
import { type Direction, type FileSink, type Parser, type ParserContext, TO_SERVER } from '../parser.ts';
import { FtpDataTransaction } from './transaction.ts';

/** A data channel of FTP: all bytes of the stream are one file, in whichever direction they go. */
export class FtpDataParser implements Parser {
  private readonly context: ParserContext;
  private readonly channel: DataChannel | undefined;
  private file: FileSink | undefined;
  private direction: Direction = TO_SERVER;
  private looked = 0;
  private emitted = false;

  constructor(context: ParserContext) {
    this.context = context;
    this.channel = isChannel(context.hint) ? context.hint : undefined;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    const file = this.open(direction);
    // Content goes one way only; the other is silent.
    if (direction !== this.direction) return end;
    const stop = Math.min(end, start + Math.max(0, this.context.limits.bodyBytes - this.looked));
    if (stop > start) file.data(bytes, start, stop);
    if (end > stop) file.skipped(end - stop);
    this.looked += stop - start;
    return end;
  }

  gap(length: number, direction: Direction): boolean {
    const file = this.open(direction);
    if (direction === this.direction) file.gap(length);
    return true;
  }

  close(direction: Direction): void {
    if (this.file && direction === this.direction) this.finish(true);
  }

  end(): void {
    this.finish(false);
    if (this.emitted) return;
    this.emitted = true;
    if (this.channel?.command !== undefined) this.context.emit(new FtpDataTransaction(this.channel));
  }

  private open(direction: Direction): FileSink {
    if (this.file) return this.file;
    this.direction = direction;
    const channel = this.channel;
    this.file = this.context.openFile({
      direction,
      source: 'FTP_DATA',
      filename: channel?.filename,
      transactionId: 0,
      envelope: () => (channel ? new FtpDataTransaction(channel).envelope() : {}),
    });
    return this.file;
  }

  private finished = false;

  private finish(complete: boolean): void {
    const file = this.file;
    if (!file || this.finished) return;
    this.finished = true;
    if (this.channel) {
      // The transfer command may have come after the first bytes of the file.
      file.filename ??= this.channel.filename;
      this.channel.fileId = file.id;
      this.channel.mime = file.mime;
      this.channel.size = file.size;
    }
    file.close(complete);
  }
}
