import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isRandomised } from './mac.ts';

/** Lengths of the blocks that the IEEE gives out, in hexadecimal digits, the most specific first. */
const BLOCKS = [9, 7, 6] as const;

/** Who hardware addresses were given to. */
export interface Vendors {
  /** Blocks known. */
  readonly size: number;
  /** Vendor of a MAC address (lower case, colons); undefined where the block is unknown or the address randomised. */
  vendorOf(mac: string): string | undefined;
}

let loaded: Vendors | undefined;

/**
 * Vendors by the IEEE's registry of the package `oui-data`, read when first asked for. Of its text (address of the
 * vendor and all) only names are kept. Throws where the package is missing or damaged.
 */
export function loadVendors(): Vendors {
  loaded ??= compact(readRegistry());
  return loaded;
}

function readRegistry(): Record<string, unknown> {
  const path = fileURLToPath(import.meta.resolve('oui-data'));
  return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
}

/**
 * Makes a table of one text and two arrays: fifty thousand entries as objects would weigh more than the rest of the
 * view.
 */
function compact(registry: Record<string, unknown>): Vendors {
  const entries: { readonly block: number; readonly name: string }[] = [];
  for (const [digits, value] of Object.entries(registry)) {
    const block = blockNumber(digits);
    if (block !== undefined && typeof value === 'string') entries.push({ block, name: firstLine(value) });
  }
  entries.sort((a, b) => a.block - b.block);
  const blocks = new Float64Array(entries.length);
  const ends = new Uint32Array(entries.length);
  let end = 0;
  for (const [i, { block, name }] of entries.entries()) {
    blocks[i] = block;
    end += name.length;
    ends[i] = end;
  }
  const names = entries.map((entry) => entry.name).join('');
  return {
    size: blocks.length,
    vendorOf(mac) {
      if (isRandomised(mac)) return undefined;
      const digits = mac.replaceAll(':', '');
      for (const length of BLOCKS) {
        const block = blockNumber(digits.slice(0, length));
        const at = block === undefined ? -1 : indexOf(blocks, block);
        if (at >= 0) return names.slice(at === 0 ? 0 : ends[at - 1], ends[at]);
      }
      return undefined;
    },
  };
}

/** Digits and their number as one number; undefined for what is no block. */
function blockNumber(digits: string): number | undefined {
  if (!/^[0-9a-f]{6,9}$/i.test(digits)) return undefined;
  return digits.length * 2 ** 36 + Number.parseInt(digits, 16);
}

function indexOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const found = sorted[middle] as number;
    if (found === value) return middle;
    if (found < value) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').trim();
}
