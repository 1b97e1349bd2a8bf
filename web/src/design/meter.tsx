import './stat.css';
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

/** What Meter takes. */
export interface MeterProps {
  readonly label: string;
  readonly value: number;
  readonly most: number;
  /** Words on the right; without them the share in percent. */
  readonly detail?: ReactNode;
  /** Shares from which it is coloured; 0.75 and 0.9 unless told. */
  readonly warnAt?: number;
  readonly dangerAt?: number;
}

/** How much of what there is room for is used. */
export function Meter({ label, value, most, detail, warnAt = 0.75, dangerAt = 0.9 }: MeterProps) {
  const share = most > 0 ? Math.min(1, Math.max(0, value / most)) : 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: browsers draw <meter> in colours of their own
    <div
      className={classNames('meter', share >= dangerAt ? 'meter-danger' : share >= warnAt && 'meter-warning')}
      role="meter"
      aria-label={label}
      aria-valuenow={value}
      aria-valuemin={0}
      aria-valuemax={most}
      aria-valuetext={typeof detail === 'string' ? detail : undefined}
    >
      <div className="meter-words">
        <span className="ellipsis">{label}</span>
        <span className="number muted">{detail ?? `${Math.round(share * 100)} %`}</span>
      </div>
      <div className="meter-track">
        <div className="meter-fill" style={{ width: `${share * 100}%` }} />
      </div>
    </div>
  );
}
