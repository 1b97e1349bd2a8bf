/**
 * DNS records of version 2, as Suricata 5 to 7 write them by default: one for each question of a query, one for each
 * answer, both with the client as source. They are made of those of version 3, which have all that they show.
 */

/** A `dns` object. */
type DnsObject = Readonly<Record<string, unknown>>;

/** The `dns` objects of version 2 that stand for one of version 3: none for a query that asks nothing. */
export function dnsVersion2(dns: DnsObject): DnsObject[] {
  return dns.type === 'request' ? questions(dns) : [answer(dns)];
}

function questions(dns: DnsObject): DnsObject[] {
  const { id, tx_id, z, opcode } = dns;
  const reserved = z === undefined ? {} : { z };
  return queriesOf(dns).map((query) => ({
    version: 2,
    type: 'query',
    id,
    ...query,
    tx_id,
    ...reserved,
    opcode,
  }));
}

/** The members of version 3 in their order, the first question among them instead of the list. */
function answer(dns: DnsObject): DnsObject {
  const { version: _version, type: _type, tx_id: _index, queries: _queries, rcode, ...rest } = dns;
  const { id, flags, qr, aa, tc, rd, ra, z, opcode, ...sections } = rest;
  const bits = Object.entries({ qr, aa, tc, rd, ra, z }).filter(([, set]) => set !== undefined);
  return {
    version: 2,
    type: 'answer',
    id,
    flags,
    ...Object.fromEntries(bits),
    opcode,
    ...queriesOf(dns)[0],
    rcode,
    ...sections,
  };
}

function queriesOf(dns: DnsObject): readonly DnsObject[] {
  return Array.isArray(dns.queries) ? (dns.queries as readonly DnsObject[]) : [];
}

/** How an EVE line of DNS can be told before it is read: within a string the quotes would be escaped. */
const DNS_TYPE = '"event_type":"dns"';

/** Lines of EVE, without their ends, with the DNS records among them in version 2. */
export function linesOfDnsVersion2(lines: readonly string[]): readonly string[] {
  if (!lines.some((line) => line.includes(DNS_TYPE))) return lines;
  return lines.flatMap((line) => (line.includes(DNS_TYPE) ? lineOfVersion2(line) : line));
}

function lineOfVersion2(line: string): string | string[] {
  const record = recordOf(line);
  const { dns } = record;
  if (record.event_type !== 'dns' || typeof dns !== 'object' || dns === null) return line;
  const source = dns as DnsObject;
  const ends = source.type === 'request' ? {} : swapped(record);
  return dnsVersion2(source).map((object) => JSON.stringify({ ...record, ...ends, dns: object }));
}

/** Empty for a line that is no record: whoever reads it counts it, and it goes where it would have gone. */
function recordOf(line: string): DnsObject {
  try {
    return JSON.parse(line) as DnsObject;
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function swapped(record: DnsObject): DnsObject {
  const { src_ip, src_port, dest_ip, dest_port } = record;
  return { src_ip: dest_ip, src_port: dest_port, dest_ip: src_ip, dest_port: src_port };
}
