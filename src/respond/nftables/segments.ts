/**
 * Networks laid side by side. An interval set of the kernel refuses elements that overlap, but decisions about networks
 * nest: 203.0.113.0/24 for an hour within 203.0.112.0/20 for a day. Each address is to be held for as long as the
 * longest decision that covers it.
 */

/** A network of a decision: its first and last address as numbers, and when it ends (ms since 1970). */
export interface Network {
  readonly first: bigint;
  readonly last: bigint;
  readonly untilMs: number;
}

/**
 * Disjoint pieces, in order, that cover what the networks cover, each until the latest end of those that cover it.
 * Networks nest or are apart, as prefixes do. At most twice as many pieces as networks; O(n log n).
 */
export function layOut(networks: Iterable<Network>): Network[] {
  const ordered = [...networks].sort(byPosition);
  const pieces: Network[] = [];
  /** Networks around the position, the outer first, each ending later (in time) than those around it. */
  const open: Network[] = [];
  let position = 0n;
  const piece = (last: bigint, untilMs: number): void => {
    if (position <= last) pieces.push({ first: position, last, untilMs });
    position = last + 1n;
  };
  const closeBefore = (first: bigint | undefined): void => {
    for (
      let top = open.at(-1);
      top !== undefined && (first === undefined || top.last < first);
      top = open.at(-1)
    ) {
      piece(top.last, top.untilMs);
      open.pop();
    }
  };
  for (const network of ordered) {
    closeBefore(network.first);
    const around = open.at(-1);
    if (around !== undefined) {
      if (network.untilMs <= around.untilMs) continue;
      if (position < network.first) piece(network.first - 1n, around.untilMs);
    }
    position = network.first;
    open.push(network);
  }
  closeBefore(undefined);
  return pieces;
}

/** The outer before the inner. */
function byPosition(a: Network, b: Network): number {
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  if (a.last !== b.last) return a.last > b.last ? -1 : 1;
  return 0;
}
