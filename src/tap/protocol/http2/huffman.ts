/**
 * The Huffman code of HPACK (RFC 7541 appendix B). The code is canonical: codes of one length follow each other in
 * the order of their symbols, so the lengths alone give it. Decoding takes half a byte at a step through a table.
 */

/** Bits of the code of each byte value, and of the end-of-string symbol (256). */
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7,
  8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19,
  13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13,
  28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21,
  22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23,
  22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25,
  25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];
const END_OF_STRING = 256;
/** A symbol takes at least this many bits, so half a byte ends at most one. */
const SHORTEST = 5;

/** One step: the node behind half a byte, and the symbol it ended, or -1. */
interface Steps {
  readonly node: Int16Array;
  readonly symbol: Int16Array;
  /** True for the nodes where a string may end: fewer than 8 bits, all ones (RFC 7541 section 5.2). */
  readonly mayEnd: Uint8Array;
}

function buildTree(): { readonly children: Int16Array; readonly count: number } {
  // Two children per inner node; leaves are stored as -2 - symbol, absent ones as -1.
  const children = new Int16Array(2 * 512).fill(-1);
  let count = 1;
  let code = 0;
  for (let length = SHORTEST; length <= 30; length++) {
    code *= 2;
    for (let symbol = 0; symbol <= END_OF_STRING; symbol++) {
      if (LENGTHS[symbol] !== length) continue;
      let node = 0;
      for (let bit = length - 1; bit > 0; bit--) {
        const slot = 2 * node + ((code >> bit) & 1);
        if (children[slot]! < 0) children[slot] = count++;
        node = children[slot]!;
      }
      children[2 * node + (code & 1)] = -2 - symbol;
      code++;
    }
  }
  return { children, count };
}

function buildSteps(): Steps {
  const { children, count } = buildTree();
  const node = new Int16Array(count * 16);
  const symbol = new Int16Array(count * 16).fill(-1);
  for (let from = 0; from < count; from++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let at = from;
      for (let bit = 3; bit >= 0; bit--) {
        const next = children[2 * at + ((nibble >> bit) & 1)]!;
        if (next < 0) {
          symbol[from * 16 + nibble] = -2 - next;
          at = 0;
        } else at = next;
      }
      node[from * 16 + nibble] = at;
    }
  }
  const mayEnd = new Uint8Array(count);
  for (let bits = 0, at = 0; bits < 8 && at >= 0; bits++) {
    mayEnd[at] = 1;
    at = children[2 * at + 1]!;
  }
  return { node, symbol, mayEnd };
}

let steps: Steps | undefined;

/**
 * Decodes `[start, end)` into `output`, which must hold 8/5 of the bytes. Returns how many bytes it wrote; -1 when
 * the padding is wrong or the end-of-string symbol stands in the string.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, output: Uint8Array): number {
  steps ??= buildSteps();
  const { node, symbol, mayEnd } = steps;
  let at = 0;
  let length = 0;
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    for (let shift = 4; shift >= 0; shift -= 4) {
      const step = at * 16 + ((byte >> shift) & 15);
      const found = symbol[step]!;
      at = node[step]!;
      if (found < 0) continue;
      if (found === END_OF_STRING) return -1;
      output[length++] = found;
    }
  }
  return mayEnd[at] === 1 ? length : -1;
}
