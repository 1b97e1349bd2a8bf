/** What the fuzzer runs, and its form in a file. */

/** A step of a stream. */
export type Operation =
  | { readonly type: 'data'; readonly direction: 0 | 1; readonly bytes: Uint8Array }
  | { readonly type: 'gap'; readonly direction: 0 | 1; readonly length: number }
  | { readonly type: 'close'; readonly direction: 0 | 1 };

/** A capture file as it is, what the two sides of one flow say, something for the WAF, or for the active stream. */
export type FuzzInput = CaptureInput | StreamInput | WafInput | WebInput;

/** The bytes of a capture file. */
export interface CaptureInput {
  readonly kind: 'capture';
  /** True: with small bounds, so that they are reached. */
  readonly tight: boolean;
  /** True: read from a file rather than from a pipe. */
  readonly file: boolean;
  readonly bytes: Uint8Array;
}

/** A conversation that goes straight to detection and parsers. */
export interface StreamInput {
  readonly kind: 'stream';
  readonly tight: boolean;
  /** Name of the protocol to begin with; empty: by detection. */
  readonly protocol: string;
  readonly transport: 'tcp' | 'udp';
  readonly operations: readonly Operation[];
}

/** Something for the WAF. */
export interface WafInput {
  readonly kind: 'waf';
  /** A rule file, a body, or a request: its line, its headers, an empty line, its body. */
  readonly part: 'rules' | 'body' | 'request';
  /** `Content-Type` of a body. */
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** What the active stream's parsers are tried with. */
export const WEB_PARTS = [
  /** A connection of HTTP/1, either side of it. */
  'http1',
  /** Names and values of an HTTP/2 head by turns, each behind {@link FIELD_SEPARATOR}. */
  'http2',
  /** What HAProxy sends to an agent. */
  'spop',
  /** The beginning of a TLS connection. */
  'client-hello',
  /** What mitmproxy's addon sends. */
  'mitmproxy',
  /** A transaction as buffer B stores it. */
  'stored',
  /** A file of buffer B's ring. */
  'segment',
  /** Rewrite rules, in JSON. */
  'rewrite',
  /** A line on the control socket. */
  'question',
] as const;
export type WebPart = (typeof WEB_PARTS)[number];

/** Stands between the fields of an `http2` input: line ends may be within them. */
export const FIELD_SEPARATOR = '\x1e';

/** Something for a parser of the active stream. */
export interface WebInput {
  readonly kind: 'web';
  readonly part: WebPart;
  readonly bytes: Uint8Array;
}

const HEAD = 'weir-fuzz ';
const DATA = 0;
const GAP = 1;
const CLOSE = 2;
const OPERATION_HEAD = 6;

/** The bytes of a file that holds an input; `seed` says which run found it. */
export function encodeInput(input: FuzzInput, seed: number): Buffer {
  if (input.kind === 'capture') {
    const { kind, tight, file, bytes } = input;
    return Buffer.concat([head({ kind, tight, file, seed }), bytes]);
  }
  if (input.kind === 'waf') {
    const { kind, part, type, bytes } = input;
    return Buffer.concat([head({ kind, part, type, seed }), bytes]);
  }
  if (input.kind === 'web') {
    const { kind, part, bytes } = input;
    return Buffer.concat([head({ kind, part, seed }), bytes]);
  }
  const { kind, tight, protocol, transport, operations } = input;
  const parts = operations.flatMap((operation) => {
    const prefix = Buffer.alloc(OPERATION_HEAD);
    prefix[0] = operation.type === 'data' ? DATA : operation.type === 'gap' ? GAP : CLOSE;
    prefix[1] = operation.direction;
    if (operation.type === 'gap') prefix.writeUInt32BE(operation.length, 2);
    if (operation.type !== 'data') return [prefix];
    prefix.writeUInt32BE(operation.bytes.length, 2);
    return [prefix, operation.bytes];
  });
  return Buffer.concat([head({ kind, tight, protocol, transport, seed }), ...parts]);
}

function head(fields: object): Buffer {
  return Buffer.from(`${HEAD}${JSON.stringify(fields)}\n`);
}

/** Reads what {@link encodeInput} made. Throws an Error when it is something else. */
export function decodeInput(file: Buffer): FuzzInput {
  const end = file.indexOf(10);
  const line = file.toString('utf8', 0, Math.max(0, end));
  if (!line.startsWith(HEAD)) throw new Error('not an input of the fuzzer');
  const fields = JSON.parse(line.slice(HEAD.length)) as FuzzInput;
  const body = file.subarray(end + 1);
  if (fields.kind === 'waf') return { kind: 'waf', part: fields.part, type: fields.type, bytes: body };
  if (fields.kind === 'web') return { kind: 'web', part: fields.part, bytes: body };
  const tight = fields.tight === true;
  if (fields.kind === 'capture') return { kind: 'capture', tight, file: fields.file === true, bytes: body };
  const operations: Operation[] = [];
  for (let at = 0; at + OPERATION_HEAD <= body.length; ) {
    const direction = body[at + 1] === 1 ? 1 : 0;
    const length = body.readUInt32BE(at + 2);
    const type = body[at];
    at += OPERATION_HEAD;
    if (type === GAP) operations.push({ type: 'gap', direction, length });
    else if (type === CLOSE) operations.push({ type: 'close', direction });
    else {
      operations.push({ type: 'data', direction, bytes: body.subarray(at, at + length) });
      at += length;
    }
  }
  return { kind: 'stream', tight, protocol: fields.protocol, transport: fields.transport, operations };
}
