import type { ArithmeticOperator } from './ast.ts';
import type {
  Condition,
  Field,
  FieldTest,
  LengthTest,
  Operand,
  RelationTest,
  TypeTest,
} from './condition.ts';
import { type FilterPacket, View } from './view.ts';

type Test = (view: View) => boolean;
type Load = (view: View) => number;

/** Compiles to a function that tells whether a packet matches. Nothing is allocated per packet. */
export function compilePredicate(condition: Condition | undefined): (packet: FilterPacket) => boolean {
  if (condition === undefined) return () => true;
  const view = new View();
  const test = compile(condition);
  return (packet) => {
    view.show(packet);
    return test(view) && !view.beyond;
  };
}

function compile(condition: Condition): Test {
  switch (condition.kind) {
    case 'constant':
      return condition.value ? () => true : () => false;
    case 'not': {
      const part = compile(condition.part);
      return (view) => !part(view);
    }
    case 'all':
      return compileAll(condition.parts.map(compile));
    case 'any':
      return compileAny(alternatives(condition.parts));
    case 'type':
      return compileType(condition);
    case 'length':
      return compileLength(condition);
    case 'field':
      return compileField(condition);
    case 'relation':
      return compileRelation(condition);
  }
}

/**
 * Compiles the parts of an `or`. Neighbours that all begin by asking what one field or the link layer's type is
 * (`host`, `port` and the protocols expand to such) become one test that loads it once.
 */
function alternatives(parts: readonly Condition[]): Test[] {
  const tests: Test[] = [];
  for (let i = 0; i < parts.length; ) {
    const subject = subjectOf(parts[i] as Condition);
    let end = i + 1;
    while (subject !== undefined && end < parts.length && sameSubject(subject, parts[end] as Condition))
      end++;
    if (subject === undefined || end === i + 1) tests.push(compile(parts[i] as Condition));
    else tests.push(compileChoice(subject, parts.slice(i, end)));
    i = end;
  }
  return tests;
}

/** A test for equality with a constant. */
type Choice = (TypeTest | FieldTest) & { readonly test: '=' };

/** The test for equality that a condition begins with. */
function subjectOf(condition: Condition): Choice | undefined {
  const first = condition.kind === 'all' ? condition.parts[0] : condition;
  if ((first?.kind === 'type' || first?.kind === 'field') && first.test === '=') return first as Choice;
  return undefined;
}

function sameSubject(subject: Choice, condition: Condition): boolean {
  const other = subjectOf(condition);
  if (other?.kind !== 'field' || subject.kind !== 'field') return other?.kind === subject.kind;
  const a = subject.field;
  const b = other.field;
  return (
    subject.mask === other.mask &&
    a.base === b.base &&
    a.header === b.header &&
    a.offset === b.offset &&
    a.size === b.size
  );
}

function compileChoice(subject: Choice, parts: readonly Condition[]): Test {
  const values = Int32Array.from(parts, (part) => subjectOf(part)?.value ?? 0);
  const rests = parts.map((part) => compileAll(part.kind === 'all' ? part.parts.slice(1).map(compile) : []));
  const { length } = values;
  const load = subject.kind === 'type' ? loadType : compileLoad(subject.field);
  const mask = subject.kind === 'type' ? -1 : subject.mask;
  return (view) => {
    const value = load(view) & mask;
    for (let i = 0; i < length; i++) if (values[i] === value && (rests[i] as Test)(view)) return true;
    return false;
  };
}

function loadType(view: View): number {
  if (view.type < 0) view.beyond = true;
  return view.type;
}

/** Two and three parts, which nearly all groups have, are called without a loop. */
function compileAll(parts: readonly Test[]): Test {
  const [first, second, third] = parts;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (parts.length === 2) return (view) => first(view) && second(view);
  if (third !== undefined && parts.length === 3) return (view) => first(view) && second(view) && third(view);
  return (view) => {
    for (let i = 0; i < parts.length; i++) if (!(parts[i] as Test)(view)) return false;
    return true;
  };
}

function compileAny(parts: readonly Test[]): Test {
  const [first, second, third] = parts;
  if (first === undefined) return () => false;
  if (second === undefined) return first;
  if (parts.length === 2) return (view) => first(view) || second(view);
  if (third !== undefined && parts.length === 3) return (view) => first(view) || second(view) || third(view);
  return (view) => {
    for (let i = 0; i < parts.length; i++) if ((parts[i] as Test)(view)) return true;
    return false;
  };
}

function compileType({ test, value }: TypeTest): Test {
  return test === '=' ? (view) => loadType(view) === value : (view) => loadType(view) > value;
}

