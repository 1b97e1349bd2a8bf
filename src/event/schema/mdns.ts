import Type from 'typebox';
import { cut, opt, soa, srv, sshfp } from './dns-record.ts';
import { envelope } from './envelope.ts';
import { count, list, object, text, word } from './field.ts';
import { record } from './record.ts';

const rrname = text('Name that it is about.');

const resource = Type.Object(
  { rrname, rrname_truncated: cut('name'), rdata_truncated: cut('data') },
  {
    description:
      'A resource record: its data is under the name of its type in lower case (`"ptr":"host.local"`).',
    additionalProperties: Type.Union([Type.String(), Type.Array(Type.String()), opt, soa, srv, sshfp]),
  },
);

const mdnsObject = object(
  {
    type: word(['request', 'response'], "Question or answer, by the message's flag."),
    id: count('Identifier of the message.', { maximum: 0xffff }),
    flags: Type.Optional(
      list(
        word(['aa', 'tc', 'rd', 'ra', 'z', 'ad', 'cd'], 'A flag.'),
        'Flags that are set; when there are any.',
      ),
    ),
    opcode: count('Operation.', { maximum: 15 }),
    rcode: count('Result.', { maximum: 15 }),
    queries: Type.Optional(
      list(
        object(
          { rrname, rrname_truncated: cut('name'), rrtype: text('Type by name, in lower case.') },
          'A question.',
        ),
        'Questions; when there are any.',
      ),
    ),
    answers: Type.Optional(list(resource, 'Answers; when there are any.')),
    authorities: Type.Optional(list(resource, 'Records of the authority section; when there are any.')),
    additionals: Type.Optional(list(resource, 'Records of the additional section; when there are any.')),
  },
  'One message.',
);

/** One multicast DNS message. */
export const mdns = record('mdns', 'One message of multicast DNS.', {
  ...envelope('mdns'),
  mdns: mdnsObject,
});
