import { type MaskedAddress, parseMac, readHost, readNetwork } from './addresses.ts';
import type { Expression, PortPrimitive, ProtocolPrimitive, Side } from './ast.ts';
import type { Token } from './lexer.ts';
import { ETHER_PROTOCOL_NUMBERS, ETHER_TYPES, IP_PROTOCOLS, PROTOCOL_NUMBERS, SERVICES } from './names.ts';
import type { TokenStream } from './tokens.ts';

/** What was said before a name: where to look for it and what it is. */
export interface Qualifiers {
  readonly protocol: Token | undefined;
  readonly side: Side;
  readonly type: 'host' | 'net' | 'port' | 'portrange' | 'proto';
}

/** The transports that have ports, in the order in which libpcap asks. */
const PORT_PROTOCOLS: readonly number[] = [132, 6, 17];

/** Reads the name that the qualifiers speak of. */
export function nameOf(tokens: TokenStream, qualifiers: Qualifiers): Expression {
  const token = tokens.peek();
  if (token.kind === 'end' || token.kind === 'operator')
    throw tokens.error(`what '${qualifiers.type}' speaks of is missing`, token);
  switch (qualifiers.type) {
    case 'port':
    case 'portrange':
      return readPorts(tokens, qualifiers);
    case 'proto':
      return readProtocol(tokens, qualifiers.protocol);
    default:
      return readAddress(tokens, qualifiers);
  }
}

/** A protocol's keyword alone. */
export function bareProtocol(tokens: TokenStream, token: Token): ProtocolPrimitive {
  const column = token.column;
  const etherType = ETHER_TYPES[token.text];
  if (etherType !== undefined)
    return { kind: 'protocol', column, layer: 'ether', versions: [], number: etherType };
  const protocol = IP_PROTOCOLS[token.text];
  if (protocol === undefined) {
    const next = tokens.peek();
    throw tokens.error(`'host', 'src', 'dst', 'proto' or [offset] is missing after '${token.text}'`, next);
  }
  const next = tokens.peek();
  if (next.kind === 'number')
    throw tokens.error(
      `'and' or 'or' is missing here, or 'port' as in '${token.text} port ${next.text}'`,
      next,
    );
  return { kind: 'protocol', column, layer: 'ip', versions: protocol.versions, number: protocol.number };
}

function readAddress(tokens: TokenStream, qualifiers: Qualifiers): Expression {
  const token = tokens.peek();
  const protocol = qualifiers.protocol?.text;
  const mac = parseMac(token.text);
  if (protocol === 'ether' || protocol === 'link') {
    if (qualifiers.type === 'net') throw tokens.error(`'${protocol}' has hosts, not nets`, token);
    if (mac === undefined)
      throw tokens.error(`'${token.text}' is not a hardware address such as 00:11:22:33:44:55`, token);
    tokens.next();
    return { kind: 'hardware', column: token.column, side: qualifiers.side, ...mac };
  }
  if (mac !== undefined && token.kind === 'word')
    throw tokens.error(`a hardware address needs 'ether' before '${qualifiers.type}'`, token);
  if (protocol !== undefined && ETHER_TYPES[protocol] === undefined)
    throw tokens.error(
      `'${protocol}' cannot stand before '${qualifiers.type}': write '${protocol} and ${qualifiers.type}'`,
      qualifiers.protocol as Token,
    );
  // `dst 10.0.0.0/8` can only mean a net.
  const network = qualifiers.type === 'net' || tokens.is('/', 1) || tokens.is('mask', 1);
  if (network && qualifiers.type === 'net' && token.kind === 'number' && token.value > 255)
    throw tokens.error(`'${token.text}' is not the beginning of an IPv4 address`, token);
  const address: MaskedAddress = network ? readNetwork(tokens) : readHost(tokens);
  const within = headersFor(address.version, protocol);
  if (within === undefined)
    throw tokens.error(`'${protocol}' does not hold an IPv${address.version} address`, token);
  return { kind: 'address', column: token.column, side: qualifiers.side, within, ...address };
}

function headersFor(
  version: 4 | 6,
  protocol: string | undefined,
): readonly ('ip' | 'arp' | 'rarp' | 'ip6')[] | undefined {
  if (version === 6) return protocol === undefined || protocol === 'ip6' ? ['ip6'] : undefined;
  if (protocol === undefined) return ['ip', 'arp', 'rarp'];
  return protocol === 'ip' || protocol === 'arp' || protocol === 'rarp' ? [protocol] : undefined;
}

function readPorts(tokens: TokenStream, qualifiers: Qualifiers): PortPrimitive {
  const token = tokens.peek();
  const protocol = qualifiers.protocol;
  const number = protocol === undefined ? undefined : IP_PROTOCOLS[protocol.text]?.number;
  if (protocol !== undefined && (number === undefined || !PORT_PROTOCOLS.includes(number)))
    throw tokens.error(`'${protocol.text}' has no ports: use tcp, udp or sctp`, protocol);
  let [first, last] = readPort(tokens);
  if (qualifiers.type === 'portrange') {
    if (tokens.take('-')) last = readPort(tokens)[0];
    if (first > last) [first, last] = [last, first];
  } else if (first !== last || tokens.is('-')) throw tokens.error("several ports need 'portrange'", token);
  const protocols = number === undefined ? PORT_PROTOCOLS : [number];
  return { kind: 'port', column: token.column, side: qualifiers.side, first, last, protocols };
}

/** One port; for a word such as `http-https` the two that it joins. */
function readPort(tokens: TokenStream): [first: number, last: number] {
  const token = tokens.next();
  if (token.kind === 'number') {
    if (token.value > 65535) throw tokens.error(`port ${token.text} is above 65535`, token);
    return [token.value, token.value];
  }
  const port = service(token.text);
  if (port !== undefined) return [port, port];
  const dash = token.text.indexOf('-');
  const first = dash > 0 ? service(token.text.slice(0, dash)) : undefined;
  const second = dash > 0 ? service(token.text.slice(dash + 1)) : undefined;
  if (first !== undefined && second !== undefined) return [first, second];
  throw tokens.error(`'${token.text}' is not a known port`, token);
}

function service(text: string): number | undefined {
  if (/^\d{1,5}$/.test(text)) return Number(text) <= 65535 ? Number(text) : undefined;
  return Object.hasOwn(SERVICES, text) ? SERVICES[text] : undefined;
}

function readProtocol(tokens: TokenStream, layer: Token | undefined): ProtocolPrimitive {
  const token = tokens.next();
  const ether = layer?.text === 'ether' || layer?.text === 'link';
  if (layer !== undefined && !ether && layer.text !== 'ip' && layer.text !== 'ip6')
    throw tokens.error(`'${layer.text}' holds no other protocol: use ether, ip or ip6`, layer);
  const table = ether ? ETHER_PROTOCOL_NUMBERS : PROTOCOL_NUMBERS;
  const number =
    token.kind === 'number' ? token.value : Object.hasOwn(table, token.text) ? table[token.text] : undefined;
  if (number === undefined) throw tokens.error(`'${token.text}' is not a known protocol`, token);
  const highest = ether ? 0xffff : 0xff;
  if (number > highest) throw tokens.error(`a protocol's number is at most ${highest} here`, token);
  const versions: readonly (4 | 6)[] = layer?.text === 'ip' ? [4] : layer?.text === 'ip6' ? [6] : [4, 6];
  return {
    kind: 'protocol',
    column: token.column,
    layer: ether ? 'ether' : 'ip',
    versions: ether ? [] : versions,
    number,
  };
}
