import type * as ast from './ast.ts';
import type { Condition, Field, Operand } from './condition.ts';
import { all, any, negation, test } from './conditions.ts';
import { FilterError } from './error.ts';
import { ETHER_TYPES, IP_PROTOCOLS } from './names.ts';

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLAN_TYPES: readonly number[] = [0x8100, 0x88a8, 0x9100];
const MPLS = 0x8847;
const PPPOE_DISCOVERY = 0x8863;
const PPPOE_SESSION = 0x8864;
/** Up to here an EtherType is a length, and LLC follows (IEEE 802.3). */
const LONGEST_LENGTH = 1500;
/** PPP's numbers of what has an EtherType (RFC 1332, RFC 5072). */
const PPP_TYPES: ReadonlyMap<number, number> = new Map([
  [IPV4, 0x21],
  [IPV6, 0x57],
]);
/** Offsets in the IPv4, IPv6 and ARP headers. */
const IPV4_FRAGMENT = 6;
const IPV4_PROTOCOL = 9;
const IPV6_NEXT_HEADER = 6;
const IPV6_HEADER = 40;
const IPV6_FRAGMENT = 44;
const ADDRESS_OFFSETS = {
  ip: { source: 12, destination: 16 },
  arp: { source: 14, destination: 24 },
  rarp: { source: 14, destination: 24 },
  ip6: { source: 8, destination: 24 },
} as const;

/** Turns an expression into tests of fields. Throws {@link FilterError} for what cannot be tested. */
export function lower(expression: ast.Expression, text: string): Condition {
  return new Lowering(text).condition(expression);
}

/**
 * `vlan`, `mpls` and `pppoes` shift where all that is written behind them looks, wherever it stands in the
 * expression: pcap-filter(7) has it so, and so has every filter that was written for tcpdump.
 */
class Lowering {
  private readonly text: string;
  /** Bytes between the beginning of the network layer and where it is looked for now. */
  private shift = 0;
  private behind: 'link' | 'vlan' | 'mpls' | 'ppp' = 'link';

  constructor(text: string) {
    this.text = text;
  }

  condition(expression: ast.Expression): Condition {
    switch (expression.kind) {
      case 'and':
        return all(expression.parts.map((part) => this.condition(part)));
      case 'or':
        return any(expression.parts.map((part) => this.condition(part)));
      case 'not':
        return negation(this.condition(expression.part));
      case 'address':
        return any(expression.within.map((header) => this.address(expression, header)));
      case 'hardware':
        return this.hardware(expression);
      case 'port':
        return any([this.ports6(expression), this.ports4(expression)]);
      case 'protocol':
        return this.protocol(expression);
      case 'cast':
        return this.cast(expression);
      case 'tag':
        return this.tag(expression);
      case 'length':
        return expression.comparison === 'greater'
          ? { kind: 'length', test: '>=', value: expression.length }
          : negation({ kind: 'length', test: '>', value: expression.length });
      case 'relation':
        return this.relation(expression);
    }
  }

  /** A field of the network layer. */
  private network(offset: number, size: 1 | 2 | 4): Field {
    return { base: 'network', header: 0, offset: this.shift + offset, size };
  }

  /** A field behind the IPv4 header. */
  private transport(offset: number, size: 1 | 2 | 4): Field {
    return { base: 'transport', header: this.shift, offset, size };
  }

  /** True when the network layer is of this EtherType. */
  private type(value: number, column: number): Condition {
    switch (this.behind) {
      case 'link':
        if (value <= LONGEST_LENGTH)
          return all([
            negation({ kind: 'type', test: '>', value: LONGEST_LENGTH }),
            test(this.network(0, 1), '=', value),
          ]);
        return { kind: 'type', test: '=', value };
      case 'vlan': {
        const field: Field = { base: 'network', header: 0, offset: this.shift - 2, size: 2 };
        if (value <= LONGEST_LENGTH)
          return all([negation(test(field, '>', LONGEST_LENGTH)), test(this.network(0, 1), '=', value)]);
        return test(field, '=', value);
      }
      case 'ppp':
        return test(
          { base: 'network', header: 0, offset: this.shift - 2, size: 2 },
          '=',
          PPP_TYPES.get(value) ?? value,
        );
      case 'mpls': {
        if (value !== IPV4 && value !== IPV6)
          throw new FilterError('behind mpls only IPv4 and IPv6 can be told', this.text, column);
        // RFC 3032, section 2.1: the lowest label carries the S bit; the version tells what follows.
        const lowest: Field = { base: 'network', header: 0, offset: this.shift - 2, size: 1 };
        return all([
          test(lowest, '=', 1, 1),
          test(this.network(0, 1), '=', value === IPV4 ? 0x40 : 0x60, 0xf0),
        ]);
      }
    }
  }

