import type { Direction, FileSink } from '../parser.ts';
import type { FieldName } from './field-name.ts';
import type { RequestLine, StatusLine } from './start-line.ts';
import type { Target } from './uri.ts';

/** One header field as it came. */
export interface HeaderField {
  readonly name: string;
  readonly value: string;
}

/** Names of one head that are remembered to notice repetitions. */
const NAMES = 64;

/** The fields of a head: those that something depends on by their names, and all where they were asked for. */
export class Fields {
  readonly known = new Map<FieldName, string>();
  readonly all: HeaderField[] | undefined;
  /** Fields so far, whether known or not. */
  count = 0;
  private readonly names: number[] = [];

  constructor(keepAll: boolean) {
    this.all = keepAll ? [] : undefined;
  }

  /** True where a name, told by its hash, was there before; the first names of a head are remembered. */
  repeats(name: number): boolean {
    if (this.names.includes(name)) return true;
    if (this.names.length < NAMES) this.names.push(name);
    return false;
  }

  get(name: FieldName): string | undefined {
    return this.known.get(name);
  }
}

/** Files of one message that are remembered. */
const FILES = 64;

/** A request and its answer, as far as they were seen. */
export class Exchange {
  /** Index in the flow, from 0; and Zeek's `trans_depth`, from 1. */
  readonly id: number;
  readonly depth: number;
  readonly startUs: number;

  requestLine: RequestLine | undefined;
  target: Target | undefined;
  request: Fields | undefined;
  /** Response is raw content without a head (HTTP/0.9). */
  short = false;
  /** The empty line behind a short request was seen. */
  shortEnded = false;
  /** Body of the request as transferred, and after content decoding. */
  requestLength = 0;
  requestDecoded = 0;
  requestDone = false;

  statusLine: StatusLine | undefined;
  response: Fields | undefined;
  /** The last interim answer (1xx). */
  interim: StatusLine | undefined;
  /** Bytes of the answer's body as transferred, with what its chunked coding adds, and after all decoding. */
  responseLength = 0;
  responseDecoded = 0;
  responseHeadLength = 0;
  /** Bytes behind the end of the answer that were taken for a part of it. */
  responseTrailing = 0;
  responseStarted = false;
  /** Time of the answer's first bytes, microseconds since 1970; undefined while there are none. */
  answeredUs: number | undefined;
  responseDone = false;

  /** Files of each direction, and the names that their heads gave them. */
  requestFiles: FileSink[] | undefined;
  requestNames: string[] | undefined;
  responseFiles: FileSink[] | undefined;
  responseNames: string[] | undefined;
  /** Anomalies already reported, each is said once. */
  reported: Set<string> | undefined;
  emitted = false;

  constructor(id: number, depth: number, startUs: number) {
    this.id = id;
    this.depth = depth;
    this.startUs = startUs;
  }

  addFile(direction: Direction, file: FileSink): void {
    const files = (direction === 0 ? this.requestFiles : this.responseFiles) ?? [];
    if (direction === 0) this.requestFiles = files;
    else this.responseFiles = files;
    if (files.length < FILES) files.push(file);
  }

  addName(direction: Direction, name: string): void {
    const names = (direction === 0 ? this.requestNames : this.responseNames) ?? [];
    if (direction === 0) this.requestNames = names;
    else this.responseNames = names;
    if (names.length < FILES) names.push(name);
  }

  get method(): string | undefined {
    return this.requestLine?.method;
  }
}

/** Path that stands for a request that was not seen. */
export const UNSEEN_PATH = '/libhtp::request_uri_not_seen';

/** Path of what was asked for. */
export function pathOf(exchange: Exchange): string | undefined {
  if (exchange.requestLine === undefined) return UNSEEN_PATH;
  const path = exchange.target?.path;
  return path === '' ? undefined : path;
}

/** Name of what was asked for, by host and target: the same in every flow that asks for it. */
export function objectOf(exchange: Exchange): string {
  const host = exchange.target?.authority?.host ?? exchange.request?.get('host') ?? '';
  return `${host.toLowerCase().replace(/:\d*$/, '')} ${exchange.requestLine?.uri ?? ''}`;
}
