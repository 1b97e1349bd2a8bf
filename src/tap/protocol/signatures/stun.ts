import { u8, u16, u32 } from '../../../net/index.ts';
import { applicationOf } from '../application/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { find } from './text.ts';

/** RFC 8489, section 5. */
const HEADER = 20;
const COOKIE = 0x2112a442;

// Attribute types: RFC 8489 section 18.3, and what vendors use beyond them.
const REALM = 0x0014;
const SOFTWARE = 0x8022;
/** Zoom's own, in its pre-standard messages. */
const ZOOM_SECRET = 0x0101;
const ZOOM_ANSWER = 0x0103;
/** WhatsApp's relays: 0x4000 and those behind it. */
const WHATSAPP_FIRST = 0x4000;
const WHATSAPP_LAST = 0x4007;
/** Google's relay service. */
const GOOGLE_RELAY = 0xff03;
/** [MS-TURN], [MS-ICE2]: CANDIDATE-IDENTIFIER, IMPLEMENTATION-VERSION, MS-VERSION, MS-SEQUENCE-NUMBER ... */
const MICROSOFT: ReadonlySet<number> = new Set([
  0x8006, 0x8008, 0x8036, 0x8054, 0x8070, 0x8090, 0x8095, 0x24df,
]);

/** Methods that RFC 8489, RFC 8656, RFC 6062 and [MS-TURN] know. */
const LAST_METHOD = 0x0c;
/** Binding without anything in it, as WhatsApp's relays are pinged. */
const WHATSAPP_PING = 0x0800;

/**
 * STUN with its cookie, or in the form of RFC 3489 with a well-formed list of attributes. The application shows in
 * the attributes or in the relay's realm; later messages of the flow may tell it.
 */
function probe(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const length = end - start;
  const type = u16(bytes, start);
  const size = u16(bytes, start + 2);
  if (type === 0 || (type & 0xc000) !== 0 || size + HEADER !== length || (size & 3) !== 0) {
    return 'no';
  }
  const cookie = u32(bytes, start + 4) === COOKIE;
  if (type !== WHATSAPP_PING) {
    const method = type & 0x3eef;
    if (method > LAST_METHOD || method === 0) return 'no';
  } else if (!cookie) {
    return 'no';
  }
  if (!cookie && size === 0) return 'no';
  let application = type === WHATSAPP_PING ? 'WhatsAppCall' : '';
  let at = start + HEADER;
  while (at + 4 <= end) {
    const attribute = u16(bytes, at);
    const attributeLength = u16(bytes, at + 2);
    const next = at + 4 + ((attributeLength + 3) & ~3);
    if (next > end) {
      if (!cookie) return 'no';
      break;
    }
    if (application === '') application = applicationOfAttribute(bytes, at, attribute, attributeLength);
    at = next;
  }
  talk.application = application;
  // What the socket carries next, DTLS or media, names the flow better.
  return 'likely';
}

function applicationOfAttribute(bytes: Uint8Array, at: number, attribute: number, length: number): string {
  if (attribute >= WHATSAPP_FIRST && attribute <= WHATSAPP_LAST) return 'WhatsAppCall';
  if (MICROSOFT.has(attribute)) return 'Skype_TeamsCall';
  switch (attribute) {
    case ZOOM_SECRET:
    case ZOOM_ANSWER:
      return 'Zoom';
    case GOOGLE_RELAY:
      return 'GoogleCall';
    case REALM:
    case SOFTWARE:
      return applicationOfText(bytes, at + 4, at + 4 + Math.min(length, 128));
    default:
      return '';
  }
}

/** The relay's realm is a host name; some say their name in SOFTWARE. */
function applicationOfText(bytes: Uint8Array, start: number, end: number): string {
  if (find(bytes, start, end, 'telegram') >= 0) return 'TelegramVoip';
  if (find(bytes, start, end, 'signal.org') >= 0) return 'SignalVoip';
  if (find(bytes, start, end, 'whispersystems') >= 0) return 'SignalVoip';
  if (find(bytes, start, end, 'facebook') >= 0) return 'FacebookVoip';
  if (find(bytes, start, end, 'google.com') >= 0) return 'GoogleCall';
  if (find(bytes, start, end, 'viber') >= 0) return 'ViberVoip';
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(u8(bytes, i));
  return text.includes('.') ? (applicationOf(text)?.name ?? '') : '';
}

export const STUN: readonly Signature[] = [
  {
    name: 'STUN',
    transports: ['udp'],
    first: [0, 1, 2, 3, 8],
    least: HEADER,
    probe,
  },
  {
    name: 'STUN',
    transports: ['tcp'],
    first: [0, 1],
    least: HEADER,
    probe: (bytes, start, end, talk) => {
      if (u32(bytes, start + 4) !== COOKIE) return 'no';
      const size = u16(bytes, start + 2);
      if (start + HEADER + size > end) return 'no';
      return probe(bytes, start, start + HEADER + size, talk);
    },
  },
];
