import type { Transaction } from '../../../event/index.ts';

/** Lines of a response that are kept. */
export const MAXIMUM_DATA = 64;

/** One command of POP3 (RFC 1939) with its response. */
export class Pop3Transaction implements Transaction {
  readonly type = 'pop3';
  readonly id: number;
  /** In upper case; `<SASL DATA>` for what a client says during authentication. */
  readonly command: string | undefined;
  /** Arguments; secrets are replaced. */
  readonly args: readonly string[];
  status: 'OK' | 'ERR' | undefined;
  header = '';
  readonly data: string[] = [];

  constructor(id: number, command: string | undefined, args: readonly string[]) {
    this.id = id;
    this.command = command;
    this.args = args;
  }

  eve(): Record<string, unknown> {
    const pop3: Record<string, unknown> = {};
    if (this.command !== undefined) {
      pop3.request = { command: this.command, ...(this.args.length > 0 ? { args: [...this.args] } : {}) };
    }
    if (this.status !== undefined) {
      pop3.response = {
        success: this.status === 'OK',
        status: this.status,
        header: this.header,
        ...(this.data.length > 0 ? { data: [...this.data] } : {}),
      };
    }
    return { tx_id: this.id, pop3 };
  }
}
