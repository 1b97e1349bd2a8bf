import type { Highlight, Transaction, ZeekLog, ZeekRow } from '../../event/index.ts';
import type { FileStart } from '../protocol/parser.ts';
import type { Digests } from './digest.ts';

/** Zeek's files.log (scripts/base/frameworks/files). */
export const FILES_LOG: ZeekLog = {
  path: 'files',
  connection: true,
  columns: [
    ['fuid', 'string'],
    ['source', 'string'],
    ['depth', 'count'],
    ['analyzers', 'set[string]'],
    ['mime_type', 'string'],
    ['filename', 'string'],
    ['duration', 'interval'],
    ['local_orig', 'bool'],
    ['is_orig', 'bool'],
    ['seen_bytes', 'count'],
    ['total_bytes', 'count'],
    ['missing_bytes', 'count'],
    ['overflow_bytes', 'count'],
    ['timedout', 'bool'],
    ['parent_fuid', 'string'],
    ['md5', 'string'],
    ['sha1', 'string'],
    ['sha256', 'string'],
    ['extracted', 'string'],
    ['extracted_cutoff', 'bool'],
    ['extracted_size', 'count'],
  ],
};

export type FileState = 'CLOSED' | 'TRUNCATED' | 'ERROR' | 'UNKNOWN';

/** What is known of a file at its end. */
export interface FileSummary {
  readonly id: string;
  readonly start: FileStart;
  readonly filename: string | undefined;
  readonly mime: string | undefined;
  readonly state: FileState;
  /** Bytes that came, bytes that are missing, bytes that were there but not looked at. */
  readonly seen: number;
  readonly missing: number;
  readonly unread: number;
  /** Time of the first and the last piece, microseconds since 1970. */
  readonly firstUs: number;
  readonly lastUs: number;
  /** Made when asked for; undefined where there are none. */
  digests(): Digests | undefined;
}

const NO_DIGESTS: Digests = {};

/** The record of one file: EVE `fileinfo` and a row of Zeek's files.log. */
export class FileTransaction implements Transaction {
  readonly type = 'fileinfo';
  readonly zeekOnly: boolean;
  private readonly file: FileSummary;
  private readonly assembled: boolean;

  /** `assembled`: the file was put together from parts, of which Zeek logs each and not the whole. */
  constructor(file: FileSummary, assembled = false) {
    this.file = file;
    this.assembled = assembled;
    this.zeekOnly = file.start.body === true;
  }

  eve(): Record<string, unknown> {
    const { file } = this;
    const record: Record<string, unknown> = { ...file.start.envelope?.() };
    const info: Record<string, unknown> = {};
    const name = file.filename ?? file.start.path;
    if (name !== undefined) info.filename = name;
    info.gaps = file.missing > 0;
    info.state = file.state;
    Object.assign(info, file.digests() ?? NO_DIGESTS);
    info.stored = false;
    info.size = file.seen + file.missing + file.unread;
    if (file.start.range !== undefined) {
      info.start = file.start.range.start;
      info.end = file.start.range.end;
    }
    if (file.start.transactionId !== undefined) info.tx_id = file.start.transactionId;
    if (file.mime !== undefined) info.mimetype = file.mime;
    // The record belongs to the transaction that the file was found in, not to one of its own.
    if (file.start.transactionId !== undefined) record.tx_id = file.start.transactionId;
    record.fileinfo = info;
    return record;
  }

  highlight(): Highlight | undefined {
    const { file } = this;
    if (this.zeekOnly) return undefined;
    return {
      kind: 'file',
      name: file.filename ?? file.start.path,
      mime: file.mime,
      bytes: file.seen + file.missing + file.unread,
      complete: file.state === 'CLOSED',
      sha256: () => file.digests()?.sha256,
    };
  }

  zeek(): readonly ZeekRow[] {
    const { file } = this;
    if (this.assembled) return [];
    const digests = file.digests() ?? NO_DIGESTS;
    return [
      {
        log: FILES_LOG,
        timeUs: file.firstUs,
        values: [
          file.id,
          file.start.source,
          file.start.depth ?? 0,
          Object.keys(digests).map((name) => name.toUpperCase()),
          file.mime,
          file.filename,
          file.lastUs - file.firstUs,
          undefined,
          file.start.direction === 0,
          file.seen + file.unread,
          file.start.expectedBytes,
          file.missing,
          0,
          false,
          undefined,
          digests.md5,
          digests.sha1,
          digests.sha256,
          undefined,
          undefined,
          undefined,
        ],
      },
    ];
  }
}
