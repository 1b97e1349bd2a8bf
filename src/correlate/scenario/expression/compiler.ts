import { suggestion } from '../nearest.ts';
import { PatternError } from '../pattern/index.ts';
import { type Compiled, constantOf } from './compiled.ts';
import { converted, zeroOf } from './conversion.ts';
import { EvaluationError, ExpressionError } from './error.ts';
import { Frame } from './frame.ts';
import { operation } from './operators.ts';
import type { Node } from './syntax.ts';
import { DURATION_METHODS, TIME_METHODS } from './times.ts';
import {
  ANY,
  BOOLEAN,
  type Checks,
  type ExpressionFunction,
  joined,
  LIST,
  MAP,
  type Method,
  NIL,
  NUMBER,
  nameOfType,
  TEXT,
  type Type,
} from './types.ts';
import { asBoolean, asInteger, asList, asText, bounded, kindOf, own } from './values.ts';
import { type WalkSlots, walkOperation } from './walks.ts';

/** What names an expression may use. */
export interface Environment extends Checks {
  readonly names: Readonly<Record<string, { readonly type: Type; read(frame: Frame): unknown }>>;
  readonly functions: Readonly<Record<string, ExpressionFunction>>;
}

const DEEPEST = 1500;
/** For what is computed while compiling: it asks nothing of the engine. */
const FOLDING = new Frame({
  decisions: () => 0,
  stash: { set: () => undefined, get: () => '' },
  hostname: '',
});

interface OpenWalk {
  readonly slots: WalkSlots;
  readonly of: Type;
}

interface Variable {
  readonly slot: number;
  readonly type: Type;
  readonly depth: number;
}

/** Makes a tree ready to run. Throws {@link ExpressionError} for what cannot be. */
export class Compiler {
  private readonly text: string;
  private readonly environment: Environment;
  private readonly walks: OpenWalk[] = [];
  private readonly variables = new Map<string, Variable>();
  private slots = 0;
  private depth = 0;

  constructor(text: string, environment: Environment) {
    this.text = text;
    this.environment = environment;
  }

  compile(node: Node): Compiled {
    this.depth++;
    if (this.depth > DEEPEST) throw this.error(`more than ${DEEPEST} operators within each other`, node);
    const compiled = this.part(node);
    this.depth--;
    return compiled;
  }

  private error(message: string, node: Node): ExpressionError {
    return new ExpressionError(message, this.text, node.at);
  }

  private part(node: Node): Compiled {
    switch (node.kind) {
      case 'constant':
        return constantOf(node.value, typeOfConstant(node.value));
      case 'name':
        return this.name(node);
      case 'pointer':
        return this.pointer(node);
      case 'member':
        return this.member(node);
      case 'slice':
        return this.slice(node);
      case 'call':
        return this.call(node);
      case 'method':
        return this.method(node);
      case 'walk':
        return this.walk(node);
      case 'unary':
        return this.unary(node);
      case 'binary':
        return this.binary(node);
      case 'condition':
        return this.condition(node);
      case 'list':
        return this.list(node);
      case 'map':
        return this.map(node);
      case 'let':
        return this.variable(node);
      default:
        return node satisfies never;
    }
  }

  private name(node: Node & { kind: 'name' }): Compiled {
    const variable = this.variables.get(node.name);
    if (variable !== undefined) {
      const { slot, type, depth } = variable;
      return { type, depth, run: (frame) => frame.slots[slot] };
    }
    const { names, functions } = this.environment;
    const root = own(names, node.name) as Environment['names'][string] | undefined;
    if (root !== undefined) return { type: root.type, depth: 0, run: (frame) => root.read(frame) };
    const known = [...Object.keys(names), ...Object.keys(functions), ...this.variables.keys()];
    throw this.error(`there is no ${node.name}${suggestion(node.name, known)}`, node);
  }

  private pointer(node: Node & { kind: 'pointer' }): Compiled {
    const walk = this.walks.at(-1);
    if (walk === undefined) throw this.error('# stands outside of the braces of any, all, filter ...', node);
    const { element, index, accumulator } = walk.slots;
    const depth = this.walks.length;
    if (node.name === 'index') return { type: NUMBER, depth, run: (frame) => frame.slots[index] };
    if (node.name === 'acc') return { type: ANY, depth, run: (frame) => frame.slots[accumulator] };
    return { type: walk.of, depth, run: (frame) => frame.slots[element] };
  }

  private member(node: Node & { kind: 'member' }): Compiled {
    const { property } = node;
    if (property.kind === 'constant' && typeof property.value === 'string') {
      const key = property.value;
      const object = this.compile(node.object);
      return this.field(node, object, key);
    }
    const object = this.compile(node.object);
    return this.element(node, object, this.compile(property));
  }

