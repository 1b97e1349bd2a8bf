import type { Transaction, ZeekLog, ZeekRow } from '../../../event/index.ts';

/** Zeek's quic.log. */
export const quicLog: ZeekLog = {
  path: 'quic',
  connection: true,
  columns: [
    ['version', 'string'],
    ['client_initial_dcid', 'string'],
    ['client_scid', 'string'],
    ['server_scid', 'string'],
    ['server_name', 'string'],
    ['client_protocol', 'string'],
    ['history', 'string'],
  ],
};

/** Rows of Zeek's logs, which come at another time than EVE's records. */
export class QuicLog implements Transaction {
  readonly type = 'quic';
  readonly zeekOnly = true;
  private readonly rows: readonly ZeekRow[];

  constructor(rows: readonly ZeekRow[]) {
    this.rows = rows;
  }

  eve(): Record<string, unknown> {
    return {};
  }

  zeek(): readonly ZeekRow[] {
    return this.rows;
  }
}
