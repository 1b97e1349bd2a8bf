/** One instruction of classic BPF, as the kernel's `struct sock_filter` has it. */
export interface BpfInstruction {
  readonly code: number;
  /** Instructions to skip when a test holds and when it does not. */
  readonly jt: number;
  readonly jf: number;
  /** 32 bits unsigned. */
  readonly k: number;
}

/** Classes, sizes, modes, operations: the names of the kernel's filter documentation. */
export const LD = 0x00;
export const LDX = 0x01;
export const ST = 0x02;
export const STX = 0x03;
export const ALU = 0x04;
export const JMP = 0x05;
export const RET = 0x06;
export const MISC = 0x07;

export const W = 0x00;
export const H = 0x08;
export const B = 0x10;

export const IMM = 0x00;
export const ABS = 0x20;
export const IND = 0x40;
export const MEM = 0x60;
export const LEN = 0x80;
export const MSH = 0xa0;

export const ADD = 0x00;
export const SUB = 0x10;
export const MUL = 0x20;
export const DIV = 0x30;
export const OR = 0x40;
export const AND = 0x50;
export const LSH = 0x60;
export const RSH = 0x70;
export const NEG = 0x80;
export const MOD = 0x90;
export const XOR = 0xa0;

export const JA = 0x00;
export const JEQ = 0x10;
export const JGT = 0x20;
export const JGE = 0x30;
export const JSET = 0x40;

/** The operand is X, else K; `RET` with A. */
export const X = 0x08;
export const A = 0x10;

export const TAX = 0x00;
export const TXA = 0x80;

/** Words of scratch memory, and instructions of one program (the kernel's bounds). */
export const MEMORY_WORDS = 16;
export const PROGRAM_LIMIT = 4096;
/** Bytes that an accepted frame is cut to: all. */
export const SNAP_LENGTH = 262144;
