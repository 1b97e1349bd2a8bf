import { parseAddress } from '../src/net/index.ts';

/** One end of a connection. */
export interface End {
  readonly address: string;
  readonly port: number;
}

/** A frame, and when it passed, in microseconds since 1970. */
export interface Frame {
  readonly timeUs: number;
  readonly bytes: Uint8Array;
}

const ETHERNET = 14;
const TCP = 20;
/** Payload of one segment. */
const MOST_PAYLOAD = 1400;
const FIN = 0x01;
const SYN = 0x02;
const PUSH = 0x08;
const ACK = 0x10;

/** Writes down a TCP connection as the Ethernet frames that a tap in front of the server would have seen. */
export class Segments {
  readonly frames: Frame[] = [];
  private readonly client: End;
  private readonly server: End;
  private clientNext: number;
  private serverNext: number;
  /** Half of the way from the client to the server and back, in microseconds. */
  private readonly wayUs: number;

  /** `startUs`: when the server was reached; `wayUs`: from there to the client. */
  constructor(client: End, server: End, startUs: number, wayUs: number, random: () => number) {
    this.client = client;
    this.server = server;
    this.wayUs = wayUs;
    this.clientNext = Math.floor(random() * 2 ** 32);
    this.serverNext = Math.floor(random() * 2 ** 32);
    this.send('client', SYN, startUs);
    this.send('server', SYN | ACK, startUs + 40);
    this.send('client', ACK, startUs + 40 + 2 * wayUs);
  }

  /** When the connection is open, as the server sees it. */
  static openAfterUs(wayUs: number): number {
    return 40 + 2 * wayUs;
  }

  /** Payload of one end, and the other's acknowledgement. */
  data(from: 'client' | 'server', payload: Uint8Array, timeUs: number): void {
    for (let at = 0; at < payload.length; at += MOST_PAYLOAD) {
      this.send(from, ACK | PUSH, timeUs + at / MOST_PAYLOAD, payload.subarray(at, at + MOST_PAYLOAD));
    }
    // The server is near, the client is not.
    const back = from === 'client' ? 60 : 2 * this.wayUs;
    this.send(from === 'client' ? 'server' : 'client', ACK, timeUs + back);
  }

  /** Both ends close. */
  close(timeUs: number): void {
    this.send('server', FIN | ACK, timeUs);
    this.send('client', FIN | ACK, timeUs + 2 * this.wayUs);
    this.send('server', ACK, timeUs + 2 * this.wayUs + 30);
  }

  private send(
    from: 'client' | 'server',
    flags: number,
    timeUs: number,
    payload: Uint8Array = new Uint8Array(0),
  ): void {
    const fromClient = from === 'client';
    const [source, destination] = fromClient ? [this.client, this.server] : [this.server, this.client];
    const sequence = fromClient ? this.clientNext : this.serverNext;
    const acknowledged = fromClient ? this.serverNext : this.clientNext;
    const bytes = frame(source, destination, { sequence, acknowledged, flags }, payload);
    this.frames.push({ timeUs, bytes });
    const advance = payload.length + ((flags & (SYN | FIN)) === 0 ? 0 : 1);
    if (fromClient) this.clientNext = (sequence + advance) >>> 0;
    else this.serverNext = (sequence + advance) >>> 0;
  }
}

function frame(
  source: End,
  destination: End,
  tcp: { readonly sequence: number; readonly acknowledged: number; readonly flags: number },
  payload: Uint8Array,
): Uint8Array {
  const from = octets(source.address);
  const to = octets(destination.address);
  const header = from.length === 4 ? 20 : 40;
  const bytes = new Uint8Array(ETHERNET + header + TCP + payload.length);
  const view = new DataView(bytes.buffer);
  // Locally administered addresses, told apart by the last octet.
  bytes.set([2, 0, 0, 0, 0, to.at(-1) ?? 0, 2, 0, 0, 0, 0, from.at(-1) ?? 0]);
  view.setUint16(12, from.length === 4 ? 0x0800 : 0x86dd);
  if (from.length === 4) {
    view.setUint8(14, 0x45);
    view.setUint16(16, bytes.length - ETHERNET);
    view.setUint8(22, 57);
    view.setUint8(23, 6);
    bytes.set(from, 26);
    bytes.set(to, 30);
    view.setUint16(24, checksum(bytes.subarray(ETHERNET, ETHERNET + 20), 0));
  } else {
    view.setUint8(14, 0x60);
    view.setUint16(18, TCP + payload.length);
    view.setUint8(20, 6);
    view.setUint8(21, 57);
    bytes.set(from, 22);
    bytes.set(to, 38);
  }
  const at = ETHERNET + header;
  view.setUint16(at, source.port);
  view.setUint16(at + 2, destination.port);
  view.setUint32(at + 4, tcp.sequence);
  view.setUint32(at + 8, (tcp.flags & ACK) === 0 ? 0 : tcp.acknowledged);
  view.setUint8(at + 12, (TCP / 4) << 4);
  view.setUint8(at + 13, tcp.flags);
  view.setUint16(at + 14, 64_240);
  bytes.set(payload, at + TCP);
  const length = TCP + payload.length;
  const pseudo = sumOf(from) + sumOf(to) + 6 + length;
  view.setUint16(at + 16, checksum(bytes.subarray(at), pseudo));
  return bytes;
}

function octets(text: string): number[] {
  const address = parseAddress(text);
  if (address === undefined) throw new RangeError(`'${text}' is no address`);
  const words = address.version === 4 ? address.words.slice(0, 1) : address.words;
  return words.flatMap((word) => [24, 16, 8, 0].map((shift) => (word >>> shift) & 255));
}

/** Sum of 16-bit words (RFC 1071), as far as that goes without folding. */
function sumOf(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  return sum;
}

function checksum(bytes: Uint8Array, start: number): number {
  let sum = start + sumOf(bytes);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
