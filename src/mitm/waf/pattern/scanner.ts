import { OperatorError } from '../operator/operator.ts';

/** Reads the source of a regular expression from left to right. */
export class Scanner {
  readonly source: string;
  at = 0;

  constructor(source: string) {
    this.source = source;
  }

  get ended(): boolean {
    return this.at >= this.source.length;
  }

  /** The next character, empty at the end. */
  peek(): string {
    return this.source[this.at] ?? '';
  }

  /** The next character, which is taken; empty at the end. */
  next(): string {
    return this.source[this.at++] ?? '';
  }

  /** Takes the text when it comes next. */
  take(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  /** Takes what a sticky expression finds here. */
  match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.at;
    const found = expression.exec(this.source);
    if (found === null) return undefined;
    this.at += found[0].length;
    return found;
  }

  fail(what: string, at: number = this.at): never {
    throw new OperatorError(`regular expression: ${what} at offset ${at}`);
  }
}