  private field(node: Node & { kind: 'member' }, object: Compiled, key: string): Compiled {
    const { type, run, depth } = object;
    if (type.kind === 'structure') {
      const field = own(type.fields, key) as (typeof type.fields)[string] | undefined;
      if (field === undefined) {
        if (Object.hasOwn(type.methods, key)) throw this.error(`${key} is called: ${key}()`, node);
        throw this.error(`${type.name} has no ${key}${suggestion(key, Object.keys(type.fields))}`, node);
      }
      const zero = field.type.kind === 'structure' ? undefined : zeroOf(field.type);
      const readKey = field.readKey;
      return {
        type: field.type,
        depth,
        readKey: readKey === undefined ? undefined : (frame, each) => readKey(run(frame), each),
        run: (frame) => {
          const value = run(frame);
          return value === null || value === undefined ? zero : field.read(value);
        },
      };
    }
    if (type.kind === 'map') {
      const zero = zeroOf(type.of);
      const { readKey } = object;
      if (readKey !== undefined) return { type: type.of, depth, run: (frame) => readKey(frame, key) };
      return { type: type.of, depth, run: (frame) => keyOf(run(frame), key) ?? zero };
    }
    if (type.kind === 'any' || type.kind === 'nil')
      return { type: ANY, depth, run: (frame) => anyMember(run(frame), key, node.optional) };
    throw this.error(`${nameOfType(type)} has no ${key}`, node);
  }

  private element(node: Node & { kind: 'member' }, object: Compiled, index: Compiled): Compiled {
    const { type, run } = object;
    const depth = Math.max(object.depth, index.depth);
    if (type.kind === 'map') {
      const key = this.wanted(index, TEXT, node.property);
      const zero = zeroOf(type.of);
      return { type: type.of, depth, run: (frame) => keyOf(run(frame), asText(key(frame))) ?? zero };
    }
    if (type.kind !== 'list' && type.kind !== 'any')
      throw this.error(`${nameOfType(type)} has no elements`, node);
    if (type.kind === 'list') this.wanted(index, NUMBER, node.property);
    const at = index.run;
    const of = type.kind === 'list' ? type.of : ANY;
    return { type: of, depth, run: (frame) => anyMember(run(frame), at(frame), node.optional) };
  }

  private slice(node: Node & { kind: 'slice' }): Compiled {
    const object = this.compile(node.object);
    const { type, run } = object;
    if (!['list', 'text', 'any', 'scalar'].includes(type.kind))
      throw this.error(`${nameOfType(type)} has no slices`, node);
    const from = node.from === undefined ? undefined : this.compile(node.from);
    const to = node.to === undefined ? undefined : this.compile(node.to);
    const first = from === undefined ? () => 0 : this.wanted(from, NUMBER, node);
    const last = to === undefined ? () => Number.MAX_SAFE_INTEGER : this.wanted(to, NUMBER, node);
    return {
      type: type.kind === 'scalar' ? TEXT : type,
      depth: Math.max(object.depth, from?.depth ?? 0, to?.depth ?? 0),
      run: (frame) => {
        const value = run(frame);
        const sliced = typeof value === 'string' ? value : asList(value);
        return sliced.slice(asInteger(first(frame)), asInteger(last(frame)));
      },
    };
  }

  private call(node: Node & { kind: 'call' }): Compiled {
    const { functions } = this.environment;
    const found = own(functions, node.name) as ExpressionFunction | undefined;
    if (found === undefined) {
      throw this.error(
        `there is no function ${node.name}${suggestion(node.name, Object.keys(functions))}`,
        node,
      );
    }
    const values = node.values.map((value) => this.compile(value));
    const runs = this.values(node, values, found);
    const constants = values.map(({ constant }) => constant?.value);
    const isConstant = values.every(({ constant }) => constant !== undefined);
    const complaint = found.check?.(constants, this.environment);
    if (complaint !== undefined) throw this.error(complaint, node);
    const type = found.resultOf?.(values.map((value) => value.type)) ?? found.result;
    if (isConstant && found.pure) return this.folded(node, runs, found, type);
    const depth = Math.max(0, ...values.map((value) => value.depth));
    const [only] = runs;
    const run =
      runs.length === 1 && only !== undefined
        ? (frame: Frame) => found.call([only(frame)], frame)
        : (frame: Frame) =>
            found.call(
              runs.map((each) => each(frame)),
              frame,
            );
    return { type, depth, run: found.pure ? this.remembered(run, depth) : run };
  }

