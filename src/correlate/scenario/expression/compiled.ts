import type { Frame } from './frame.ts';
import type { Type } from './types.ts';

/** A part of an expression that is ready to run. */
export interface Compiled {
  readonly type: Type;
  readonly run: (frame: Frame) => unknown;
  /** Its value, where that is the same always. */
  readonly constant?: { readonly value: unknown };
  /** Where it is a map of a structure: one key of it without making the map. */
  readonly readKey?: (frame: Frame, key: string) => unknown;
  /** The innermost open walk whose element it needs: 0 for none. */
  readonly depth: number;
}

/** A constant part. */
export function constantOf(value: unknown, type: Type): Compiled {
  return { type, run: () => value, constant: { value }, depth: 0 };
}

/** Gives a run the slots that it needs of a frame. */
export type Slots = () => number;
