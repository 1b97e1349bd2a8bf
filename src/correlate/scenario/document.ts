import { type Document, isAlias, isMap, isScalar, type LineCounter, type Node, type Pair, visit } from 'yaml';
import type { ScenarioMistake } from './mistake.ts';
import { suggestion } from './nearest.ts';

/** One document of a YAML file: the values of its keys, with their places. */
export class ScenarioDocument {
  readonly file: string;
  readonly line: number;
  private readonly source: string;
  private readonly lines: LineCounter;
  private readonly mistakes: ScenarioMistake[];
  private readonly values = new Map<string, Node | null>();
  private readonly keys = new Map<string, Node>();

  constructor(
    document: Document.Parsed,
    place: { readonly file: string; readonly source: string; readonly lines: LineCounter },
    mistakes: ScenarioMistake[],
    known: readonly string[],
  ) {
    this.file = place.file;
    this.source = place.source;
    this.lines = place.lines;
    this.mistakes = mistakes;
    const { contents } = document;
    this.line = this.placeOf(contents)[0];
    if (!isMap(contents)) {
      this.wrong(contents, 'a scenario has keys, as name, type and filter');
      return;
    }
    visit(document, {
      Node: (_key, node) => {
        if (isAlias(node)) this.wrong(node, 'aliases are not taken');
      },
    });
    for (const pair of contents.items) this.take(pair as Pair<Node, Node | null>, known);
  }

  private take({ key, value }: Pair<Node, Node | null>, known: readonly string[]): void {
    const name = isScalar(key) ? String(key.value) : '';
    if (!known.includes(name)) this.wrong(key, `there is no key ${name}${suggestion(name, known)}`);
    else if (this.keys.has(name)) this.wrong(key, `${name} is there already`);
    else {
      this.keys.set(name, key);
      this.values.set(name, value);
    }
  }

  private placeOf(node: Node | null | undefined): readonly [number, number] {
    const { line, col } = this.lines.linePos(node?.range?.[0] ?? 0);
    return [line, col];
  }

  /** Notes a mistake at a key, or at the beginning of the document. */
  wrongAt(key: string, message: string): void {
    this.wrong(this.keys.get(key), message);
  }

  /** Notes a mistake at a node. */
  wrong(node: Node | null | undefined, message: string): void {
    const [line, column] = node === null || node === undefined ? [this.line, 0] : this.placeOf(node);
    this.mistakes.push({ file: this.file, line, column, message });
  }

  /** Notes a mistake in the text of a value, at a line and column of that text. */
  wrongWithin(node: Node, line: number, column: number, message: string): void {
    const [first, col] = this.placeOf(node);
    const type = isScalar(node) ? node.type : undefined;
    const { file } = this;
    if (type === 'BLOCK_LITERAL') {
      const start = this.lines.lineStarts[first] ?? 0;
      const indent = /^ */.exec(this.source.slice(start, start + 200))?.[0].length ?? 0;
      this.mistakes.push({ file, line: first + line, column: indent + column, message });
    } else if (type === 'PLAIN' || type === 'QUOTE_DOUBLE' || type === 'QUOTE_SINGLE') {
      const isOneLine = line === 1 && !this.source.slice(node.range?.[0], node.range?.[1]).includes('\n');
      const at = isOneLine ? col + (type === 'PLAIN' ? 0 : 1) + column - 1 : 0;
      this.mistakes.push({ file, line: first, column: at, message });
    } else this.mistakes.push({ file, line: first, column: 0, message });
  }

  has(key: string): boolean {
    return this.keys.has(key);
  }

  node(key: string): Node | null | undefined {
    return this.values.get(key);
  }

  /** A text; undefined without. A number is its text, as in `format: 2.0`. */
  text(key: string): string | undefined {
    const node = this.values.get(key);
    if (node === undefined || node === null) return undefined;
    if (isScalar(node)) {
      if (typeof node.value === 'string') return node.value;
      if (typeof node.value === 'number') return node.source ?? String(node.value);
      if (node.value === null) return undefined;
    }
    this.wrong(node, `${key} is a text`);
    return undefined;
  }

  number(key: string): number | undefined {
    const node = this.values.get(key);
    if (node === undefined || node === null) return undefined;
    if (isScalar(node) && typeof node.value === 'number') return node.value;
    // Go reads a quoted number into a number, too.
    if (isScalar(node) && typeof node.value === 'string' && /^-?\d{1,15}(?:\.\d+)?$/.test(node.value)) {
      return Number(node.value);
    }
    this.wrong(node, `${key} is a number`);
    return undefined;
  }

  boolean(key: string): boolean {
    const node = this.values.get(key);
    if (node === undefined || node === null) return false;
    if (isScalar(node) && typeof node.value === 'boolean') return node.value;
    if (isScalar(node) && (node.value === 'true' || node.value === 'false')) return node.value === 'true';
    this.wrong(node, `${key} is true or false`);
    return false;
  }
}
