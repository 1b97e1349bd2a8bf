import { ICMP } from '../packet/packet.ts';

/** ICMP types that ask and answer each other (RFC 792, RFC 1256, RFC 4443, RFC 4861). */
const PAIRS_V4: readonly (readonly [number, number])[] = [
  [8, 0],
  [13, 14],
  [15, 16],
  [17, 18],
  [10, 9],
];
const PAIRS_V6: readonly (readonly [number, number])[] = [
  [128, 129],
  [130, 131],
  [133, 134],
  [135, 136],
  [139, 140],
  [144, 145],
];

function table(pairs: readonly (readonly [number, number])[]): Int16Array {
  const counterparts = new Int16Array(256).fill(-1);
  for (const [asks, answers] of pairs) {
    counterparts[asks] = answers;
    counterparts[answers] = asks;
  }
  return counterparts;
}
const V4 = table(PAIRS_V4);
const V6 = table(PAIRS_V6);

/** The type that answers `type` or is answered by it; -1 for a message that stands alone. */
export function counterpart(protocol: number, type: number): number {
  return (protocol === ICMP ? V4 : V6)[type & 255]!;
}

/** True for a type that belongs to an exchange of question and answer. */
export function hasCounterpart(protocol: number, type: number): boolean {
  return counterpart(protocol, type) >= 0;
}
