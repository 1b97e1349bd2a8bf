import { addressOf, type EveRecord, listOf, nameOf, objectOf } from '../event/index.ts';

/**
 * Where a name of a client is from: what the device called itself to a DHCP server, what it or a neighbour
 * announced by multicast DNS, what a name server answered (an address, or the name of an address), or what it gave
 * as its NetBIOS name when it logged in (records of others: weir has none with it).
 */
export type NameSource = 'dhcp' | 'dhcpv6' | 'mdns' | 'dns' | 'ptr' | 'netbios';

/** A name of a client; time in microseconds since 1970. */
export interface ClientName {
  readonly name: string;
  readonly source: NameSource;
  readonly lastUs: number;
}

const MOST_NAMES = 8;
/** Answers of one message that are looked at. */
const MOST_ANSWERS = 64;

/** Names with their sources, the one that was not heard for longest goes first when there are too many. */
export class NameList {
  private readonly names = new Map<string, ClientName>();
  /** Names that had to go. */
  turnedAway = 0;

  add(name: string, source: NameSource, lastUs: number): void {
    const key = `${source} ${name}`;
    const known = this.names.get(key);
    if (known !== undefined && known.lastUs >= lastUs) return;
    this.names.set(key, { name, source, lastUs });
    if (this.names.size <= MOST_NAMES) return;
    let oldest = key;
    for (const [other, value] of this.names) {
      if (value.lastUs < this.names.get(oldest)!.lastUs) oldest = other;
    }
    this.names.delete(oldest);
    this.turnedAway++;
  }

  values(): MapIterator<ClientName> {
    return this.names.values();
  }
}

/** What a message says of an address. */
export interface NameClaim {
  readonly address: string;
  readonly name: string;
  readonly source: NameSource;
}

/** Names of addresses that a response of DNS or multicast DNS gives: of A, AAAA and PTR records. */
export function claimsOf(record: EveRecord): NameClaim[] {
  const multicast = record.event_type === 'mdns';
  const message = objectOf(multicast ? record.mdns : record.dns);
  if (message?.type !== 'response') return [];
  // An address that was found through aliases has the name that was asked for.
  const asked = multicast ? undefined : nameOf(objectOf(listOf(message.queries)[0])?.rrname);
  const sections = multicast
    ? [...listOf(message.answers), ...listOf(message.additionals)]
    : listOf(message.answers);
  const claims: NameClaim[] = [];
  for (const answer of sections.slice(0, MOST_ANSWERS)) {
    const fields = objectOf(answer);
    const owner = nameOf(fields?.rrname);
    if (fields === undefined || owner === undefined) continue;
    const type = typeof fields.rrtype === 'string' ? fields.rrtype.toLowerCase() : '';
    const data = (wanted: string): unknown =>
      multicast ? fields[wanted] : type === wanted ? fields.rdata : undefined;
    const address = addressOf(data('a')) ?? addressOf(data('aaaa'));
    if (address !== undefined) {
      claims.push({ address, name: trimmed(asked ?? owner), source: multicast ? 'mdns' : 'dns' });
      continue;
    }
    const name = nameOf(data('ptr'));
    const reversed = addressOfReverse(owner);
    if (name !== undefined && reversed !== undefined) {
      claims.push({ address: reversed, name: trimmed(name), source: multicast ? 'mdns' : 'ptr' });
    }
  }
  return claims;
}

/** The address in a name such as `1.2.0.192.in-addr.arpa` (RFC 1035, RFC 3596). */
export function addressOfReverse(name: string): string | undefined {
  const lower = trimmed(name).toLowerCase();
  if (lower.endsWith('.in-addr.arpa')) {
    return addressOf(lower.slice(0, -13).split('.').reverse().join('.'));
  }
  if (!lower.endsWith('.ip6.arpa')) return undefined;
  const digits = lower.slice(0, -9).split('.').reverse();
  if (digits.length !== 32 || digits.some((digit) => digit.length !== 1)) return undefined;
  return addressOf(digits.join('').match(/.{4}/g)?.join(':'));
}

/** Without the dot of the root. */
function trimmed(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name;
}
