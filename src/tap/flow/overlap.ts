/**
 * Who wins where two segments claim the same bytes and neither has been delivered, by operating system (Novak and
 * Sturges, "Target-Based TCP Stream Reassembly", 2007).
 */
export const OVERLAP_POLICIES = ['first', 'last', 'bsd', 'linux', 'windows', 'solaris'] as const;
export type OverlapPolicy = (typeof OVERLAP_POLICIES)[number];

/**
 * True when the later segment `[start, end)` replaces the bytes it shares with the earlier `[heldStart, heldEnd)`.
 * Positions are relative to one origin.
 */
export function laterWins(
  policy: OverlapPolicy,
  heldStart: number,
  heldEnd: number,
  start: number,
  end: number,
): boolean {
  switch (policy) {
    case 'first':
      return false;
    case 'last':
      return true;
    case 'bsd':
      return start < heldStart;
    case 'linux':
      return start < heldStart || (start === heldStart && end > heldEnd);
    case 'windows':
      return start < heldStart && end > heldEnd;
    case 'solaris':
      return !(heldEnd > end) && !(heldStart < start && heldEnd >= end);
  }
}
