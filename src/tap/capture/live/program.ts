import type { Filter } from '../filter/index.ts';

/** One instruction of classic BPF. */
export type Instruction = {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
};

const RET = 0x06;
const LD_W_ABS = 0x20;
const LD_B_ABS = 0x30;
const JEQ = 0x15;
/** What the kernel knows about a packet beside its bytes (linux/filter.h). */
const ANCILLARY = 0xfffff000;
export const PACKET_TYPE = ANCILLARY + 4;
const TAG_PRESENT = ANCILLARY + 48;
/** PACKET_OUTGOING. */
export const OUTGOING = 4;

/** Lets nothing pass. */
export const REJECT_ALL: readonly Instruction[] = [{ code: RET, jt: 0, jf: 0, k: 0 }];

/** What a program for a ring is made of. */
export interface ProgramParts {
  /** Undefined: everything passes. */
  readonly filter: Filter | undefined;
  readonly snapLength: number;
  /** On loopback each packet is seen when it leaves and when it arrives: the former is left out. */
  readonly withoutOutgoing: boolean;
}

/**
 * The kernel's part of selecting. The outer VLAN tag of a frame is not in its bytes there, so a frame that has one
 * passes, and the filter is asked again once the tag is back in its place.
 */
export function captureProgram({ filter, snapLength, withoutOutgoing }: ProgramParts): Instruction[] {
  const program: Instruction[] = [];
  if (withoutOutgoing) {
    program.push(
      { code: LD_W_ABS, jt: 0, jf: 0, k: PACKET_TYPE },
      { code: JEQ, jt: 0, jf: 1, k: OUTGOING },
      { code: RET, jt: 0, jf: 0, k: 0 },
    );
  }
  if (filter?.syntax === undefined) {
    program.push({ code: RET, jt: 0, jf: 0, k: snapLength });
    return program;
  }
  program.push(
    { code: LD_B_ABS, jt: 0, jf: 0, k: TAG_PRESENT },
    { code: JEQ, jt: 1, jf: 0, k: 0 },
    { code: RET, jt: 0, jf: 0, k: snapLength },
    ...filter.bpf(snapLength),
  );
  return program;
}
