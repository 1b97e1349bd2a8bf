import { endianness } from 'node:os';

/** A register: `r0` results, `r1` to `r5` arguments (lost by a call), `r6` to `r9` kept, `r10` end of the stack. */
export type Register = `r${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10}`;

/** Comparisons of 64 bits without a sign. */
export type Comparison = keyof typeof COMPARISONS;

/** Bytes that a load or a store moves. */
export type Width = keyof typeof WIDTHS;

// RFC 9669, sections 3 to 5.
const COMPARISONS = { '==': 0x10, '>': 0x20, '>=': 0x30, '!=': 0x50 } as const;
const WIDTHS = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 } as const;
const FROM_REGISTER = 0x08;
const ARITHMETIC = { add: 0x07, subtract: 0x17, move: 0xb7 } as const;
const JUMP = 0x05;
const LOAD = 0x61;
const STORE_NUMBER = 0x62;
const STORE = 0x63;
const LOAD_IMMEDIATE = 0x18;
const TO_BIG_ENDIAN = 0xdc;
const CALL = 0x85;
const EXIT = 0x95;
const MAP_DESCRIPTOR = 1;

interface Instruction {
  readonly code: number;
  readonly to: number;
  readonly from: number;
  readonly offset: number;
  readonly value: number;
  /** Where a jump goes. */
  readonly target?: string;
  /** Whose descriptor the value is. */
  readonly map?: string;
}

/** Writes programs for the kernel's BPF machine (RFC 9669): as many instructions as are needed here. */
export class Assembler {
  private readonly instructions: Instruction[] = [];
  private readonly labels = new Map<string, number>();

  /** The next instruction is what jumps to this name go to. Throws when the name is taken. */
  label(name: string): void {
    if (this.labels.has(name)) throw new Error(`there are two labels ${name}`);
    this.labels.set(name, this.instructions.length);
  }

  jump(target: string): void {
    this.put({ code: JUMP, target });
  }

  jumpIf(left: Register, comparison: Comparison, right: Register | number, target: string): void {
    this.put({ ...operand(JUMP | COMPARISONS[comparison], right), to: number(left), target });
  }

  move(to: Register, value: Register | number): void {
    this.put({ ...operand(ARITHMETIC.move, value), to: number(to) });
  }

  add(to: Register, value: Register | number): void {
    this.put({ ...operand(ARITHMETIC.add, value), to: number(to) });
  }

  subtract(to: Register, value: Register | number): void {
    this.put({ ...operand(ARITHMETIC.subtract, value), to: number(to) });
  }

  load(width: Width, to: Register, from: Register, offset: number): void {
    this.put({ code: LOAD | WIDTHS[width], to: number(to), from: number(from), offset });
  }

  store(width: Width, to: Register, offset: number, value: Register | number): void {
    const code = (typeof value === 'number' ? STORE_NUMBER : STORE) | WIDTHS[width];
    const source = typeof value === 'number' ? { value } : { from: number(value) };
    this.put({ code, to: number(to), offset, ...source });
  }

  /** Takes the lower 16 bits of the register as a number in the order of the network. */
  fromNetwork(register: Register): void {
    this.put({ code: TO_BIG_ENDIAN, to: number(register), value: 16 });
  }

  /** Puts a map into the register, for a call. */
  map(to: Register, map: string): void {
    this.put({ code: LOAD_IMMEDIATE, to: number(to), from: MAP_DESCRIPTOR, map });
    this.put({ code: 0 });
  }

  /** Calls a function of the kernel by its number in linux/bpf.h. */
  call(helper: number): void {
    this.put({ code: CALL, value: helper });
  }

  exit(): void {
    this.put({ code: EXIT });
  }

  /**
   * The instructions as `struct bpf_insn` lays them out, in this machine's byte order. `maps` are descriptors by the
   * names that {@link map} was given. Throws when a label or a map is not there.
   */
  assemble(maps: Readonly<Record<string, number>>): Uint8Array {
    const bytes = new Uint8Array(this.instructions.length * 8);
    const offsets = new Int16Array(bytes.buffer);
    const values = new Int32Array(bytes.buffer);
    for (const [index, { code, to, from, offset, value, target, map }] of this.instructions.entries()) {
      bytes[index * 8] = code;
      bytes[index * 8 + 1] = endianness() === 'LE' ? to | (from << 4) : (to << 4) | from;
      offsets[index * 4 + 1] = target === undefined ? offset : this.distance(index, target);
      values[index * 2 + 1] = map === undefined ? value : descriptor(maps, map);
    }
    return bytes;
  }

  private distance(index: number, target: string): number {
    const at = this.labels.get(target);
    if (at === undefined) throw new Error(`there is no label ${target}`);
    const distance = at - index - 1;
    if (distance < -0x8000 || distance > 0x7fff) throw new Error(`label ${target} is too far away`);
    return distance;
  }

  private put(instruction: Partial<Instruction>): void {
    this.instructions.push({ code: 0, to: 0, from: 0, offset: 0, value: 0, ...instruction });
  }
}

function number(register: Register): number {
  return Number(register.slice(1));
}

/** Code and operand of an instruction that takes a number or a register. */
function operand(code: number, value: Register | number): Partial<Instruction> {
  return typeof value === 'number' ? { code, value } : { code: code | FROM_REGISTER, from: number(value) };
}

function descriptor(maps: Readonly<Record<string, number>>, name: string): number {
  const found = maps[name];
  if (found === undefined) throw new Error(`there is no map ${name}`);
  return found;
}
