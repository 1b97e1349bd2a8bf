import { PcapWriter } from '../../src/tap/capture/index.ts';
import { ethernetFrame, ipv4Datagram, udpDatagram } from './frames.ts';

const QUERY = Buffer.from('1234010000010000000000000377777707656e616d706c6503636f6d0000010001', 'hex');

/** A question to a name server from each of `flows` clients as a capture; every `nth` client is in 10.9.0.0/16, the others in 10.1.0.0/16. */
export function writeZoneFlows(path: string, flows: number, nth: number): void {
  const writer = new PcapWriter(path, { linkType: 1 });
  for (let i = 0; i < flows; i++) {
    const source = [10, i % nth === 0 ? 9 : 1, i >> 8, i & 255];
    const frame = ethernetFrame(0x0800, ipv4Datagram({ protocol: 17, source }, udpDatagram(5000, 53, QUERY)));
    const length = frame.length;
    writer.write({ bytes: frame, offset: 0, captured: length, original: length, timeUs: i, nanos: 0 });
  }
  writer.close();
}
