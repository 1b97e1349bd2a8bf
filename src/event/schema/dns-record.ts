import Type from 'typebox';
import { count, list, mark, object, text } from './field.ts';

const NUMBER_16 = { maximum: 0xffff } as const;
const NUMBER_32 = { maximum: 0xffffffff } as const;

/** Says that a name is longer than what is shown. */
export function cut(what: string) {
  return Type.Optional(mark(`The ${what} is longer than what is shown.`));
}

/** Lifetime of a record. */
export const ttl = count('Lifetime in seconds.', NUMBER_32);

/** SOA. */
export const soa = object(
  {
    mname: text('Primary server of the zone.'),
    mname_truncated: cut('name'),
    rname: text('Mailbox of who is responsible, with a dot for the @.'),
    rname_truncated: cut('name'),
    serial: count('Serial number of the zone.', NUMBER_32),
    refresh: count('Seconds until a secondary looks again.', NUMBER_32),
    retry: count('Seconds until it tries again after a failure.', NUMBER_32),
    expire: count('Seconds until the zone is void.', NUMBER_32),
    minimum: count('Seconds that a denial may be kept.', NUMBER_32),
  },
  'Start of authority.',
);

/** SRV. */
export const srv = object(
  {
    priority: count('Lower ones are tried first.', NUMBER_16),
    weight: count('Share among equal priorities.', NUMBER_16),
    port: count('Port of the service.', NUMBER_16),
    name: text('Host of the service.'),
  },
  'Where a service is.',
);

/** SSHFP. */
export const sshfp = object(
  {
    fingerprint: text('Fingerprint, hexadecimal bytes with colons.'),
    algo: count('Algorithm of the key.', { maximum: 255 }),
    type: count('Algorithm of the fingerprint.', { maximum: 255 }),
  },
  'Fingerprint of an SSH host key.',
);

/** Options of an OPT record (EDNS). */
export const opt = list(
  object(
    { code: count('Code of the option.', NUMBER_16), data: text('Its data in hexadecimal.') },
    'An option.',
  ),
  'Options of EDNS.',
);
