import type { Wish } from '../../event/index.ts';

/** What comes on the topic of wishes. */
export type FromCorrelator =
  | { readonly wish: Wish }
  /** So many clients are active: guards count in shares of them. */
  | { readonly clients: number };

/** Reads a line; undefined for what is none. What a wish says is the responder's to check. */
export function fromCorrelator(line: string): FromCorrelator | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { wish, clients } = value as { readonly [name: string]: unknown };
  if (typeof wish === 'object' && wish !== null) return { wish: wish as Wish };
  return typeof clients === 'number' && clients >= 0 ? { clients } : undefined;
}
