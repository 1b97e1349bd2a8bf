import { isResponse, objectValue, optionObjects, plainValue, withName, worthShowing } from './eve.ts';
import * as message from './message.ts';
import { textOf } from './name.ts';
import type { ResourceRecord } from './record.ts';
import { eveType, TXT } from './types.ts';

const FLAG_NAMES: readonly (readonly [number, string])[] = [
  [message.AUTHORITATIVE, 'aa'],
  [message.TRUNCATED, 'tc'],
  [message.RECURSION_DESIRED, 'rd'],
  [message.RECURSION_AVAILABLE, 'ra'],
  [message.RESERVED, 'z'],
  [message.AUTHENTIC_DATA, 'ad'],
  [message.CHECKING_DISABLED, 'cd'],
];

/** The `mdns` object of Suricata 8: types in lower case, each record's data under the name of its type. */
export function mdnsObject(dns: message.DnsMessage): Record<string, unknown> {
  const { flags } = dns;
  const object: Record<string, unknown> = { type: isResponse(dns) ? 'response' : 'request', id: dns.id };
  const set = FLAG_NAMES.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  if (set.length > 0) object.flags = set;
  object.opcode = message.opcodeOf(flags);
  object.rcode = flags & 15;
  if (dns.questions.length > 0) {
    object.queries = dns.questions.map((question) =>
      withName(
        { rrname: question.name.text, rrtype: eveType(question.type).toLowerCase() },
        question.name,
        'rrname',
      ),
    );
  }
  if (dns.answers.length > 0) object.answers = dns.answers.map(recordObject);
  if (dns.authorities.length > 0) object.authorities = dns.authorities.map(recordObject);
  const additionals = dns.additionals.filter(worthShowing).map(recordObject);
  if (additionals.length > 0) object.additionals = additionals;
  return object;
}

function recordObject(record: ResourceRecord): Record<string, unknown> {
  const { data } = record;
  const object = withName({ rrname: record.name.text }, record.name, 'rrname');
  object[eveType(record.type).toLowerCase()] = value(record);
  if (data.kind === 'name' && data.name.truncated) object.rdata_truncated = true;
  return object;
}

function value(record: ResourceRecord): unknown {
  const { data } = record;
  const known = plainValue(record) ?? objectValue(record);
  if (known !== undefined) return known;
  switch (data.kind) {
    case 'strings':
      return record.type === TXT ? data.strings : data.strings.join(' ');
    case 'options':
      return optionObjects(data);
    case 'bytes':
      return textOf(data.bytes, 0, data.bytes.length);
    case 'next':
      return data.next.text;
    case 'signature':
      return data.signer.text;
    case 'naptr':
      return data.replacement.text;
    default:
      return '';
  }
}
