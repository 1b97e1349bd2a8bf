import type { Checker } from './checker.ts';

/** A text with `$0` to `$9` for what a pattern's groups matched, and `$$` for a dollar. */
export class GroupText {
  /** Texts, and numbers of groups between them. */
  readonly #parts: readonly (string | number)[];

  private constructor(parts: readonly (string | number)[]) {
    this.#parts = parts;
  }

  /** Undefined, with the mistake told of, for a dollar that stands for nothing. */
  static compile(checker: Checker, place: string, text: string): GroupText | undefined {
    const parts: (string | number)[] = [];
    let literal = '';
    for (let i = 0; i < text.length; i++) {
      if (text[i] !== '$') {
        literal += text[i];
        continue;
      }
      i++;
      const next = text[i] ?? '';
      if (next === '$') literal += '$';
      else if (/^[0-9]$/.test(next)) {
        parts.push(literal, Number(next));
        literal = '';
      } else
        return checker.fault(place, `$${next} stands for nothing: $0 to $9 is wanted, or $$ for a dollar`);
    }
    parts.push(literal);
    return new GroupText(parts);
  }

  /** Groups that took no part, and those that there are not, are empty. */
  make(groups: readonly (string | undefined)[]): string {
    let made = '';
    for (const part of this.#parts) made += typeof part === 'string' ? part : (groups[part] ?? '');
    return made;
  }
}
