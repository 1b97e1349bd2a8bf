import type { ArithmeticOperator } from './ast.ts';
import type { BpfInstruction } from './bpf.ts';
import * as bpf from './bpf.ts';
import type { Condition, Field, Operand } from './condition.ts';
import { FilterError } from './error.ts';

/** Offsets in an Ethernet frame. */
const TYPE = 12;
const NETWORK = 14;
/** A conditional jump reaches this far; farther targets need a jump of their own. */
const REACH = 255;

const ALU_OPERATIONS: Readonly<Record<ArithmeticOperator, number>> = {
  '+': bpf.ADD,
  '-': bpf.SUB,
  '*': bpf.MUL,
  '/': bpf.DIV,
  '%': bpf.MOD,
  '&': bpf.AND,
  '|': bpf.OR,
  '^': bpf.XOR,
  '<<': bpf.LSH,
  '>>': bpf.RSH,
};
const JUMPS = { '=': bpf.JEQ, '>': bpf.JGT, '>=': bpf.JGE, any: bpf.JSET } as const;

/**
 * Compiles for Ethernet frames: accepted ones return `snapLength`, others 0. `text` is for the error that is
 * thrown when the program would exceed the kernel's bounds.
 */
export function compileBpf(
  condition: Condition | undefined,
  text: string,
  snapLength = bpf.SNAP_LENGTH,
): BpfInstruction[] {
  if (condition === undefined) return [{ code: bpf.RET, jt: 0, jf: 0, k: snapLength }];
  const assembler = new Assembler(text);
  const reject = assembler.push(bpf.RET, 0);
  const accept = assembler.push(bpf.RET, snapLength);
  return assembler.program(assembler.condition(condition, accept, reject));
}

/**
 * Writes the program from its end to its beginning, so that every target is known before the jump to it: a
 * place is the index in `reversed`, and smaller means later.
 */
class Assembler {
  private readonly text: string;
  private readonly reversed: BpfInstruction[] = [];

  constructor(text: string) {
    this.text = text;
  }

  push(code: number, k: number, jt = 0, jf = 0): number {
    if (this.reversed.length >= bpf.PROGRAM_LIMIT)
      throw new FilterError(`needs more than ${bpf.PROGRAM_LIMIT} BPF instructions`, this.text, 1);
    this.reversed.push({ code, jt, jf, k: k >>> 0 });
    return this.reversed.length - 1;
  }

  /** The finished program that begins at `entry`. */
  program(entry: number): BpfInstruction[] {
    // What is not the last that was written is reached by a jump.
    if (entry !== this.reversed.length - 1) this.push(bpf.JMP | bpf.JA, this.reversed.length - entry - 1);
    return this.reversed.toReversed();
  }

  /** Writes a test that goes on at `yes` or `no`; returns the place where it begins. */
  condition(condition: Condition, yes: number, no: number): number {
    switch (condition.kind) {
      case 'constant':
        return condition.value ? yes : no;
      case 'not':
        return this.condition(condition.part, no, yes);
      case 'all':
        return condition.parts.reduceRight((next, part) => this.condition(part, next, no), yes);
      case 'any':
        return condition.parts.reduceRight((next, part) => this.condition(part, yes, next), no);
      case 'type':
        this.jump(JUMPS[condition.test], condition.value, yes, no);
        return this.push(bpf.LD | bpf.H | bpf.ABS, TYPE);
      case 'length':
        this.jump(JUMPS[condition.test], condition.value, yes, no);
        return this.push(bpf.LD | bpf.W | bpf.LEN, 0);
      case 'field': {
        this.jump(JUMPS[condition.test], condition.value, yes, no);
        if (condition.mask !== -1) this.push(bpf.ALU | bpf.AND, condition.mask);
        return this.field(condition.field);
      }
      case 'relation': {
        if (condition.right.kind === 'number')
          this.jump(JUMPS[condition.test], condition.right.value, yes, no);
        else {
          this.jump(JUMPS[condition.test] | bpf.X, 0, yes, no);
          this.push(bpf.LD | bpf.MEM, 0);
          this.push(bpf.MISC | bpf.TAX, 0);
          this.operand(condition.right, 1);
          this.push(bpf.ST, 0);
        }
        return this.operand(condition.left, 0);
      }
    }
  }

  /** A conditional jump. A target that lies too far away gets a jump of its own right behind this one. */
  private jump(operation: number, k: number, yes: number, no: number): number {
    // With both trampolines the jump itself lies at most two places further on.
    const far = (target: number): boolean => this.reversed.length + 2 - target - 1 > REACH;
    const near = (target: number): number =>
      far(target) ? this.push(bpf.JMP | bpf.JA, this.reversed.length - target - 1) : target;
    const onYes = near(yes);
    const onNo = near(no);
    const at = this.reversed.length;
    return this.push(bpf.JMP | operation, k, at - onYes - 1, at - onNo - 1);
  }

  private field(field: Field): number {
    const size = field.size === 1 ? bpf.B : field.size === 2 ? bpf.H : bpf.W;
    if (field.base === 'link') return this.push(bpf.LD | size | bpf.ABS, field.offset);
    if (field.base === 'network') return this.push(bpf.LD | size | bpf.ABS, NETWORK + field.offset);
    this.push(bpf.LD | size | bpf.IND, NETWORK + field.header + field.offset);
    return this.push(bpf.LDX | bpf.B | bpf.MSH, NETWORK + field.header);
  }

  /** Writes the computation of a value into A; `memory` is the first word of scratch memory that is free. */
  private operand(operand: Operand, memory: number): number {
    if (memory >= bpf.MEMORY_WORDS) throw new FilterError('the arithmetic is too deep for BPF', this.text, 1);
    switch (operand.kind) {
      case 'number':
        return this.push(bpf.LD | bpf.IMM, operand.value);
      case 'length':
        return this.push(bpf.LD | bpf.W | bpf.LEN, 0);
      case 'load':
        return this.load(operand.field, operand.index, memory);
      case 'arithmetic': {
        const operation = bpf.ALU | ALU_OPERATIONS[operand.operator];
        if (operand.right.kind === 'number') this.push(operation, operand.right.value);
        else {
          this.push(operation | bpf.X, 0);
          this.push(bpf.LD | bpf.MEM, memory);
          this.push(bpf.MISC | bpf.TAX, 0);
          this.operand(operand.right, memory + 1);
          this.push(bpf.ST, memory);
        }
        return this.operand(operand.left, memory);
      }
    }
  }

  private load(field: Field, index: Operand, memory: number): number {
    const size = field.size === 1 ? bpf.B : field.size === 2 ? bpf.H : bpf.W;
    const base = field.base === 'link' ? 0 : NETWORK;
    if (index.kind === 'number' && index.value < 0x10000)
      return this.field({ ...field, offset: field.offset + index.value });
    this.push(bpf.LD | size | bpf.IND, base + field.header + field.offset);
    this.push(bpf.MISC | bpf.TAX, 0);
    if (field.base === 'transport') {
      this.push(bpf.ALU | bpf.ADD | bpf.X, 0);
      this.push(bpf.LD | bpf.MEM, memory);
      this.push(bpf.LDX | bpf.B | bpf.MSH, NETWORK + field.header);
      this.push(bpf.ST, memory);
    }
    return this.operand(index, memory);
  }
}
