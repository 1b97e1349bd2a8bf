import { u8, u16 } from '../../../net/index.ts';
import type { Direction, Parser, ParserContext } from '../parser.ts';
import { TlsSession } from '../tls/index.ts';
import { FragmentAssembler } from './fragment-assembler.ts';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  CONNECTION_ID,
  HANDSHAKE,
  isRecordVersion,
  isUnifiedHeader,
  RECORD_HEADER,
} from './record.ts';

/** Longest handshake message that is put together. */
const MAX_MESSAGE = 1 << 16;
/** Encrypted records of one side after which the other is no longer waited for. */
const PATIENCE = 64;

/** The record layer of DTLS (RFC 6347 section 4, RFC 9147 section 4). Each call is one datagram. */
export class DtlsParser implements Parser {
  private readonly context: ParserContext;
  private readonly session: TlsSession;
  private readonly assemblers: readonly [FragmentAssembler, FragmentAssembler];
  private readonly encryptedRecords: [number, number] = [0, 0];
  private current: Direction = 0;
  private over = false;

  constructor(context: ParserContext) {
    this.context = context;
    this.session = new TlsSession(context, true);
    this.assemblers = [this.makeAssembler(), this.makeAssembler()];
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction): number {
    if (this.over) return end;
    this.current = direction;
    let at = start;
    while (at < end) {
      const next = this.record(bytes, at, end, direction);
      if (next < 0) break;
      at = next;
    }
    this.session.settle();
    if (this.session.complete) {
      this.over = true;
      this.context.done();
    }
    return end;
  }

  end(): void {
    this.session.end();
    this.over = true;
  }

  /** Index behind the record at `at`; -1 when what is left of the datagram is none (STUN, RTP) or is cut. */
  private record(bytes: Uint8Array, at: number, end: number, direction: Direction): number {
    const type = u8(bytes, at);
    if (isUnifiedHeader(type)) {
      this.encrypted(true, direction);
      return end;
    }
    if (at + RECORD_HEADER > end) return -1;
    const version = u16(bytes, at + 1);
    if (type < CHANGE_CIPHER_SPEC || !isRecordVersion(version)) return -1;
    if (type === CONNECTION_ID) {
      this.encrypted(true, direction);
      return end;
    }
    const from = at + RECORD_HEADER;
    const to = from + u16(bytes, at + 11);
    if (to > end) return -1;
    if (direction === 1) this.session.serverRecordVersion ??= version;
    if (u16(bytes, at + 3) !== 0) {
      this.encrypted(type === APPLICATION_DATA, direction);
      return to;
    }
    switch (type) {
      case CHANGE_CIPHER_SPEC:
        this.session.changeCipherSpec(direction);
        break;
      case ALERT:
        if (to - from >= 2) this.session.alert(u8(bytes, from), u8(bytes, from + 1), direction);
        break;
      case HANDSHAKE:
        (this.assemblers[direction] as FragmentAssembler).record(bytes, from, to);
        break;
    }
    return to;
  }

  private encrypted(applicationData: boolean, direction: Direction): void {
    this.session.encrypted(applicationData, direction);
    if (++this.encryptedRecords[direction] >= PATIENCE && !this.session.complete) this.session.end();
  }

  private makeAssembler(): FragmentAssembler {
    return new FragmentAssembler(MAX_MESSAGE, (type, bytes, start, end) => {
      this.session.handshake(type, bytes, start, end, this.current);
    });
  }
}
