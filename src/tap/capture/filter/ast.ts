/** What an expression of the filter language says, before it is compiled. Columns count from 1. */
export type Expression = All | Any | Not | Primitive;

export interface All {
  readonly kind: 'and';
  readonly column: number;
  readonly parts: readonly Expression[];
}
export interface Any {
  readonly kind: 'or';
  readonly column: number;
  readonly parts: readonly Expression[];
}
export interface Not {
  readonly kind: 'not';
  readonly column: number;
  readonly part: Expression;
}

export type Primitive =
  | AddressPrimitive
  | HardwarePrimitive
  | PortPrimitive
  | ProtocolPrimitive
  | CastPrimitive
  | TagPrimitive
  | LengthPrimitive
  | RelationPrimitive;

/** Which of the two ends has to be the one named. */
export type Side = 'either' | 'both' | 'source' | 'destination';

/** `host` and `net`: an address and the bits of it that count, in four words (IPv4 in the first). */
export interface AddressPrimitive {
  readonly kind: 'address';
  readonly column: number;
  readonly side: Side;
  readonly version: 4 | 6;
  /** Headers to look in: `ip`, `arp`, `rarp` for IPv4, `ip6` for IPv6. */
  readonly within: readonly ('ip' | 'arp' | 'rarp' | 'ip6')[];
  readonly words: readonly number[];
  readonly mask: readonly number[];
}

/** `ether host`: six bytes as the upper 16 and the lower 32 bits. */
export interface HardwarePrimitive {
  readonly kind: 'hardware';
  readonly column: number;
  readonly side: Side;
  readonly high: number;
  readonly low: number;
}

/** `port` and `portrange`; `protocols` are the numbers of TCP, UDP, SCTP that are asked for. */
export interface PortPrimitive {
  readonly kind: 'port';
  readonly column: number;
  readonly side: Side;
  readonly first: number;
  readonly last: number;
  readonly protocols: readonly number[];
}

/** `tcp`, `ip proto 6`, `ether proto 0x88cc`. */
export interface ProtocolPrimitive {
  readonly kind: 'protocol';
  readonly column: number;
  readonly layer: 'ether' | 'ip';
  /** For layer `ip`: the versions of IP to look in. */
  readonly versions: readonly (4 | 6)[];
  readonly number: number;
}

/** `broadcast` and `multicast`. */
export interface CastPrimitive {
  readonly kind: 'cast';
  readonly column: number;
  readonly layer: 'ether' | 'ip' | 'ip6';
  readonly cast: 'broadcast' | 'multicast';
}

/** `vlan`, `mpls`, `pppoed`, `pppoes`: what follows in the expression looks behind them. */
export interface TagPrimitive {
  readonly kind: 'tag';
  readonly column: number;
  readonly tag: 'vlan' | 'mpls' | 'pppoed' | 'pppoes';
  readonly id: number | undefined;
}

/** `less` and `greater`, both with the length itself. */
export interface LengthPrimitive {
  readonly kind: 'length';
  readonly column: number;
  readonly comparison: 'less' | 'greater';
  readonly length: number;
}

/** A comparison of two values. */
export interface RelationPrimitive {
  readonly kind: 'relation';
  readonly column: number;
  readonly comparison: Comparison;
  readonly left: Value;
  readonly right: Value;
}

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^' | '<<' | '>>';

/** 32 bits unsigned. */
export type Value =
  | { readonly kind: 'number'; readonly column: number; readonly value: number }
  | { readonly kind: 'length'; readonly column: number }
  | {
      readonly kind: 'bytes';
      readonly column: number;
      readonly header: string;
      readonly index: Value;
      readonly size: 1 | 2 | 4;
    }
  | {
      readonly kind: 'arithmetic';
      readonly column: number;
      readonly operator: ArithmeticOperator;
      readonly left: Value;
      readonly right: Value;
    };
