/**
 * A text in which `*` stands for anything: the literal parts between the stars, in lower case. There are one or more;
 * all of them may be empty.
 */
export interface Pattern {
  readonly parts: readonly string[];
  /** The text begins with the first part. */
  readonly atBeginning: boolean;
  /** The text ends with the last part. */
  readonly atEnd: boolean;
}

/** A character of a pattern as it was written: a star that was quoted or escaped is a character as any other. */
export interface PatternCharacter {
  readonly character: string;
  readonly isLiteral: boolean;
}

/** Makes a pattern of characters; `anywhere`: what is looked for may lie in the middle of a text. */
export function patternOf(characters: Iterable<PatternCharacter>, anywhere: boolean): Pattern {
  const parts = [''];
  let begins = true;
  let isStar = false;
  for (const { character, isLiteral } of characters) {
    if (character === '*' && !isLiteral) {
      if (parts.length === 1 && parts[0] === '') begins = false;
      // Two stars are one.
      else if (!isStar) parts.push('');
      isStar = true;
    } else {
      parts[parts.length - 1] += character;
      isStar = false;
    }
  }
  const ends = !isStar;
  if (isStar && parts.length > 1) parts.pop();
  return {
    parts: parts.map((part) => part.toLowerCase()),
    atBeginning: begins && !anywhere,
    atEnd: ends && !anywhere,
  };
}

/** Whether a pattern says nothing of the text: `*`. */
export function isAnything({ parts, atBeginning, atEnd }: Pattern): boolean {
  return parts.length === 1 && parts[0] === '' && !(atBeginning && atEnd);
}

/** Whether a text is as the pattern says, whatever its case: each part is looked for once, the first place will do. */
export function fits({ parts, atBeginning, atEnd }: Pattern, value: string): boolean {
  const text = value.toLowerCase();
  const last = parts.length - 1;
  if (last === 0 && atBeginning && atEnd) return text === parts[0];
  let at = 0;
  for (const [i, part] of parts.entries()) {
    if (i === last && atEnd) return text.length - part.length >= at && text.endsWith(part);
    if (i === 0 && atBeginning) {
      if (!text.startsWith(part)) return false;
      at = part.length;
      continue;
    }
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return true;
}
