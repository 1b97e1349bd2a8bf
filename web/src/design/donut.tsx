import './donut.css';
import type { ReactNode } from 'react';
import { formatShare } from '../data/format.ts';
import { type DonutSlice, donutSlices, type Portion, ringPath } from './donut-scale.ts';

/** What Donut takes. */
export interface DonutProps {
  /** What it shows, for who cannot see it. */
  readonly label: string;
  readonly portions: readonly Portion[];
  /** Pixels across. */
  readonly size?: number;
  /** Pieces at most, the rest among them; up to 8. */
  readonly most?: number;
  /** What stands in the middle: the whole. */
  readonly total?: string;
  /** Values as words. */
  readonly format: (value: number) => string;
  /** A name as a link; plain without it. The rest never is one. */
  readonly link?: (name: string) => ReactNode;
}

/** Shares of a whole as a ring, with their names and values beside it: the list tells all that the ring shows. */
export function Donut({ label, portions, size = 104, most = 6, total, format, link }: DonutProps) {
  const slices = donutSlices(portions, most);
  const outer = size / 2;
  const inner = outer * 0.64;
  return (
    <figure className="donut" aria-label={label}>
      <svg
        className="donut-ring"
        width={size}
        height={size}
        viewBox={`${-outer} ${-outer} ${size} ${size}`}
        aria-hidden="true"
        focusable="false"
      >
        {slices.length === 0 && (
          <circle className="donut-empty" r={(inner + outer) / 2} strokeWidth={outer - inner} />
        )}
        {slices.map((slice, index) => (
          <path
            key={slice.rest ? '' : slice.name}
            className="donut-slice"
            d={ringPath(slice.from, slice.to, inner, outer)}
            fill={colourOf(slice, index)}
          />
        ))}
        {total !== undefined && (
          <text className="donut-total" y={4.5}>
            {total}
          </text>
        )}
      </svg>
      <ul className="donut-legend">
        {slices.map((slice, index) => (
          <li
            key={slice.rest ? '' : slice.name}
            title={`${slice.name}: ${format(slice.value)}, ${formatShare(slice.share)}`}
          >
            <span className="donut-swatch" style={{ background: colourOf(slice, index) }} />
            <span className="ellipsis">{slice.rest ? slice.name : (link?.(slice.name) ?? slice.name)}</span>
            <span className="donut-value">{format(slice.value)}</span>
          </li>
        ))}
      </ul>
    </figure>
  );
}

/** The last of the eight colours is the grey one: it is the rest's. */
function colourOf(slice: DonutSlice, index: number): string {
  return `var(--series-${slice.rest ? 8 : (index % 7) + 1})`;
}
