import type { Protocol } from './parser.ts';

/** Every protocol that weir parses. A new one is its folder and one line here. */
export const PROTOCOLS: readonly Protocol[] = [];
