import type { Highlight } from './highlight.ts';

/**
 * What a protocol parser emits: one request with its answer, one handshake, one message, one file. Each output
 * asks it for the rendering it needs, so that nothing is built that nobody reads.
 */
export interface Transaction {
  /** EVE's `event_type`. */
  readonly type: string;
  /**
   * Objects to merge into the EVE record, named as in Suricata 8: `{ http: {...} }`, `{ dns: {...} }`, for some
   * types several (`{ fileinfo, http }`, `{ smtp, email }`). Called at most once.
   */
  eve(): Record<string, unknown>;
  /**
   * The message itself, where `eve()` can be made of it alone: then this is done in another thread. Absent, or
   * undefined, where that is not so. Called at most once, instead of `eve()`.
   */
  raw?(): RawMessage | undefined;
  /** Rows for Zeek's logs. Called at most once, only where Zeek logs are written. */
  zeek?(): readonly ZeekRow[];
  /** What a summary tells of it; absent where that is nothing. May be called before or after the others. */
  highlight?(): Highlight | undefined;
  /** True where Suricata has no such record: only Zeek's logs and our own outputs take it, not EVE by default. */
  readonly zeekOnly?: boolean | undefined;
}

/** A message that is rendered elsewhere; its bytes `[start, end)` are valid during the call. */
export interface RawMessage {
  /** URL of a module that exports a {@link RawRenderer} as `renderRaw`. */
  readonly module: string;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** 32 bits that the renderer needs besides. */
  readonly note: number;
}

/** Makes what `eve()` would return, as JSON, of a raw message. */
export type RawRenderer = (bytes: Uint8Array, start: number, end: number, note: number) => string;

/** Columns of one of Zeek's logs. `ts`, `uid` and `id.*` come first by themselves where `connection` is true. */
export interface ZeekLog {
  readonly path: string;
  /** True when the log begins with ts, uid, id.orig_h, id.orig_p, id.resp_h, id.resp_p. */
  readonly connection: boolean;
  /** Name and Zeek type of each further column: `['method', 'string']`, `['resp_fuids', 'vector[string]']`. */
  readonly columns: readonly (readonly [name: string, type: string])[];
}

/** A value in a Zeek row; undefined is an unset field (`-`), an empty array `(empty)`. Times are in microseconds. */
export type ZeekValue = string | number | bigint | boolean | readonly (string | number)[] | undefined;

/** One line of a Zeek log: a value for each of the log's columns, in their order. */
export interface ZeekRow {
  readonly log: ZeekLog;
  readonly values: readonly ZeekValue[];
  /** Time of the row where it is not the time of emission, in microseconds since 1970. */
  readonly timeUs?: number;
}
