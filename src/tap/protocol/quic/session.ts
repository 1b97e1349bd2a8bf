import type { ZeekRow } from '../../../event/index.ts';
import { hex } from '../../../net/index.ts';
import { type Direction, TO_SERVER } from '../parser.ts';
import type { ClientHello } from '../tls/client-hello.ts';
import type { LongHeader } from './header.ts';
import { zeekVersion } from './versions.ts';
import { quicLog } from './zeek-log.ts';

/** Letters kept, as Zeek's QUIC::max_history_length. */
const MAX_HISTORY = 100;

/** One row of Zeek's quic.log in the making: a connection up to a Retry, a close or the end of the flow. */
export class QuicSession {
  private readonly timeUs: number;
  private readonly version: number;
  private initialDestination: string | undefined;
  private clientSource: string | undefined;
  private serverSource: string | undefined;
  private serverName: string | undefined;
  private protocol: string | undefined;
  private history = '';

  constructor(timeUs: number, version: number) {
    this.timeUs = timeUs;
    this.version = version;
  }

  /** Takes the connection ids of a packet with a long header. */
  identify(header: LongHeader, bytes: Uint8Array, direction: Direction): void {
    const source = hex(bytes, header.sourceStart, header.sourceEnd);
    if (direction === TO_SERVER) {
      if (header.destinationEnd > header.destinationStart)
        this.initialDestination ??= hex(bytes, header.destinationStart, header.destinationEnd);
      this.clientSource = source;
    } else this.serverSource = source;
  }

  /** Takes names from the ClientHello. */
  greet(hello: ClientHello): void {
    if (hello.sni !== undefined) this.serverName = hello.sni;
    if (hello.alpn.length > 0) this.protocol = hello.alpn[0];
  }

  /** A letter of the history: upper case from the client, lower case from the server. */
  note(letter: string, direction: Direction): void {
    if (this.history.length < MAX_HISTORY)
      this.history += direction === TO_SERVER ? letter : letter.toLowerCase();
  }

  row(): ZeekRow {
    return {
      log: quicLog,
      timeUs: this.timeUs,
      values: [
        zeekVersion(this.version),
        this.initialDestination,
        this.clientSource,
        this.serverSource,
        this.serverName,
        this.protocol,
        this.history,
      ],
    };
  }
}
