import { u8, u32 } from '../../../net/index.ts';
import { berLength } from '../ber.ts';
import type { Direction, Match, Parser, ParserContext, Protocol } from '../parser.ts';

const SEQUENCE = 0x30;
/** Application tags of messages: AS-REQ to TGS-REP, AP-REQ and AP-REP, KRB-SAFE to KRB-ERROR (RFC 4120 section 5). */
const MESSAGES: ReadonlySet<number> = new Set([0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x74, 0x75, 0x76, 0x7e]);
/** Over TCP a length of four octets is in front (RFC 4120 section 7.2.2). */
const PREFIX = 4;
const LONGEST = 1 << 20;

/** Kerberos 5, over TCP and over UDP. Nothing is read of it but that it is spoken. */
export const krb5: Protocol = {
  name: 'krb5',
  ndpi: 'Kerberos',
  service: 'krb_tcp',
  transports: ['tcp'],
  ports: [88],
  probe(bytes: Uint8Array, start: number, end: number): Match {
    if (end - start < PREFIX) return bytes[start] === 0 ? 'maybe' : 'no';
    const length = u32(bytes, start);
    if (length < 10 || length > LONGEST) return 'no';
    return message(bytes, start + PREFIX, end, start + PREFIX + length);
  },
  create: (context) => new NamedOnly(context),
};

/** The same in one datagram. */
export const krb5Udp: Protocol = {
  name: 'krb5',
  ndpi: 'Kerberos',
  service: 'krb',
  transports: ['udp'],
  ports: [88],
  probe: (bytes, start, end) => (message(bytes, start, end, end) === 'yes' ? 'yes' : 'no'),
  create: (context) => new NamedOnly(context),
};

/** A message's tag, its length up to `whole`, and the sequence in it. */
function message(bytes: Uint8Array, at: number, end: number, whole: number): Match {
  if (at >= end) return 'maybe';
  if (!MESSAGES.has(u8(bytes, at))) return 'no';
  const length = berLength(bytes, at + 1, end);
  if (length === 'short') return 'maybe';
  if (length === undefined || length.next + length.value !== whole) return 'no';
  if (length.next >= end) return 'maybe';
  return u8(bytes, length.next) === SEQUENCE ? 'yes' : 'no';
}

/** Takes the flow from inspection: its name was all that was wanted. */
class NamedOnly implements Parser {
  private readonly context: ParserContext;

  constructor(context: ParserContext) {
    this.context = context;
  }

  data(_bytes: Uint8Array, _start: number, end: number, _direction: Direction): number {
    this.context.done();
    return end;
  }
}