function compileLength({ test, value }: LengthTest): Test {
  return test === '>' ? (view) => view.length > value : (view) => view.length >= value;
}

function compileField({ field, mask, test, value }: FieldTest): Test {
  const load = compileLoad(field);
  switch (test) {
    case '=':
      if (mask === -1) return (view) => load(view) === value;
      return (view) => (load(view) & mask) === value;
    case 'any':
      return (view) => (load(view) & mask & value) !== 0;
    // Fields that are compared by size have at most 16 bits, so the sign does not matter.
    case '>':
      return (view) => (load(view) & mask) > value;
    case '>=':
      return (view) => (load(view) & mask) >= value;
  }
}

/** The field as a signed number of 32 bits; 0 and `beyond` when it was not captured. */
function compileLoad({ base, header, offset, size }: Field): Load {
  switch (base) {
    case 'link':
      return (view) => read(view, view.link, offset, size);
    case 'network':
      switch (size) {
        case 1:
          return (view) => {
            const at = view.network + offset;
            if (view.network < 0 || at >= view.end) return missing(view);
            return view.bytes[at] as number;
          };
        case 2:
          return (view) => {
            const at = view.network + offset;
            if (view.network < 0 || at + 2 > view.end) return missing(view);
            return ((view.bytes[at] as number) << 8) | (view.bytes[at + 1] as number);
          };
        default:
          return (view) => read(view, view.network, offset, size);
      }
    case 'transport':
      return (view) => read(view, behindIpv4(view, header), offset, size);
  }
}

/** Beginning of what the IPv4 header at `network + header` carries; -1 when it was not captured. */
function behindIpv4(view: View, header: number): number {
  const at = view.network + header;
  if (view.network < 0 || at >= view.end) return -1;
  return at + 4 * ((view.bytes[at] as number) & 15);
}

function read(view: View, base: number, offset: number, size: number): number {
  const at = base + offset;
  if (base < 0 || at + size > view.end) return missing(view);
  const { bytes } = view;
  if (size === 1) return bytes[at] as number;
  if (size === 2) return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

function missing(view: View): number {
  view.beyond = true;
  return 0;
}

function compileRelation({ test, left, right }: RelationTest): Test {
  const a = compileOperand(left);
  const b = compileOperand(right);
  switch (test) {
    case '=':
      return (view) => a(view) === b(view);
    case '>':
      return (view) => a(view) > b(view);
    case '>=':
      return (view) => a(view) >= b(view);
  }
}

/** A value of 32 bits, unsigned. */
function compileOperand(operand: Operand): Load {
  switch (operand.kind) {
    case 'number': {
      const { value } = operand;
      return () => value;
    }
    case 'length':
      return (view) => view.length;
    case 'load': {
      const { base, header, offset, size } = operand.field;
      const index = compileOperand(operand.index);
      return (view) => {
        const from =
          base === 'link' ? view.link : base === 'network' ? view.network : behindIpv4(view, header);
        if (from < 0) return missing(view);
        // Offsets from the frame's beginning wrap at 32 bits, so `ip[-2:2]` is the EtherType.
        return read(view, view.start, (from - view.start + offset + index(view)) >>> 0, size) >>> 0;
      };
    }
    case 'arithmetic':
      return compileArithmetic(operand.operator, compileOperand(operand.left), compileOperand(operand.right));
  }
}

function compileArithmetic(operator: ArithmeticOperator, a: Load, b: Load): Load {
  switch (operator) {
    case '+':
      return (view) => (a(view) + b(view)) >>> 0;
    case '-':
      return (view) => (a(view) - b(view)) >>> 0;
    case '*':
      return (view) => Math.imul(a(view), b(view)) >>> 0;
    case '/':
      return (view) => {
        const dividend = a(view);
        const divisor = b(view);
        return divisor === 0 ? missing(view) : Math.floor(dividend / divisor);
      };
    case '%':
      return (view) => {
        const dividend = a(view);
        const divisor = b(view);
        return divisor === 0 ? missing(view) : dividend % divisor;
      };
    case '&':
      return (view) => (a(view) & b(view)) >>> 0;
    case '|':
      return (view) => (a(view) | b(view)) >>> 0;
    case '^':
      return (view) => (a(view) ^ b(view)) >>> 0;
    case '<<':
      return (view) => shiftLeft(a(view), b(view));
    case '>>':
      return (view) => shiftRight(a(view), b(view));
  }
}

function shiftLeft(value: number, bits: number): number {
  return bits > 31 ? 0 : (value << bits) >>> 0;
}

function shiftRight(value: number, bits: number): number {
  return bits > 31 ? 0 : value >>> bits;
}
