import type { ArithmeticOperator } from './ast.ts';

/**
 * An expression in terms of what lies where in a frame: what both compilers take. Offsets count from one of
 * three places; a load that reaches beyond the captured bytes makes the whole filter reject the frame.
 */
export type Condition =
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'constant'; readonly value: boolean }
  | TypeTest
  | FieldTest
  | LengthTest
  | RelationTest;

/** The protocol that the link layer announces, as an EtherType (a length where it is at most 1500). */
export interface TypeTest {
  readonly kind: 'type';
  readonly test: '=' | '>';
  readonly value: number;
}

/** One field: loaded, masked, compared. `any` is true when a bit of `value` is set in it. */
export interface FieldTest {
  readonly kind: 'field';
  readonly field: Field;
  /** -1 keeps all bits. */
  readonly mask: number;
  readonly test: '=' | '>' | '>=' | 'any';
  /** 32 bits, signed. */
  readonly value: number;
}

/** The length of the frame on the wire. */
export interface LengthTest {
  readonly kind: 'length';
  readonly test: '>' | '>=';
  readonly value: number;
}

export interface RelationTest {
  readonly kind: 'relation';
  readonly test: '=' | '>' | '>=';
  readonly left: Operand;
  readonly right: Operand;
}

/**
 * Where a field lies: behind the beginning of the frame's hardware addresses (`link`), of what the link layer
 * carries (`network`), or of what the IPv4 header at `network + header` carries (`transport`).
 */
export interface Field {
  readonly base: 'link' | 'network' | 'transport';
  readonly header: number;
  readonly offset: number;
  readonly size: 1 | 2 | 4;
}

/** A value of 32 bits, unsigned. */
export type Operand =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'length' }
  | { readonly kind: 'load'; readonly field: Field; readonly index: Operand }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Operand;
      readonly right: Operand;
    };
