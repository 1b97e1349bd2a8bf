import { envelope } from './envelope.ts';
import { OWN, object } from './field.ts';
import { record } from './record.ts';
import { helloFields } from './tls.ts';

/** A further ClientHello of a connection. */
export const tlsHello = record(
  'tls_hello',
  'A further ClientHello of a connection whose fingerprint is another one: after a HelloRetryRequest, or when the session is negotiated anew. Its fields have the names of `tls`.',
  { ...envelope('tls_hello'), tls: object(helloFields, 'What the ClientHello shows.') },
  OWN,
);
