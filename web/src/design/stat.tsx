import './stat.css';
import type { ReactNode } from 'react';
import { classNames, type Tone } from './class-names.ts';
import { Skeleton } from './skeleton.tsx';
import { Sparkline } from './sparkline.tsx';

/** What Stat takes. */
export interface StatProps {
  readonly label: string;
  /** The figure, already with its unit; undefined while it is not known. */
  readonly value: ReactNode;
  /** A few words below: of what, since when. */
  readonly detail?: ReactNode;
  readonly tone?: Tone;
  /** Values over time, the oldest first, drawn below. */
  readonly trend?: readonly number[];
  readonly title?: string;
}

/** One figure with its name, and perhaps how it went. */
export function Stat({ label, value, detail, tone = 'neutral', trend, title }: StatProps) {
  return (
    <div className="stat" title={title}>
      <div className="stat-label">{label}</div>
      <div className={classNames('stat-value', `stat-${tone}`)}>
        {value === undefined ? <Skeleton width={72} height={22} /> : value}
      </div>
      {detail !== undefined && <div className="stat-detail">{detail}</div>}
      {trend !== undefined && <Sparkline values={trend} label={`${label}, last minutes`} />}
    </div>
  );
}
