import { PcapWriter } from '../../src/tap/capture/index.ts';
import { ethernetFrame, ipv4Datagram, ipv6Datagram, tcpSegment, udpDatagram } from '../support/frames.ts';
import type { Seed } from './seeds.ts';

/** What is mutated where there are no captures: a few exchanges in each of several protocols. */

type Exchange = readonly (readonly [toClient: boolean, text: string])[];

const TCP_EXCHANGES: readonly (readonly [port: number, exchange: Exchange])[] = [
  [
    80,
    [
      [
        false,
        'POST /a?b=c HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
      ],
      [true, 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nworld'],
      [false, 'GET /next HTTP/1.1\r\nHost: example.com\r\nRange: bytes=0-4\r\n\r\n'],
      [true, 'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/10\r\nContent-Length: 5\r\n\r\nhello'],
    ],
  ],
  [
    80,
    [
      [
        false,
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x05\x01\x05\0\0\0\x01\x82\x86\x84\x41\x8c',
      ],
    ],
  ],
  [
    25,
    [
      [true, '220 mail.example.com ESMTP\r\n'],
      [false, 'EHLO client\r\n'],
      [true, '250-mail.example.com\r\n250 STARTTLS\r\n'],
      [false, 'MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n'],
      [true, '250 ok\r\n250 ok\r\n354 go\r\n'],
      [
        false,
        'From: a\r\nSubject: =?utf-8?b?aGk=?=\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; name=f.txt\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n--x--\r\n.\r\n',
      ],
      [true, '250 queued\r\n'],
    ],
  ],
  [
    21,
    [
      [true, '220 ready\r\n'],
      [false, 'USER a\r\nPASS b\r\nPASV\r\n'],
      [true, '331 x\r\n230 y\r\n227 Entering Passive Mode (192,0,2,1,4,1)\r\n'],
      [false, 'RETR f\r\n'],
    ],
  ],
  [
    22,
    [
      [true, 'SSH-2.0-OpenSSH_9.2\r\n'],
      [false, 'SSH-2.0-client\r\n'],
      [true, `\0\0\0\x2c\x04\x14${'k'.repeat(16)}\0\0\0\x04none${'\0'.repeat(16)}`],
    ],
  ],
  [
    443,
    [[false, `\x16\x03\x01\0\x31\x01\0\0\x2d\x03\x03${'r'.repeat(32)}\0\0\x04\x13\x01\x13\x02\x01\0\0\0`]],
  ],
  [
    110,
    [
      [true, '+OK ready\r\n'],
      [false, 'USER a\r\nSTLS\r\n'],
      [true, '+OK\r\n+OK\r\n'],
    ],
  ],
  [
    143,
    [
      [true, '* OK ready\r\n'],
      [false, 'a LOGIN b c\r\n'],
      [true, 'a OK\r\n'],
    ],
  ],
];

const UDP_EXCHANGES: readonly (readonly [port: number, exchange: Exchange])[] = [
  [
    53,
    [
      [false, '\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03com\0\0\x01\0\x01'],
      [
        true,
        '\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0\x07example\x03com\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01',
      ],
    ],
  ],
  [
    123,
    [
      [false, `\x23${'\0'.repeat(47)}`],
      [true, `\x24\x01${'\0'.repeat(46)}`],
    ],
  ],
  [67, [[false, `\x01\x01\x06\0${'\0'.repeat(232)}\x63\x82\x53\x63\x35\x01\x01\xff`]]],
  [547, [[false, '\x01abc\0\x01\0\x0a\0\x03\0\x01\x02\0\0\0\0\x01\0\x06\0\x02\0\x17']]],
  [443, [[false, `\xc3\0\0\0\x01\x08${'d'.repeat(8)}\0\0\x44\xd0${'q'.repeat(1232)}`]]],
];

/** Captures of one flow each, without any file. */
export function ownCaptures(): Seed[] {
  const tcp = TCP_EXCHANGES.map(([port, exchange], index) => ({
    name: `own tcp ${port} ${index}`,
    bytes: capture(segmentFrames(port, exchange)),
  }));
  const udp = UDP_EXCHANGES.map(([port, exchange], index) => ({
    name: `own udp ${port} ${index}`,
    bytes: capture(exchange.map(([toClient, text]) => datagramFrame(port, toClient, text, index % 2 === 1))),
  }));
  return [...tcp, ...udp];
}

function segmentFrames(port: number, exchange: Exchange): Buffer[] {
  const next = [1, 1];
  return exchange.map(([toClient, text]) => {
    const content = Buffer.from(text, 'latin1');
    const side = toClient ? 1 : 0;
    const segment = tcpSegment(toClient ? port : 40000, toClient ? 40000 : port, 0x18, content);
    segment.writeUInt32BE(next[side]!, 4);
    segment.writeUInt32BE(next[1 - side]!, 8);
    next[side]! += content.length;
    return ethernetFrame(0x0800, ipv4Datagram(addressed(toClient, 6), segment));
  });
}

function datagramFrame(port: number, toClient: boolean, text: string, six: boolean): Buffer {
  const content = Buffer.from(text, 'latin1');
  const datagram = toClient ? udpDatagram(port, 40000, content) : udpDatagram(40000, port, content);
  if (six) return ethernetFrame(0x86dd, ipv6Datagram(17, datagram));
  return ethernetFrame(0x0800, ipv4Datagram(addressed(toClient, 17), datagram));
}

function addressed(toClient: boolean, protocol: number) {
  const client = [192, 0, 2, 1];
  const server = [198, 51, 100, 2];
  return { protocol, source: toClient ? server : client, destination: toClient ? client : server };
}

/** Frames as a pcap file; all of link type `linkType`, a millisecond apart. */
export function capture(frames: readonly Uint8Array[], linkType = 1): Buffer {
  const parts: Buffer[] = [];
  const writer = new PcapWriter(
    { write: (bytes) => void parts.push(Buffer.from(bytes)), close: () => {}, abort: () => {} },
    { linkType },
  );
  for (const [index, bytes] of frames.entries()) {
    const { length } = bytes;
    const timeUs = 1_700_000_000_000_000 + index * 1000;
    writer.write({ bytes, offset: 0, captured: length, original: length, timeUs, nanos: 0 });
  }
  writer.close();
  return Buffer.concat(parts);
}