  private folded(
    node: Node,
    runs: readonly ((frame: Frame) => unknown)[],
    found: ExpressionFunction,
    type: Type,
  ): Compiled {
    FOLDING.begin();
    try {
      const value = found.call(
        runs.map((each) => each(FOLDING)),
        FOLDING,
      );
      return constantOf(value, type);
    } catch (error) {
      if (error instanceof EvaluationError || error instanceof PatternError)
        throw this.error(error.message, node);
      throw error;
    }
  }

  /** A call within a walk that does not need the element is made once in the walk. */
  private remembered(run: (frame: Frame) => unknown, depth: number): (frame: Frame) => unknown {
    const walk = this.walks[depth];
    if (walk === undefined) return run;
    const { turn } = walk.slots;
    const known = this.slots++;
    const value = this.slots++;
    return (frame) => {
      const now = frame.slots[turn];
      if (frame.slots[known] !== now) {
        frame.slots[value] = run(frame);
        frame.slots[known] = now;
      }
      return frame.slots[value];
    };
  }

  private values(
    node: Node & { kind: 'call' | 'method' },
    values: readonly Compiled[],
    found: { readonly parameters: readonly Type[]; readonly least?: number; readonly rest?: Type },
  ): readonly ((frame: Frame) => unknown)[] {
    const least = found.least ?? found.parameters.length;
    const most = found.rest === undefined ? found.parameters.length : Number.POSITIVE_INFINITY;
    if (values.length < least || values.length > most) {
      const wanted =
        least === most
          ? `${least}`
          : most === Number.POSITIVE_INFINITY
            ? `${least} or more`
            : `${least} to ${most}`;
      throw this.error(`${node.name} takes ${wanted} values, and not ${values.length}`, node);
    }
    return values.map((value, i) =>
      this.wanted(value, found.parameters[i] ?? found.rest ?? ANY, node.values[i] ?? node),
    );
  }

  private wanted(value: Compiled, type: Type, node: Node): (frame: Frame) => unknown {
    const run = converted(value, type);
    if (run === undefined) {
      throw this.error(`${nameOfType(type)} is wanted here, and not ${nameOfType(value.type)}`, node);
    }
    return run;
  }

  private method(node: Node & { kind: 'method' }): Compiled {
    const object = this.compile(node.object);
    const methods = methodsOf(object.type);
    const method = own(methods, node.name) as Method | undefined;
    if (method === undefined) {
      const near = suggestion(node.name, Object.keys(methods));
      throw this.error(`${nameOfType(object.type)} has no method ${node.name}${near}`, node);
    }
    const values = node.values.map((value) => this.compile(value));
    const runs = this.values(node, values, method);
    const { run } = object;
    const zero = zeroOf(method.result);
    return {
      type: method.result,
      depth: Math.max(object.depth, ...values.map((value) => value.depth)),
      run: (frame) => {
        const value = run(frame);
        if (value === null || value === undefined) return zero;
        return method.call(
          value,
          runs.map((each) => each(frame)),
        );
      },
    };
  }

  private walk(node: Node & { kind: 'walk' }): Compiled {
    const list = this.compile(node.list);
    const run = this.wanted(list, LIST, node.list) as (frame: Frame) => readonly unknown[];
    const of = list.type.kind === 'list' ? list.type.of : ANY;
    const slots = {
      element: this.slots++,
      index: this.slots++,
      accumulator: this.slots++,
      turn: this.slots++,
    };
    this.walks.push({ slots, of });
    const body = node.body === undefined ? undefined : this.compile(node.body);
    this.walks.pop();
    const rest = node.rest.map((each) => this.compile(each));
    const found = walkOperation({ name: node.name, list: run, of, body, rest, slots });
    if (typeof found === 'string') throw this.error(found, node);
    const inner = Math.min(body?.depth ?? 0, this.walks.length);
    return { ...found, depth: Math.max(list.depth, inner, ...rest.map((each) => each.depth)) };
  }

  private unary(node: Node & { kind: 'unary' }): Compiled {
    const value = this.compile(node.value);
    if (node.operator === 'not') {
      const run = this.wanted(value, BOOLEAN, node.value);
      return { type: BOOLEAN, depth: value.depth, run: (frame) => !run(frame) };
    }
    const type = value.type.kind === 'duration' ? value.type : NUMBER;
    const run = this.wanted(value, type, node.value);
    const sign = node.operator === '-' ? -1 : 1;
    if (value.constant !== undefined) return constantOf(sign * (value.constant.value as number), type);
    return { type, depth: value.depth, run: (frame) => sign * (run(frame) as number) };
  }

