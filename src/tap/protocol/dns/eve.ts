import { formatIpv4, hex } from '../../../net/index.ts';
import * as message from './message.ts';
import { type Name, textOf } from './name.ts';
import type { RecordData, ResourceRecord } from './record.ts';
import { A, AAAA, eveRcode, eveType, NULL, SSHFP, TXT } from './types.ts';

/**
 * The `dns` object of Suricata 8, version 3. `transaction` counts the messages of the flow from 0; `response` says
 * that it was taken for one, which is by its direction rather than by its flags.
 */
export function dnsObject(
  dns: message.DnsMessage,
  transaction: number,
  response: boolean,
): Record<string, unknown> {
  const { flags } = dns;
  const object: Record<string, unknown> = {
    version: 3,
    type: response ? 'response' : 'request',
    tx_id: transaction,
    id: dns.id,
    flags: flags.toString(16),
  };
  if ((flags & message.RESPONSE) !== 0) object.qr = true;
  if ((flags & message.AUTHORITATIVE) !== 0) object.aa = true;
  if ((flags & message.TRUNCATED) !== 0) object.tc = true;
  if ((flags & message.RECURSION_DESIRED) !== 0) object.rd = true;
  if ((flags & message.RECURSION_AVAILABLE) !== 0) object.ra = true;
  if ((flags & message.RESERVED) !== 0) object.z = true;
  object.opcode = message.opcodeOf(flags);
  object.rcode = eveRcode(flags);
  if (dns.questions.length > 0) {
    const queries: Record<string, unknown>[] = [];
    for (const { name, type } of dns.questions) {
      queries.push(withName({ rrname: name.text, rrtype: eveType(type) }, name, 'rrname'));
    }
    object.queries = queries;
  }
  if (dns.answers.length > 0) {
    object.answers = sectionObjects(dns.answers);
    object.grouped = grouped(dns.answers);
  }
  if (dns.authorities.length > 0) object.authorities = sectionObjects(dns.authorities);
  if (dns.additionals.length > 0) {
    const additionals = sectionObjects(dns.additionals.filter(worthShowing));
    if (additionals.length > 0) object.additionals = additionals;
  }
  return object;
}

/** Whether the message is an answer by its flags. */
export function isResponse(dns: message.DnsMessage): boolean {
  return (dns.flags & message.RESPONSE) !== 0;
}

/** An OPT record without options says nothing that EVE shows. */
export function worthShowing(record: ResourceRecord): boolean {
  return record.data.kind !== 'options' || record.data.options.length > 0;
}

/** The objects of a section: one for each string of a TXT record, otherwise one for each record. */
function sectionObjects(section: readonly ResourceRecord[]): Record<string, unknown>[] {
  const objects: Record<string, unknown>[] = [];
  for (const record of section) {
    if (record.type !== TXT || record.data.kind !== 'strings') {
      const object = recordObject(record);
      addData(object, record);
      objects.push(object);
      continue;
    }
    for (const text of record.data.strings) {
      const object = recordObject(record);
      object.rdata = text;
      objects.push(object);
    }
  }
  return objects;
}

function recordObject(record: ResourceRecord): Record<string, unknown> {
  const { name, type, ttl } = record;
  if (!name.truncated) return { rrname: name.text, rrtype: eveType(type), ttl };
  return { rrname: name.text, rrname_truncated: true, rrtype: eveType(type), ttl };
}

/** Adds `<member>_truncated` where the name was cut. */
export function withName(
  object: Record<string, unknown>,
  name: Name,
  member: string,
): Record<string, unknown> {
  if (name.truncated) object[`${member}_truncated`] = true;
  return object;
}

/** Adds what a record shows of its data beside its name, type and lifetime. */
function addData(object: Record<string, unknown>, record: ResourceRecord): void {
  const { data } = record;
  const value = plainValue(record);
  if (value !== undefined) {
    object.rdata = value;
    if (data.kind === 'name' && data.name.truncated) object.rdata_truncated = true;
    return;
  }
  const members = objectValue(record);
  if (members !== undefined) object[eveType(record.type).toLowerCase()] = members;
  else if (data.kind === 'options') object.opt = optionObjects(data);
}

/** Addresses, names and raw data: what EVE shows as a string. */
export function plainValue(record: ResourceRecord): string | undefined {
  const { data, type } = record;
  switch (data.kind) {
    case 'address4':
      return formatIpv4(data.words[0]);
    case 'address6':
      return type === AAAA ? expandedAddress(data.words) : undefined;
    case 'name':
      return data.name.text;
    case 'bytes':
      if (type === A || type === AAAA) return '';
      return type === NULL ? textOf(data.bytes, 0, data.bytes.length) : undefined;
    default:
      return undefined;
  }
}

/** SOA, SRV and SSHFP: what EVE shows as an object. */
export function objectValue(record: ResourceRecord): Record<string, unknown> | undefined {
  const { data } = record;
  if (data.kind === 'soa') {
    const object = withName({ mname: data.primary.text }, data.primary, 'mname');
    object.rname = data.mailbox.text;
    withName(object, data.mailbox, 'rname');
    const { serial, refresh, retry, expire, minimum } = data;
    return Object.assign(object, { serial, refresh, retry, expire, minimum });
  }
  if (data.kind === 'srv') {
    return { priority: data.priority, weight: data.weight, port: data.port, name: data.target.text };
  }
  if (record.type === SSHFP && data.kind === 'bytes' && data.bytes.length >= 2) {
    const digits = hex(data.bytes, 2, data.bytes.length);
    return {
      fingerprint: digits.replace(/..(?=.)/g, '$&:'),
      algo: data.bytes[0]!,
      type: data.bytes[1]!,
    };
  }
  return undefined;
}

/** EDNS options as EVE's array of code and data in hexadecimal. */
export function optionObjects(data: RecordData): Record<string, unknown>[] {
  if (data.kind !== 'options') return [];
  return data.options.map((option) => ({ code: option.code, data: hex(option.data, 0, option.data.length) }));
}

/** The answers by type, values only. */
function grouped(answers: readonly ResourceRecord[]): Record<string, unknown[]> {
  const groups: Record<string, unknown[]> = {};
  for (const record of answers) {
    if (record.type === TXT && record.data.kind === 'strings') {
      for (const text of record.data.strings) addTo(groups, record.type, text);
    } else addTo(groups, record.type, plainValue(record) ?? objectValue(record));
  }
  return groups;
}

function addTo(groups: Record<string, unknown[]>, type: number, value: unknown): void {
  if (value === undefined) return;
  const name = eveType(type);
  const group = groups[name];
  if (group === undefined) groups[name] = [value];
  else group.push(value);
}

/** IPv6 as EVE has it in DNS answers: eight groups of four digits. */
export function expandedAddress(words: readonly number[]): string {
  let text = '';
  for (const word of words) {
    const digits = (word >>> 0).toString(16).padStart(8, '0');
    text += `${text === '' ? '' : ':'}${digits.slice(0, 4)}:${digits.slice(4)}`;
  }
  return text;
}
