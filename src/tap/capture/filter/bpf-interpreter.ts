import type { BpfInstruction } from './bpf.ts';
import * as bpf from './bpf.ts';

/**
 * Runs a program over the frame `[start, end)` of `bytes`; `length` is its length on the wire. Returns how
 * many bytes of it to keep: 0 when it is rejected, when a load reaches beyond it or when the program is wrong.
 */
export function runBpf(
  program: readonly BpfInstruction[],
  bytes: Uint8Array,
  start: number,
  end: number,
  length: number,
): number {
  const captured = end - start;
  const memory = new Uint32Array(bpf.MEMORY_WORDS);
  let a = 0;
  let x = 0;
  // Jumps go forward only, so a program ends after as many steps as it has instructions.
  for (let at = 0; at < program.length; at++) {
    const instruction = program[at] as BpfInstruction;
    const { code, k } = instruction;
    switch (code & 7) {
      case bpf.LD:
      case bpf.LDX: {
        const value = load(code, k, x, bytes, start, captured, length, memory);
        if (value < 0) return 0;
        if ((code & 7) === bpf.LD) a = value;
        else x = value;
        break;
      }
      case bpf.ST:
        memory[k & 15] = a;
        break;
      case bpf.STX:
        memory[k & 15] = x;
        break;
      case bpf.ALU: {
        const operand = code & bpf.X ? x : k;
        const operation = code & 0xf0;
        if (operand === 0 && (operation === bpf.DIV || operation === bpf.MOD)) return 0;
        a = compute(operation, a, operand);
        break;
      }
      case bpf.JMP: {
        const operation = code & 0xf0;
        if (operation === bpf.JA) at += k;
        else at += holds(operation, a, code & bpf.X ? x : k) ? instruction.jt : instruction.jf;
        break;
      }
      case bpf.RET:
        return (code & 0x18) === bpf.A ? a : k;
      default:
        if ((code & 0xf8) === bpf.TXA) a = x;
        else x = a;
    }
  }
  return 0;
}

/** The value loaded, or -1 when it lies beyond the frame. */
function load(
  code: number,
  k: number,
  x: number,
  bytes: Uint8Array,
  start: number,
  captured: number,
  length: number,
  memory: Uint32Array,
): number {
  switch (code & 0xe0) {
    case bpf.IMM:
      return k;
    case bpf.LEN:
      return length;
    case bpf.MEM:
      return memory[k & 15] as number;
    case bpf.MSH:
      return k < captured ? 4 * ((bytes[start + k] as number) & 15) : -1;
    default: {
      const offset = (code & 0xe0) === bpf.IND ? (x + k) >>> 0 : k;
      const size = (code & 0x18) === bpf.B ? 1 : (code & 0x18) === bpf.H ? 2 : 4;
      if (offset + size > captured) return -1;
      let value = 0;
      for (let i = 0; i < size; i++) value = (value << 8) | (bytes[start + offset + i] as number);
      return value >>> 0;
    }
  }
}

function compute(operation: number, a: number, operand: number): number {
  switch (operation) {
    case bpf.ADD:
      return (a + operand) >>> 0;
    case bpf.SUB:
      return (a - operand) >>> 0;
    case bpf.MUL:
      return Math.imul(a, operand) >>> 0;
    case bpf.DIV:
      return Math.floor(a / operand);
    case bpf.MOD:
      return a % operand;
    case bpf.OR:
      return (a | operand) >>> 0;
    case bpf.AND:
      return (a & operand) >>> 0;
    case bpf.XOR:
      return (a ^ operand) >>> 0;
    case bpf.LSH:
      return operand < 32 ? (a << operand) >>> 0 : 0;
    case bpf.RSH:
      return operand < 32 ? a >>> operand : 0;
    default:
      return -a >>> 0;
  }
}

function holds(operation: number, a: number, operand: number): boolean {
  switch (operation) {
    case bpf.JEQ:
      return a === operand;
    case bpf.JGT:
      return a > operand;
    case bpf.JGE:
      return a >= operand;
    default:
      return (a & operand) !== 0;
  }
}
