import type { Socket } from 'node:net';
import { formatAddress, parseAddress } from '../../net/index.ts';
import type { Endpoint } from '../waf/index.ts';

/**
 * The PROXY protocol (HAProxy's proxy-protocol.txt, versions 1 and 2): a balancer before us says, in front of the
 * first byte of a connection, whose it is.
 */

/** Both ends of the connection that the sender passes on; undefined where it speaks for itself (a health check). */
export interface Announced {
  readonly ends: { readonly client: Endpoint; readonly server: Endpoint } | undefined;
  /** Bytes of the header. */
  readonly length: number;
}

/** The bytes are no header. */
export class ProxyProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProxyProtocolError';
  }
}

/** The longest line of version 1, with its end (2.1). */
const LONGEST_LINE = 107;
/** The first bytes of version 2 (2.2). */
const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
const FIXED = 16;
/** Addresses and what may follow them, in version 2: more than any sender has to say. */
const MOST_REST = 4096;
const LINE_START = Buffer.from('PROXY ');
const LINE =
  /^PROXY (?:TCP4|TCP6) ([0-9A-Fa-f:.]{2,45}) ([0-9A-Fa-f:.]{2,45}) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4})$/;

/** Reads a header; undefined: more bytes are needed. Throws {@link ProxyProtocolError}. */
export function parseProxyHeader(bytes: Buffer): Announced | undefined {
  if (beginsLike(bytes, SIGNATURE)) return bytes.length < FIXED ? undefined : parseBinary(bytes);
  if (beginsLike(bytes, LINE_START)) return bytes.length < LINE_START.length ? undefined : parseLine(bytes);
  throw new ProxyProtocolError('the connection does not begin with a header of the PROXY protocol');
}

function beginsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

function parseLine(bytes: Buffer): Announced | undefined {
  const end = bytes.subarray(0, LONGEST_LINE).indexOf('\r\n');
  if (end < 0) {
    if (bytes.length < LONGEST_LINE) return undefined;
    throw new ProxyProtocolError(`a line of the PROXY protocol has at most ${LONGEST_LINE} bytes`);
  }
  const text = bytes.toString('latin1', 0, end);
  const length = end + 2;
  if (text.startsWith('PROXY UNKNOWN')) return { ends: undefined, length };
  const [, from = '', to = '', fromPort = '', toPort = ''] = LINE.exec(text) ?? [];
  const client = endpointOf(from, fromPort);
  const server = endpointOf(to, toPort);
  const version = text.startsWith('PROXY TCP4') ? 4 : 6;
  if (client?.version !== version || server?.version !== version) {
    throw new ProxyProtocolError('the line of the PROXY protocol names no two addresses of its family');
  }
  return { ends: { client: client.endpoint, server: server.endpoint }, length };
}

function endpointOf(text: string, port: string) {
  const address = parseAddress(text);
  if (address === undefined || port === '' || Number(port) > 65_535) return undefined;
  return { version: address.version, endpoint: { address: text.toLowerCase(), port: Number(port) } };
}

function parseBinary(bytes: Buffer): Announced | undefined {
  const command = bytes.readUInt8(12);
  const family = bytes.readUInt8(13);
  const rest = bytes.readUInt16BE(14);
  if (command !== 0x20 && command !== 0x21) {
    throw new ProxyProtocolError('a header of the PROXY protocol of another version than 1 and 2');
  }
  if (rest > MOST_REST)
    throw new ProxyProtocolError(`a header of the PROXY protocol of more than ${MOST_REST} bytes`);
  const length = FIXED + rest;
  if (bytes.length < length) return undefined;
  // LOCAL: the sender speaks for itself; what it says of addresses is to be ignored (2.2).
  if (command === 0x20) return { ends: undefined, length };
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  if (size === 0) return { ends: undefined, length };
  if (rest < 2 * size + 4)
    throw new ProxyProtocolError('a header of the PROXY protocol without its addresses');
  const port = FIXED + 2 * size;
  return {
    ends: {
      client: { address: addressAt(bytes, FIXED, size), port: bytes.readUInt16BE(port) },
      server: { address: addressAt(bytes, FIXED + size, size), port: bytes.readUInt16BE(port + 2) },
    },
    length,
  };
}

function addressAt(bytes: Buffer, at: number, size: 4 | 16): string {
  if (size === 4) return formatAddress(4, bytes.readInt32BE(at), 0, 0, 0);
  const words = [0, 4, 8, 12].map((offset) => bytes.readInt32BE(at + offset)) as [
    number,
    number,
    number,
    number,
  ];
  return formatAddress(6, ...words);
}

/**
 * Reads the header in front of a connection; what comes behind it stays in the socket, which is paused. Resolves to
 * the ends that it names, undefined where it names none; rejects with {@link ProxyProtocolError} for what is no
 * header, or when none is there after `patienceMs`, or the connection has ended.
 */
export function readProxyHeader(socket: Socket, patienceMs: number): Promise<Announced['ends']> {
  return new Promise((resolve, reject) => {
    let bytes: Buffer = Buffer.alloc(0);
    const done = (act: () => void): void => {
      clearTimeout(timer);
      socket.off('readable', read);
      socket.off('error', end);
      socket.off('close', end);
      act();
    };
    const fail = (error: Error): void => done(() => reject(error));
    const timer = setTimeout(
      () => fail(new ProxyProtocolError('no header of the PROXY protocol in time')),
      patienceMs,
    );
    const end = (): void => fail(new ProxyProtocolError('the connection ended before its header'));
    const read = (): void => {
      const part = socket.read() as Buffer | null;
      if (part === null) {
        if (socket.readableEnded) end();
        return;
      }
      bytes = Buffer.concat([bytes, part]);
      try {
        const found = parseProxyHeader(bytes);
        if (found === undefined) return;
        done(() => {
          socket.pause();
          if (bytes.length > found.length) socket.unshift(bytes.subarray(found.length));
          resolve(found.ends);
        });
      } catch (error) {
        fail(error instanceof Error ? error : new ProxyProtocolError(String(error)));
      }
    };
    socket.on('error', end);
    socket.on('close', end);
    socket.on('readable', read);
    read();
  });
}
