import type { TSchema } from 'typebox';
import { isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import type { Mistake } from './error.ts';
import { faultOf, quote } from './forms.ts';
import { nearest } from './nearest.ts';
import type { Form } from './setting.ts';

/** Mistakes that are told at most: what follows many is seldom worth reading. */
const MOST_MISTAKES = 100;

/** What a schema of this folder can hold; see setting.ts. */
interface Shape {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly items?: TSchema;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly 'x-form'?: Form;
}

/**
 * Reads YAML by a schema: the values with the defaults filled in, and every mistake at its place. What is mistaken has
 * its default. Anchors and tags are refused: nothing here needs them.
 */
export function readYaml(text: string, schema: TSchema): ReadYaml {
  return new Reading(text).read(schema);
}

/** What was read. */
export interface ReadYaml {
  readonly value: unknown;
  readonly mistakes: Mistake[];
  /** Where the value of a setting stands, as `capture.workers`; the beginning where the file does not give it. */
  place(path: string): { readonly line: number; readonly column: number };
}

class Reading {
  private readonly lines = new LineCounter();
  private readonly mistakes: Mistake[] = [];
  private readonly offsets = new Map<string, number>();
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  read(schema: TSchema): ReadYaml {
    const document = parseDocument(this.text, {
      lineCounter: this.lines,
      prettyErrors: false,
      // Told here, with the place of both.
      uniqueKeys: false,
      version: '1.2',
    });
    for (const error of [...document.errors, ...document.warnings]) {
      this.mistake(error.pos[0], firstLine(error.message));
    }
    const value = this.value(document.errors.length > 0 ? null : document.contents, schema, '');
    this.mistakes.sort((a, b) => a.line - b.line || a.column - b.column);
    return {
      value,
      mistakes: this.mistakes.slice(0, MOST_MISTAKES),
      place: (path) => this.place(this.offsets.get(path) ?? 0),
    };
  }

  /** `path` is the name of the setting in messages, empty for the whole file. */
  private value(node: Node | null, schema: TSchema, path: string): unknown {
    const shape = schema as Shape;
    if (node !== null) this.offsets.set(path, node.range?.[0] ?? 0);
    if (node !== null && !this.isPlain(node, path)) return defaultOf(schema);
    if (shape.type === 'object') return this.object(node, shape, path);
    if (node === null || (isScalar(node) && node.value === null)) {
      // A key without a value is a section or a setting that is commented out.
      return defaultOf(schema);
    }
    if (shape.type === 'array') return this.array(node, shape, path);
    if (!isScalar(node)) {
      this.at(node, `${path} takes ${wanted(shape)}, not ${kindOf(node)}`);
      return shape.default;
    }
    return this.scalar(node.value, node, shape, path);
  }

  private object(node: Node | null, shape: Shape, path: string): unknown {
    const properties = shape.properties ?? {};
    const found = new Map<string, Node | null>();
    if (isMap(node)) {
      const lines = new Map<string, number>();
      for (const pair of node.items)
        this.pair(pair as Pair<Node, Node | null>, properties, path, found, lines);
    } else if (node !== null && !(isScalar(node) && node.value === null)) {
      const what = path === '' ? 'the file' : path;
      this.at(node, `${what} takes settings (${Object.keys(properties).join(', ')}), not ${kindOf(node)}`);
    }
    return Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [
        name,
        this.value(found.get(name) ?? null, schema, path === '' ? name : `${path}.${name}`),
      ]),
    );
  }

  private pair(
    pair: Pair<Node, Node | null>,
    properties: Readonly<Record<string, TSchema>>,
    path: string,
    found: Map<string, Node | null>,
    lines: Map<string, number>,
  ): void {
    const name = isScalar(pair.key) ? String(pair.key.value) : '';
    if (!Object.hasOwn(properties, name)) {
      const names = Object.keys(properties);
      const near = nearest(name, names);
      const hint = near === undefined ? `known: ${names.join(', ')}` : `did you mean '${near}'?`;
      const where = path === '' ? '' : ` in ${path}`;
      this.at(pair.key, `unknown key ${quote(name)}${where}; ${hint}`);
      return;
    }
    const before = lines.get(name);
    if (before !== undefined) {
      this.at(pair.key, `${quote(name)} is given twice, first in line ${before}`);
      return;
    }
    lines.set(name, this.place(pair.key.range?.[0] ?? 0).line);
    found.set(name, pair.value);
  }

  private array(node: Node, shape: Shape, path: string): unknown {
    if (!isSeq(node)) {
      this.at(node, `${path} takes a list, not ${kindOf(node)}`);
      return shape.default;
    }
    const most = shape.maxItems ?? Number.POSITIVE_INFINITY;
    if (node.items.length > most)
      this.at(node, `${path} takes at most ${most} entries, not ${node.items.length}`);
    const schema = shape.items as TSchema;
    return node.items.slice(0, most).map((item) => this.value(item as Node, schema, path));
  }

  private scalar(value: unknown, node: Node, shape: Shape, path: string): unknown {
    const form = shape['x-form'];
    if (shape.enum !== undefined) {
      // YAML 1.1 readers take `off` for false; a file written for those may quote it.
      if (typeof value === 'string' && shape.enum.includes(value)) return value;
      const near = typeof value === 'string' ? nearest(value, shape.enum) : undefined;
      const hint = near === undefined ? '' : `; did you mean '${near}'?`;
      this.at(node, `${path} takes ${shape.enum.join(', ')}, not ${quote(value)}${hint}`);
    } else if (shape.type === 'boolean') {
      if (typeof value === 'boolean') return value;
      this.at(node, `${path} takes true or false, not ${quote(value)}`);
    } else if (shape.type === 'integer') {
      const { minimum = 0, maximum = Number.MAX_SAFE_INTEGER } = shape;
      if (typeof value !== 'number' || !Number.isInteger(value)) {
        this.at(node, `${path} takes a whole number, not ${quote(value)}`);
      } else if (value < minimum || value > maximum) {
        this.at(node, `${path} is out of range: from ${minimum} to ${maximum}, not ${value}`);
      } else return value;
    } else if (typeof value === 'string' || (typeof value === 'number' && takesNumbers(form))) {
      return this.formed(value, node, shape, path);
    } else {
      this.at(node, `${path} takes ${wanted(shape)}, not ${quote(value)}`);
    }
    return shape.default;
  }

  private formed(value: string | number, node: Node, shape: Shape, path: string): unknown {
    const most = shape.maxLength ?? Number.POSITIVE_INFINITY;
    if (typeof value === 'string' && value.length > most) {
      this.at(node, `${path} is too long: at most ${most} characters`);
      return shape.default;
    }
    const form = shape['x-form'];
    const fault = form === undefined ? undefined : faultOf(form, value, shape);
    if (fault === undefined) return value;
    const start = node.range?.[0] ?? 0;
    const quoted = this.text[start] === '"' || this.text[start] === "'" ? 1 : 0;
    const quantity = takesNumbers(form) ? `, not ${quote(value)}` : '';
    this.mistake(start + (fault.at > 0 ? fault.at + quoted : 0), `${path}: ${fault.message}${quantity}`);
    return shape.default;
  }

  /** False for what is refused wherever it stands. */
  private isPlain(node: Node, path: string): boolean {
    const where = path === '' ? 'the file' : path;
    if ('source' in node && 'resolve' in node) {
      this.at(node, `${where}: aliases are not taken; write the value out`);
      return false;
    }
    if ('anchor' in node && node.anchor !== undefined) {
      this.at(node, `${where}: anchors are not taken`);
      return false;
    }
    if (node.tag?.startsWith('!')) {
      this.at(node, `${where}: tags are not taken`);
      return false;
    }
    return true;
  }

  private at(node: Node, message: string): void {
    this.mistake(node.range?.[0] ?? 0, message);
  }

  private mistake(offset: number, message: string): void {
    this.mistakes.push({ ...this.place(offset), message });
  }

  private place(offset: number): { line: number; column: number } {
    const { line, col } = this.lines.linePos(offset);
    return { line, column: col };
  }
}

/** The value of a setting that is not given; of a section, those of its settings. */
export function defaultOf(schema: TSchema): unknown {
  const { type, properties, default: otherwise } = schema as Shape;
  if (type !== 'object') return otherwise;
  return Object.fromEntries(Object.entries(properties ?? {}).map(([name, one]) => [name, defaultOf(one)]));
}

function takesNumbers(form: Form | undefined): boolean {
  return form === 'size' || form === 'duration' || form === 'count';
}

function wanted(shape: Shape): string {
  if (shape['x-form'] === 'size') return 'a size such as 2GiB';
  if (shape['x-form'] === 'duration') return 'a time such as 30s';
  if (shape['x-form'] === 'count') return 'a whole number, or auto';
  if (shape.type === 'boolean') return 'true or false';
  return shape.type === 'integer' ? 'a whole number' : 'a text';
}

function kindOf(node: Node): string {
  if (isMap(node)) return 'settings';
  return isSeq(node) ? 'a list' : isScalar(node) ? quote(node.value) : 'an alias';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
