/** Longest name that a reason shows. */
const LONGEST_NAME = 48;

/** A name of the request as a reason may show it: printable ASCII, cut. */
export function shownName(name: string): string {
  const text = name.slice(0, LONGEST_NAME).replaceAll(/[^\x21-\x7e]/g, '?');
  return name.length > LONGEST_NAME ? `${text}...` : text;
}

/** `1,200`. */
export function shownCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
