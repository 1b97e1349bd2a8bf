import Type from 'typebox';
import { envelope } from './envelope.ts';
import { count, list, object, text } from './field.ts';
import { fingerprint, ja4 } from './fingerprint.ts';
import { record } from './record.ts';

const extension = object(
  {
    name: Type.Optional(text('Its name; when it has one.')),
    type: count('Its type.', { maximum: 0xffff }),
    values: Type.Optional(list(text('A value.'), 'Its values, for the server name and for ALPN.')),
  },
  'An extension.',
);

const quicObject = object(
  {
    version: text("Version: `1`, hexadecimal digits, or a name of Google's (`Q046`)."),
    sni: Type.Optional(text('Server name that the client asks for.')),
    ja3: Type.Optional(fingerprint('JA3 fingerprint of the client; with its ClientHello.')),
    ja4: Type.Optional(ja4),
    ja3s: Type.Optional(fingerprint('JA3S fingerprint of the server; with its ServerHello.')),
    extensions: Type.Optional(list(extension, 'Extensions of the hello in their order.')),
    ua: Type.Optional(text("User agent; in Google's early versions.")),
    cyu: Type.Optional(list(fingerprint('A fingerprint.'), "CYU fingerprint; in Google's early versions.")),
  },
  'What the packet shows.',
);

/** A packet with a long header. */
export const quic = record(
  'quic',
  "One packet with a long header, with the hello in it; written until the direction's hello is known.",
  { ...envelope('quic'), quic: quicObject },
);
