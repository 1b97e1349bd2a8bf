/** Frames as HAProxy sends them, for tests: made here byte by byte, and two that HAProxy 2.6.12 sent. */

import { FLAG_FIN, FRAME_HAPROXY_HELLO, FRAME_NOTIFY, SpopError, STATUS } from './protocol.ts';

/** HAPROXY-HELLO of HAProxy 2.6.12. */
export const CAPTURED_HELLO = Buffer.from(
  '000000810100000001000012737570706f727465642d76657273696f6e730803322e300e6d61782d6672616d652d73697a6503fc' +
    'f01e0c6361706162696c69746965730810706970656c696e696e672c6173796e6309656e67696e652d6964082466643064613231' +
    '372d393631392d346231302d613630352d633535353463653735343062',
  'hex',
);

/** The same of its health check (`option spop-check`). */
export const CAPTURED_HEALTHCHECK = Buffer.from(
  '0000004e0100000001000012737570706f727465642d76657273696f6e730803322e300e6d61782d6672616d652d73697a6503fc' +
    'f01e0c6361706162696c697469657308000b6865616c7468636865636b11',
  'hex',
);

/** NOTIFY of HAProxy 2.6.12: `curl -d q=1 http://127.0.0.1:18080/a?b=c`. */
export const CAPTURED_NOTIFY = Buffer.from(
  '0000014b030000000100010c776569722d7265717565737410026964082431656130636631612d623864352d343338382d38376566' +
    '2d65316134663232393564313803737263067f000001087372635f706f727404f6cd1303647374067f000001086473745f706f7274' +
    '04f0db07066d6574686f640804504f53540375726c08062f613f623d630776657273696f6e0803312e310768656164657273097904' +
    '686f73740f3132372e302e302e313a31383038300a757365722d6167656e740b6375726c2f372e38382e3106616363657074032a2f' +
    '2a0e636f6e74656e742d6c656e67746801330c636f6e74656e742d74797065216170706c69636174696f6e2f782d7777772d666f72' +
    '6d2d75726c656e636f646564000004626f64790903713d3109626f64795f73697a65040308626f64795f656e641103746c73000373' +
    '6e690004616c706e0006616e7377657211',
  'hex',
);

/** HAPROXY-DISCONNECT of HAProxy 2.6.12, when it stops. */
export const CAPTURED_DISCONNECT = Buffer.from(
  '00000025020000000100000b7374617475732d636f64650300076d65737361676508066e6f726d616c',
  'hex',
);

/** A number of variable length (3.1). */
export function varint(value: bigint | number): Buffer {
  let rest = BigInt(value);
  if (rest < 240n) return Buffer.from([Number(rest)]);
  const bytes = [Number(rest & 15n) | 0xf0];
  rest = (rest - 240n) >> 4n;
  while (rest >= 128n) {
    bytes.push(Number(rest & 127n) | 0x80);
    rest = (rest - 128n) >> 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** Text behind its length. */
export function string(text: string | Buffer): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text;
  return Buffer.concat([varint(bytes.length), bytes]);
}

/** A typed value: text as string, bytes as binary, whole numbers as 32 bits unsigned. */
export function typed(value: string | number | boolean | Buffer | null): Buffer {
  if (value === null) return Buffer.from([0]);
  if (typeof value === 'boolean') return Buffer.from([value ? 0x11 : 0x01]);
  if (typeof value === 'number') return Buffer.concat([Buffer.from([3]), varint(value)]);
  return Buffer.concat([Buffer.from([typeof value === 'string' ? 8 : 9]), string(value)]);
}

/** Names and values. */
export type Arguments = Readonly<Record<string, string | number | boolean | Buffer | null>>;

/** A list of names and typed values. */
export function list(values: Arguments): Buffer {
  return Buffer.concat(Object.entries(values).flatMap(([name, value]) => [string(name), typed(value)]));
}

/** A frame with its length before it. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  frameId: number,
  payload: Buffer,
): Buffer {
  const head = Buffer.from([type, 0, 0, 0, flags]);
  const bytes = Buffer.concat([head, varint(streamId), varint(frameId), payload]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A HELLO with these values in place of the usual ones; undefined leaves one out. */
export function hello(values: Readonly<Record<string, string | number | boolean | undefined>> = {}): Buffer {
  const all: Readonly<Record<string, string | number | boolean | undefined>> = {
    'supported-versions': '2.0',
    'max-frame-size': 16380,
    capabilities: 'pipelining,async',
    ...values,
  };
  const there: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(all)) if (value !== undefined) there[name] = value;
  return frame(FRAME_HAPROXY_HELLO, FLAG_FIN, 0, 0, list(there));
}