  private binary(node: Node & { kind: 'binary' }): Compiled {
    const left = this.compile(node.left);
    const right = this.compile(node.right);
    try {
      const found = operation(node.operator, left, right);
      if (typeof found === 'string') throw this.error(found, node);
      const isConstant = left.constant !== undefined && right.constant !== undefined;
      if (isConstant && found.type.kind === 'text') {
        return constantOf(bounded(asText(found.run(FOLDING))), found.type);
      }
      return { ...found, depth: Math.max(left.depth, right.depth) };
    } catch (error) {
      if (error instanceof PatternError) {
        throw this.error(`${error.message} (character ${error.at + 1} of the pattern)`, node.right);
      }
      throw error;
    }
  }

  private condition(node: Node & { kind: 'condition' }): Compiled {
    const test = this.compile(node.test);
    const whenTrue = this.compile(node.whenTrue);
    const whenFalse = this.compile(node.whenFalse);
    const asked = this.wanted(test, BOOLEAN, node.test);
    return {
      type: joined(whenTrue.type, whenFalse.type),
      depth: Math.max(test.depth, whenTrue.depth, whenFalse.depth),
      run: (frame) => (asBoolean(asked(frame)) ? whenTrue.run(frame) : whenFalse.run(frame)),
    };
  }

  private list(node: Node & { kind: 'list' }): Compiled {
    const items = node.items.map((item) => this.compile(item));
    const of = items.length === 0 ? ANY : items.map(({ type }) => type).reduce(joined);
    const type: Type = { kind: 'list', of };
    if (items.every(({ constant }) => constant !== undefined)) {
      return constantOf(Object.freeze(items.map(({ constant }) => constant?.value)), type);
    }
    const depth = Math.max(...items.map((item) => item.depth));
    return { type, depth, run: (frame) => items.map((item) => item.run(frame)) };
  }

  private map(node: Node & { kind: 'map' }): Compiled {
    const entries = node.entries.map(([key, value]) => {
      const of = this.compile(value);
      return { key: this.wanted(this.compile(key), TEXT, key), of };
    });
    return {
      type: MAP,
      depth: Math.max(0, ...entries.map((each) => each.of.depth)),
      run: (frame) => {
        const map: Record<string, unknown> = Object.create(null);
        for (const entry of entries) map[asText(entry.key(frame))] = entry.of.run(frame);
        return map;
      },
    };
  }

  private variable(node: Node & { kind: 'let' }): Compiled {
    const { name } = node;
    const isTaken =
      Object.hasOwn(this.environment.names, name) || Object.hasOwn(this.environment.functions, name);
    if (isTaken || this.variables.has(name)) throw this.error(`${name} is there already`, node);
    const value = this.compile(node.value);
    const slot = this.slots++;
    this.variables.set(name, { slot, type: value.type, depth: Math.max(value.depth, this.walks.length) });
    const body = this.compile(node.body);
    this.variables.delete(name);
    return {
      type: body.type,
      depth: Math.max(value.depth, body.depth),
      run: (frame) => {
        frame.slots[slot] = value.run(frame);
        return body.run(frame);
      },
    };
  }
}

function typeOfConstant(value: string | number | boolean | null): Type {
  if (value === null) return NIL;
  if (typeof value === 'string') return TEXT;
  return typeof value === 'number' ? NUMBER : BOOLEAN;
}

const NO_METHODS: Readonly<Record<string, Method>> = {};

function methodsOf(type: Type): Readonly<Record<string, Method>> {
  if (type.kind === 'structure') return type.methods;
  if (type.kind === 'time') return TIME_METHODS;
  return type.kind === 'duration' ? DURATION_METHODS : NO_METHODS;
}

function keyOf(value: unknown, key: string): unknown {
  if (value === null || value === undefined) return undefined;
  return own(value as Record<string, unknown>, key);
}

/** A member of a value whose type is not known. Missing keys give nil; what has no members fails. */
function anyMember(value: unknown, key: unknown, optional: boolean): unknown {
  if (value === null || value === undefined) {
    if (optional) return null;
    throw new EvaluationError('nil has no members');
  }
  if (Array.isArray(value)) {
    const index = asInteger(key);
    const at = index < 0 ? value.length + index : index;
    if (at < 0 || at >= value.length)
      throw new EvaluationError(`element ${index} of a list of ${value.length}`);
    return value[at] ?? null;
  }
  if (kindOf(value) === 'map') {
    return own(value as Record<string, unknown>, asText(key)) ?? null;
  }
  throw new EvaluationError(`${kindOf(value)} has no members`);
}
