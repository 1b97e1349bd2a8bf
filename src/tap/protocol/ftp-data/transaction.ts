import type { Transaction } from '../../../event/index.ts';
import type { DataChannel } from '../ftp/index.ts';

/** One transfer over a data channel. */
export class FtpDataTransaction implements Transaction {
  readonly type = 'ftp_data';
  private readonly channel: DataChannel;

  constructor(channel: DataChannel) {
    this.channel = channel;
  }

  eve(): Record<string, unknown> {
    return { tx_id: 0, ...this.envelope() };
  }

  /** `{ ftp_data }`, also beside `fileinfo`. */
  envelope(): Record<string, unknown> {
    const record: Record<string, unknown> = {};
    if (this.channel.filename !== undefined) record.filename = this.channel.filename;
    if (this.channel.command !== undefined) record.command = this.channel.command;
    return { ftp_data: record };
  }
}