/** A message with its arguments. */
export function message(name: string, values: Arguments): Buffer {
  return Buffer.concat([string(name), Buffer.from([Object.keys(values).length]), list(values)]);
}

/** `req.hdrs_bin` of these fields. */
export function headerList(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat([
    ...fields.flatMap(([name, value]) => [string(name), string(value)]),
    Buffer.from([0, 0]),
  ]);
}

/** A NOTIFY for a request with these arguments in place of the usual ones. */
export function notify(streamId: number, frameId: number, values: Arguments = {}): Buffer {
  return frame(FRAME_NOTIFY, FLAG_FIN, streamId, frameId, requestPayload(values));
}

/** What it holds. */
export function requestPayload(values: Arguments = {}): Buffer {
  return message('weir-request', {
    id: 'id-1',
    src: '192.0.2.1',
    src_port: 1000,
    dst: '192.0.2.2',
    dst_port: 80,
    method: 'GET',
    url: '/',
    version: '1.1',
    headers: headerList([['host', 'a.test']]),
    body: Buffer.alloc(0),
    body_size: 0,
    body_end: true,
    ...values,
  });
}

/** A frame of the agent, read. */
export interface AgentFrame {
  readonly type: number;
  readonly streamId: number;
  readonly frameId: number;
  /** Variables of an ACK, values of the other frames. */
  readonly values: Readonly<Record<string, string | number | boolean>>;
}

/** Reads what an agent sent; the rest that is no whole frame is returned too. */
export function readAgentFrames(bytes: Buffer): {
  readonly frames: readonly AgentFrame[];
  readonly rest: Buffer;
} {
  const frames: AgentFrame[] = [];
  let at = 0;
  while (bytes.length - at >= 4 && bytes.length - at - 4 >= bytes.readUInt32BE(at)) {
    const end = at + 4 + bytes.readUInt32BE(at);
    frames.push(readAgentFrame(bytes.subarray(at + 4, end)));
    at = end;
  }
  return { frames, rest: bytes.subarray(at) };
}

function readAgentFrame(bytes: Buffer): AgentFrame {
  let at = 5;
  const number = (): number => {
    let value = bytes.readUInt8(at++);
    if (value < 240) return value;
    for (let shift = 4; ; shift += 7) {
      const next = bytes.readUInt8(at++);
      value += next * 2 ** shift;
      if (next < 128) return value;
    }
  };
  const text = (): string => {
    const length = number();
    at += length;
    return bytes.toString('utf8', at - length, at);
  };
  const value = (): string | number | boolean => {
    const type = bytes.readUInt8(at++);
    if ((type & 15) === 1) return (type & 16) !== 0;
    if (type === 3) return number();
    if (type === 8) return text();
    throw new SpopError(STATUS.invalid, `an agent sent data of type ${type}`);
  };
  const streamId = number();
  const frameId = number();
  const values: Record<string, string | number | boolean> = {};
  while (at < bytes.length) {
    if (bytes[0] === 103) at += 3;
    const name = text();
    values[name] = value();
  }
  return { type: bytes.readUInt8(0), streamId, frameId, values };
}
