import { md5, object, text } from './field.ts';

/** A fingerprint with what it was made of, as JA3 and HASSH are. */
export function fingerprint(description: string) {
  return object(
    { hash: md5('MD5 of the string, in hexadecimal.'), string: text('What the hash is made of.') },
    description,
  );
}

/** JA4 of a client (version a_b_c, FoxIO's BSD-licensed part). */
export const ja4 = text('JA4 fingerprint of the client.', {
  pattern: '^[tqd].{9}_[0-9a-f]{12}_[0-9a-f]{12}$',
});