  private address(node: ast.AddressPrimitive, header: 'ip' | 'arp' | 'rarp' | 'ip6'): Condition {
    const offsets = ADDRESS_OFFSETS[header];
    const words = node.version === 4 ? 1 : 4;
    const end = (offset: number): Condition => {
      const parts: Condition[] = [];
      for (let i = 0; i < words; i++)
        parts.push(test(this.network(offset + 4 * i, 4), '=', node.words[i] as number, node.mask[i]));
      return all(parts);
    };
    return all([
      this.type(ETHER_TYPES[header] as number, node.column),
      sides(
        node.side,
        () => end(offsets.source),
        () => end(offsets.destination),
      ),
    ]);
  }

  private hardware(node: ast.HardwarePrimitive): Condition {
    const end = (offset: number): Condition =>
      all([
        test({ base: 'link', header: 0, offset: offset + 2, size: 4 }, '=', node.low),
        test({ base: 'link', header: 0, offset, size: 2 }, '=', node.high),
      ]);
    return sides(
      node.side,
      () => end(6),
      () => end(0),
    );
  }

  private ports4(node: ast.PortPrimitive): Condition {
    const transports = node.protocols.map((protocol) =>
      all([
        test(this.network(IPV4_PROTOCOL, 1), '=', protocol),
        this.firstFragment(),
        sides(
          node.side,
          () => range(this.transport(0, 2), node),
          () => range(this.transport(2, 2), node),
        ),
      ]),
    );
    return all([this.type(IPV4, node.column), any(transports)]);
  }

  /** As in libpcap the ports have to follow the IPv6 header itself: extension headers are not walked. */
  private ports6(node: ast.PortPrimitive): Condition {
    const transports = node.protocols.map((protocol) =>
      all([
        test(this.network(IPV6_NEXT_HEADER, 1), '=', protocol),
        sides(
          node.side,
          () => range(this.network(IPV6_HEADER, 2), node),
          () => range(this.network(IPV6_HEADER + 2, 2), node),
        ),
      ]),
    );
    return all([this.type(IPV6, node.column), any(transports)]);
  }

  private firstFragment(): Condition {
    return negation(test(this.network(IPV4_FRAGMENT, 2), 'any', 0x1fff));
  }

  private protocol(node: ast.ProtocolPrimitive): Condition {
    if (node.layer === 'ether') return this.type(node.number, node.column);
    return any(node.versions.map((version) => this.within(version, node.number, node.column)));
  }

  private within(version: 4 | 6, protocol: number, column: number): Condition {
    if (version === 4)
      return all([this.type(IPV4, column), test(this.network(IPV4_PROTOCOL, 1), '=', protocol)]);
    const next = this.network(IPV6_NEXT_HEADER, 1);
    const behindFragment = all([
      test(next, '=', IPV6_FRAGMENT),
      test(this.network(IPV6_HEADER, 1), '=', protocol),
    ]);
    return all([this.type(IPV6, column), any([test(next, '=', protocol), behindFragment])]);
  }

  private cast(node: ast.CastPrimitive): Condition {
    if (node.layer === 'ether') {
      const first: Field = { base: 'link', header: 0, offset: 0, size: 1 };
      if (node.cast === 'multicast') return test(first, 'any', 1);
      return this.hardware({ ...node, kind: 'hardware', side: 'destination', high: 0xffff, low: -1 });
    }
    if (node.layer === 'ip6')
      return all([this.type(IPV6, node.column), test(this.network(24, 1), '=', 0xff)]);
    if (node.cast === 'multicast')
      return all([this.type(IPV4, node.column), test(this.network(16, 1), '>=', 0xe0)]);
    // Without a mask only the two addresses that are broadcast everywhere can be told.
    const destination = this.network(16, 4);
    return all([this.type(IPV4, node.column), any([test(destination, '=', 0), test(destination, '=', -1)])]);
  }

