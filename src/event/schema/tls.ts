import Type from 'typebox';
import { envelope } from './envelope.ts';
import { count, list, mark, object, text } from './field.ts';
import { fingerprint, ja4 } from './fingerprint.ts';
import { record } from './record.ts';

const NUMBER_16 = { maximum: 0xffff } as const;
const NUMBER_24 = { maximum: 0xffffff } as const;
const CERTIFICATE_TIME = '^[+-]?\\d{4,6}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$';

const certificateFields = {
  subject: Type.Optional(text('Subject of the certificate.')),
  issuerdn: Type.Optional(text('Issuer of the certificate.')),
  serial: Type.Optional(text('Serial number, hexadecimal bytes with colons.')),
  fingerprint: Type.Optional(text('SHA-1 of the certificate, hexadecimal bytes with colons.')),
  notbefore: Type.Optional(text('Begin of validity, UTC.', { pattern: CERTIFICATE_TIME })),
  notafter: Type.Optional(text('End of validity, UTC.', { pattern: CERTIFICATE_TIME })),
};

const extensions = list(
  count('A type.', NUMBER_16),
  'Types of the extensions in their order, without GREASE.',
  {
    minItems: 0,
  },
);

const clientHandshake = object(
  {
    version: text('Highest version that the client offers.'),
    ciphers: list(
      count('A suite; of 24 bits in a hello of SSL 2.', NUMBER_24),
      'Cipher suites in their order, without GREASE.',
      {
        minItems: 0,
      },
    ),
    exts: extensions,
    sig_algs: Type.Optional(
      list(
        count('An algorithm.', NUMBER_16),
        'Signature algorithms in their order; when the client names any.',
      ),
    ),
  },
  'The ClientHello, in numbers; when it was seen.',
);

const serverHandshake = object(
  {
    version: text('Version of the ServerHello.'),
    cipher: count('Cipher suite that the server took.', NUMBER_16),
    exts: extensions,
  },
  'The ServerHello, in numbers; when it was seen.',
);

/** What a ClientHello shows, in `tls` and in `tls_hello`. */
export const helloFields = {
  sni: Type.Optional(text('Server name that the client asks for.')),
  ja3: Type.Optional(fingerprint('JA3 fingerprint of the client.')),
  ja4: Type.Optional(ja4),
  client_alpns: Type.Optional(list(text('A protocol.'), 'Protocols that the client offers (ALPN).')),
  client_handshake: Type.Optional(clientHandshake),
};

const tlsObject = object(
  {
    ...certificateFields,
    subjectaltname: Type.Optional(
      list(text('A name.'), 'Alternative names of the certificate: hosts, addresses, URIs.'),
    ),
    session_resumed: Type.Optional(mark('An earlier session goes on: there was no certificate to see.')),
    from_proto: Type.Optional(text('Protocol that the connection spoke before STARTTLS and the like.')),
    version: text('Version agreed on (`TLS 1.2`, `TLSv1`); `UNDETERMINED` when it was not seen.'),
    ...helloFields,
    ja3s: Type.Optional(fingerprint('JA3S fingerprint of the server.')),
    server_alpns: Type.Optional(list(text('A protocol.'), 'Protocol that the server took (ALPN).')),
    server_handshake: Type.Optional(serverHandshake),
    client: Type.Optional(
      object(certificateFields, "The same of the client's certificate; when it sent one."),
    ),
  },
  "One handshake. The first fields are of the server's certificate; when it was seen in clear.",
);

/** One handshake of TLS or DTLS. */
export const tls = record('tls', 'One handshake of TLS or DTLS, as far as it is in clear.', {
  ...envelope('tls'),
  tls: tlsObject,
});
