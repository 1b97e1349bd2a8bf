import { formatIpv4, formatIpv6, hex } from '../../../net/index.ts';
import type { ResourceRecord } from './record.ts';
import * as type from './types.ts';

/**
 * A record of the answer section as one element of Zeek's `answers`. `''` for a type that counts as an answer but
 * is not shown; undefined for one that Zeek's script does not look at.
 */
export function zeekAnswer(record: ResourceRecord): string | undefined {
  const { data } = record;
  switch (data.kind) {
    case 'address4':
      return formatIpv4(data.words[0]);
    case 'address6':
      return formatIpv6(data.words[0], data.words[1], data.words[2], data.words[3]);
    case 'name':
      return data.name.text.toLowerCase();
    case 'strings': {
      const word = record.type === type.TXT ? 'TXT' : 'SPF';
      return data.strings.map((text, i) => `${word} ${data.lengths[i]} ${text}`).join(' ');
    }
    case 'soa':
      return data.primary.text.toLowerCase();
    case 'srv':
      return data.target.text.toLowerCase();
    case 'signature':
      return `RRSIG ${data.covered} ${data.signer.text === '' ? '<Root>' : data.signer.text.toLowerCase()}`;
    case 'next':
      return `NSEC ${record.name.text.toLowerCase()} ${data.next.text.toLowerCase()}`;
    case 'naptr': {
      const tail = [data.regexp, data.replacement.text.toLowerCase()].filter((part) => part !== '').join(' ');
      return `NAPTR ${data.order} ${data.preference} ${data.flags} ${data.service} ${tail}`;
    }
    case 'options':
      return undefined;
    case 'bytes':
      return bytesAnswer(record.type, data.bytes);
    default:
      return data satisfies never;
  }
}

/** Types whose script events exist but add nothing to the answers: HINFO, SVCB, HTTPS, TSIG, CAA. */
const NOT_SHOWN = new Set([13, 32, 64, 65, 250, 257]);

function bytesAnswer(recordType: number, bytes: Uint8Array): string | undefined {
  switch (recordType) {
    case type.DNSKEY:
      return bytes.length < 4 ? undefined : `DNSKEY ${bytes[3]!}`;
    case type.DS:
      return bytes.length < 4 ? undefined : `DS ${bytes[2]!} ${bytes[3]!}`;
    case type.NSEC3:
      return 'NSEC3';
    case type.NSEC3PARAM:
      return 'NSEC3PARAM';
    case type.BINDS:
      return 'BIND9 signing signal';
    case type.SSHFP:
      return `SSHFP: ${hex(bytes, 2, bytes.length)}`;
    case type.LOC:
      // RFC 1876 section 2: the sizes and precisions are mantissa and exponent in one byte each, shown as they are.
      return bytes.length < 4 ? undefined : `LOC:  ${bytes[1]!} ${bytes[2]!} ${bytes[3]!}`;
    case type.WKS:
      return '';
    case type.A:
    case type.AAAA:
    case type.A6:
    case type.RRSIG:
    case type.NSEC:
      return undefined;
    default:
      return NOT_SHOWN.has(recordType) ? undefined : `<unknown type=${recordType}>`;
  }
}

/**
 * A record of a dynamic update (RFC 2136) as one element of Zeek's `answers`: a prerequisite where it stood in the
 * message's second section, otherwise a change.
 */
export function zeekUpdate(record: ResourceRecord, prerequisite: boolean): string {
  const name = record.name.text.toLowerCase();
  const typeName = type.zeekType(record.type);
  const value = zeekAnswer(record) ?? '';
  const whole = record.type === type.ANY;
  if (prerequisite) {
    if (record.class === type.CLASS_NONE) {
      return whole ? `pre: NoName ${name}` : `pre: NoRRSet ${typeName} ${name}`;
    }
    if (record.class === type.CLASS_ANY)
      return whole ? `pre: Name ${name}` : `pre: RRSet ${typeName} ${name}`;
    return `pre: ${typeName} ${name} ${value}`;
  }
  if (record.class === type.CLASS_ANY) return whole ? `del: Name ${name}` : `del: RRSet ${typeName}`;
  if (record.class === type.CLASS_NONE) return `del: ${typeName} ${name} ${value}`;
  return `add: ${typeName} ${name} ${value}`;
}
