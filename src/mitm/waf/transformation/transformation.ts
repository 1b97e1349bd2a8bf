/**
 * One of SecLang's transformations (`t:NAME`).
 *
 * Values are binary strings: each character is one byte, 0 to 255. A transformation returns the very string that it was
 * given when it changes nothing: whoever keeps results by value then has one value instead of two.
 */
export interface Transformation {
  /** As rules write it, in ModSecurity's spelling: `urlDecodeUni`. Rules may write it in any case. */
  readonly name: string;
  /** What it does, in a sentence or two. */
  readonly description: string;
  readonly example: { readonly input: string; readonly output: string };
  /** Matches each single character without which a value stays as it is; absent where nothing such is known. */
  readonly changes?: RegExp;
  /** Never throws, for any input; takes time linear in its length. */
  apply(value: string): string;
}