  private tag(node: ast.TagPrimitive): Condition {
    switch (node.tag) {
      case 'pppoed':
        return this.type(PPPOE_DISCOVERY, node.column);
      case 'vlan': {
        if (this.behind !== 'link' && this.behind !== 'vlan')
          throw new FilterError(`no vlan tag can follow ${this.behind}`, this.text, node.column);
        const parts = [any(VLAN_TYPES.map((type) => this.type(type, node.column)))];
        if (node.id !== undefined) parts.push(test(this.network(0, 2), '=', node.id, 0xfff));
        this.shift += 4;
        this.behind = 'vlan';
        return all(parts);
      }
      case 'mpls': {
        if (this.behind === 'ppp')
          throw new FilterError('no mpls label can follow ppp', this.text, node.column);
        const lowest: Field = { base: 'network', header: 0, offset: this.shift - 2, size: 1 };
        const parts = this.behind === 'mpls' ? [test(lowest, '=', 0, 1)] : [this.type(MPLS, node.column)];
        if (node.id !== undefined)
          parts.push(test(this.network(0, 4), '=', (node.id << 12) | 0, 0xfffff000 | 0));
        this.shift += 4;
        this.behind = 'mpls';
        return all(parts);
      }
      case 'pppoes': {
        if (this.behind !== 'link' && this.behind !== 'vlan')
          throw new FilterError(`no pppoe session can follow ${this.behind}`, this.text, node.column);
        const parts = [this.type(PPPOE_SESSION, node.column)];
        if (node.id !== undefined) parts.push(test(this.network(0, 4), '=', node.id, 0xffff));
        // RFC 2516, section 4: six bytes, then PPP's protocol number.
        this.shift += 8;
        this.behind = 'ppp';
        return all(parts);
      }
    }
  }

  private relation(node: ast.RelationPrimitive): Condition {
    const guards: Condition[] = [];
    const left = this.operand(node.left, guards);
    const right = this.operand(node.right, guards);
    const compare = (name: '=' | '>' | '>='): Condition => ({ kind: 'relation', test: name, left, right });
    switch (node.comparison) {
      case '!=':
        return all([...guards, negation(compare('='))]);
      case '<':
        return all([...guards, negation(compare('>='))]);
      case '<=':
        return all([...guards, negation(compare('>'))]);
      default:
        return all([...guards, compare(node.comparison)]);
    }
  }

  /** A value, and the conditions under which the headers it reads are there. */
  private operand(value: ast.Value, guards: Condition[]): Operand {
    switch (value.kind) {
      case 'number':
        return { kind: 'number', value: value.value };
      case 'length':
        return { kind: 'length' };
      case 'arithmetic': {
        const left = this.operand(value.left, guards);
        const right = this.operand(value.right, guards);
        return { kind: 'arithmetic', operator: value.operator, left, right };
      }
      case 'bytes': {
        const index = this.operand(value.index, guards);
        return { kind: 'load', field: this.header(value, guards), index };
      }
    }
  }

  private header(value: { header: string; size: 1 | 2 | 4; column: number }, guards: Condition[]): Field {
    const { header, size, column } = value;
    if (header === 'ether' || header === 'link') return { base: 'link', header: 0, offset: 0, size };
    const type = ETHER_TYPES[header];
    if (type !== undefined) {
      guards.push(this.type(type, column));
      return this.network(0, size);
    }
    const protocol = IP_PROTOCOLS[header]?.number ?? 0;
    if (header === 'icmp6') {
      guards.push(this.type(IPV6, column), test(this.network(IPV6_NEXT_HEADER, 1), '=', protocol));
      return this.network(IPV6_HEADER, size);
    }
    // Behind IPv6 these headers are not looked for: pcap-filter(7) says so.
    guards.push(this.within(4, protocol, column), this.firstFragment());
    return this.transport(0, size);
  }
}

/** One end, the other, one of them or both. */
function sides(side: ast.Side, source: () => Condition, destination: () => Condition): Condition {
  switch (side) {
    case 'source':
      return source();
    case 'destination':
      return destination();
    case 'both':
      return all([source(), destination()]);
    case 'either':
      return any([source(), destination()]);
  }
}

function range(field: Field, node: ast.PortPrimitive): Condition {
  if (node.first === node.last) return test(field, '=', node.first);
  return all([test(field, '>=', node.first), negation(test(field, '>', node.last))]);
}
