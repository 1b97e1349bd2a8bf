import type { Expression } from './ast.ts';
import type { BpfInstruction } from './bpf.ts';
import { compileBpf } from './bpf-compiler.ts';
import type { Condition } from './condition.ts';
import { lower } from './lower.ts';
import { parseFilter } from './parser.ts';
import { compilePredicate } from './predicate.ts';
import type { FilterPacket } from './view.ts';

export type * from './ast.ts';
export type { BpfInstruction } from './bpf.ts';
export { runBpf } from './bpf-interpreter.ts';
export { FilterError } from './error.ts';
export { parseFilter } from './parser.ts';
export type { FilterPacket } from './view.ts';

/** A filter expression, ready for use. */
export interface Filter {
  readonly expression: string;
  /** What the expression says; undefined when it is empty and matches everything. */
  readonly syntax: Expression | undefined;
  /** True when the packet matches. Only the frame and its link layer are looked at, never a tunnel's inside. */
  matches(packet: FilterPacket): boolean;
  /** The program for the kernel, for Ethernet. Throws {@link FilterError} when it would be too long. */
  bpf(snapLength?: number): readonly BpfInstruction[];
}

/**
 * Compiles an expression of pcap-filter(7), with tcpdump's meaning: `ip` does not look behind a VLAN tag that
 * was not asked for, and a frame that was cut before a byte that is asked for does not match. Throws
 * {@link FilterError}, whose message shows the place.
 */
export function compileFilter(expression: string): Filter {
  const syntax = parseFilter(expression);
  const condition: Condition | undefined = syntax && lower(syntax, expression);
  return {
    expression,
    syntax,
    matches: compilePredicate(condition),
    bpf: (snapLength) => compileBpf(condition, expression, snapLength),
  };
}
