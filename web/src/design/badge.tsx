import './badge.css';
import type { ReactNode } from 'react';
import { classNames, type Tone } from './class-names.ts';

/** What Badge takes. */
export interface BadgeProps {
  readonly tone?: Tone;
  /** True: a dot before the word, as for states of processes. */
  readonly dot?: boolean;
  readonly title?: string;
  readonly children: ReactNode;
}

/** A word with a meaning: a state, a verdict, a category. The colour never says it alone. */
export function Badge({ tone = 'neutral', dot, title, children }: BadgeProps) {
  return (
    <span className={classNames('badge', `badge-${tone}`)} title={title}>
      {dot === true && <span className="badge-dot" aria-hidden="true" />}
      {children}
    </span>
  );
}
