/** Downloads over HTTP without a network: for machines where namespaces cannot be used. */

import { PcapWriter } from '../../src/tap/capture/index.ts';
import { Random } from './random.ts';
import { ACK, type Endpoints, FIN, FrameBuilder, PSH, SYN } from './segment.ts';

const SEGMENT = 1448;
const START_US = 1_767_258_000e6;
/** Between two segments of all downloads: about 160 MB/s. */
const SEGMENT_US = 9;
const NOTHING = new Uint8Array(0);

/** One download, and how far it is. */
interface Download {
  readonly up: Endpoints;
  readonly down: Endpoints;
  readonly client: number;
  readonly server: number;
  sent: number;
}

/** Writes `downloads` interleaved downloads of `bytes` each to `target`. Returns the number of packets. */
export function buildSyntheticBulk(target: string, downloads: number, bytes: number): number {
  const random = new Random(downloads);
  const content = Uint8Array.from({ length: 1 << 20 }, () => random.below(256));
  const writer = new PcapWriter(target, { linkType: 1 });
  const frame = new FrameBuilder();
  let timeUs = START_US;
  const write = (): void => {
    writer.write({
      bytes: frame.bytes,
      offset: 0,
      captured: frame.length,
      original: frame.length,
      timeUs,
      nanos: 0,
    });
    timeUs += SEGMENT_US;
  };
  const question = Buffer.from(
    'GET /image.iso HTTP/1.1\r\nHost: 198.51.100.10\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n',
  );
  const header = Buffer.from(
    `HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\n\r\n`,
  );
  const open = Array.from({ length: downloads }, (_, number): Download => {
    const source = 0xc000_0232;
    const destination = 0xc633_640a;
    const sourcePort = 40_000 + 2 * number;
    const up = { source, destination, sourcePort, destinationPort: 80 };
    const down = { source: destination, destination: source, sourcePort: 80, destinationPort: sourcePort };
    return { up, down, client: random.next(), server: random.next(), sent: 0 };
  });
  for (const { up, down, client, server } of open) {
    frame.tcp(up, SYN, client, 0, NOTHING);
    write();
    frame.tcp(down, SYN | ACK, server, client + 1, NOTHING);
    write();
    frame.tcp(up, ACK, client + 1, server + 1, NOTHING);
    write();
    frame.tcp(up, PSH | ACK, client + 1, server + 1, question);
    write();
    frame.tcp(down, PSH | ACK, server + 1, client + 1 + question.length, header);
    write();
  }
  for (let turn = 0; open.some((download) => download.sent < bytes); turn++) {
    for (const download of open) {
      if (download.sent >= bytes) continue;
      const seq = download.server + 1 + header.length + download.sent;
      const ack = download.client + 1 + question.length;
      const length = Math.min(SEGMENT, bytes - download.sent);
      const from = (turn * SEGMENT) % (content.length - SEGMENT);
      frame.tcp(download.down, ACK, seq, ack, content.subarray(from, from + length));
      write();
      download.sent += length;
      const done = download.sent === bytes;
      if (!done && turn % 2 === 0) continue;
      frame.tcp(download.up, done ? FIN | ACK : ACK, ack, seq + length, NOTHING);
      write();
      if (!done) continue;
      frame.tcp(download.down, FIN | ACK, seq + length, ack + 1, NOTHING);
      write();
      frame.tcp(download.up, ACK, ack + 1, seq + length + 1, NOTHING);
      write();
    }
  }
  writer.close();
  return writer.packets;
}
