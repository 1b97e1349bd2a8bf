import Type from 'typebox';
import { cut, opt, soa, srv, sshfp, ttl } from './dns-record.ts';
import { envelope } from './envelope.ts';
import { count, list, mark, object, text, word } from './field.ts';
import { httpObject } from './http.ts';
import { record } from './record.ts';

const rrname = text('Name that it is about.');
const rrtype = text('Type by name (`A`, `HTTPS`); a number where Suricata has no name.');

const resource = object(
  {
    rrname,
    rrname_truncated: cut('name'),
    rrtype,
    ttl,
    rdata: Type.Optional(
      text('Address, name or text; for types whose data is that. IPv6 with all its digits.'),
    ),
    rdata_truncated: cut('data'),
    soa: Type.Optional(soa),
    srv: Type.Optional(srv),
    sshfp: Type.Optional(sshfp),
    opt: Type.Optional(opt),
  },
  'A resource record; one for each string of a TXT record.',
);

const grouped = Type.Record(
  Type.String(),
  list(Type.Union([Type.String(), soa, srv, sshfp]), 'The values.', { minItems: 1 }),
  { description: 'Values of the answers by the name of their type: `{"A":["192.0.2.1"]}`.' },
);

const dnsObject = object(
  {
    version: Type.Literal(3, { description: "Version of Suricata's record." }),
    type: word(['request', 'response'], 'Whether it was taken for a question or for an answer.'),
    tx_id: count('Index of the message in its flow, from 0.'),
    id: count('Identifier of the message.', { maximum: 0xffff }),
    flags: text('Flags in hexadecimal.', { pattern: '^[0-9a-f]{1,4}$' }),
    qr: Type.Optional(mark('Flag: response.')),
    aa: Type.Optional(mark('Flag: authoritative.')),
    tc: Type.Optional(mark('Flag: truncated.')),
    rd: Type.Optional(mark('Flag: recursion desired.')),
    ra: Type.Optional(mark('Flag: recursion available.')),
    z: Type.Optional(mark('Flag: the reserved bit is set.')),
    opcode: count('Operation.', { maximum: 15 }),
    rcode: text('Result by name (`NOERROR`, `NXDOMAIN`).'),
    queries: Type.Optional(
      list(
        object({ rrname, rrname_truncated: cut('name'), rrtype }, 'A question.'),
        'Questions; when there are any.',
      ),
    ),
    answers: Type.Optional(list(resource, 'Answers; when there are any.')),
    grouped: Type.Optional(grouped),
    authorities: Type.Optional(list(resource, 'Records of the authority section; when there are any.')),
    additionals: Type.Optional(
      list(
        resource,
        'Records of the additional section; when there are any. An OPT record only with options.',
      ),
    ),
  },
  'One message.',
);

/** One DNS message. */
export const dns = record(
  'dns',
  'One message of DNS, over UDP, TCP or HTTP/2 (then with `http` beside it). In version 2, which is written only where asked for (`--eve-dns-version 2`, `outputs.eve.dnsVersion`), a question (`query`) and the answers to it (`answer`) have records of their own, with `rrname` and `rrtype` instead of `queries` and the client as source, as Suricata 5 to 7 have them.',
  {
    ...envelope('dns'),
    dns: dnsObject,
    http: Type.Optional(httpObject),
  },
);
