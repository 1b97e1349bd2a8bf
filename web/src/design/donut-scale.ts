/** Something with its share of a whole. */
export interface Portion {
  readonly name: string;
  readonly value: number;
}

/** A piece of a ring. */
export interface DonutSlice extends Portion {
  /** 0 to 1. */
  readonly share: number;
  /** Where it begins and ends, as shares of the circle from the top on, clockwise. */
  readonly from: number;
  readonly to: number;
  /** True: all that have no piece of their own. */
  readonly rest: boolean;
}

/** The name of the piece of all that have none of their own. */
export const REST = 'others';

/**
 * Pieces of a ring, the largest first: at most `most`, the last of which is the rest where there are more. What has no
 * positive value has none.
 */
export function donutSlices(portions: readonly Portion[], most: number): readonly DonutSlice[] {
  const sorted = portions
    .filter(({ value }) => Number.isFinite(value) && value > 0)
    .toSorted((a, b) => b.value - a.value);
  const total = sorted.reduce((sum, { value }) => sum + value, 0);
  const own = sorted.length > most ? sorted.slice(0, most - 1) : sorted;
  const rest = total - own.reduce((sum, { value }) => sum + value, 0);
  const pieces = [
    ...own.map((portion) => ({ ...portion, rest: false })),
    ...(own.length < sorted.length ? [{ name: REST, value: rest, rest: true }] : []),
  ];
  let from = 0;
  return pieces.map(({ name, value, rest: isRest }) => {
    const share = value / total;
    const slice = { name, value, share, from, to: Math.min(1, from + share), rest: isRest };
    from = slice.to;
    return slice;
  });
}

/** A piece of a ring as an SVG path around (0, 0), from one share of the circle to another; a whole ring is two halves. */
export function ringPath(from: number, to: number, inner: number, outer: number): string {
  if (to - from >= 1 - 1e-9) {
    return `${ringPath(from, from + 0.5, inner, outer)}${ringPath(from + 0.5, from + 0.999_999, inner, outer)}`;
  }
  const large = to - from > 0.5 ? 1 : 0;
  return (
    `M${pointAt(from, outer)}A${outer},${outer} 0 ${large} 1 ${pointAt(to, outer)}` +
    `L${pointAt(to, inner)}A${inner},${inner} 0 ${large} 0 ${pointAt(from, inner)}Z`
  );
}

function pointAt(share: number, radius: number): string {
  const angle = 2 * Math.PI * share;
  return `${(Math.sin(angle) * radius).toFixed(2)},${(-Math.cos(angle) * radius).toFixed(2)}`;
}
