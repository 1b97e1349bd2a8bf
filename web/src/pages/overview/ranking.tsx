import type { ReactNode } from 'react';
import { Skeleton } from '../../design/skeleton.tsx';

/** One line of a Ranking. */
export interface Ranked {
  readonly name: string;
  readonly value: number;
  /** The name as a link. */
  readonly link: ReactNode;
}

const SKELETONS = Array.from({ length: 6 }, (_, index) => index);

/** The most of something, the largest first, with bars behind the names. Its room is the same in every state. */
export function Ranking({
  items,
  format,
  empty,
}: {
  /** Undefined while they are not known. */
  readonly items: readonly Ranked[] | undefined;
  readonly format: (value: number) => string;
  /** What stands there when there are none. */
  readonly empty: ReactNode;
}) {
  if (items === undefined) {
    return (
      <div className="ranking" aria-hidden="true">
        {SKELETONS.map((index) => (
          <div key={index} className="ranking-item">
            <Skeleton width={`${90 - 12 * index}%`} height={12} />
          </div>
        ))}
      </div>
    );
  }
  if (items.length === 0) return <div className="ranking ranking-none muted">{empty}</div>;
  const most = Math.max(...items.map(({ value }) => value), Number.MIN_VALUE);
  return (
    <ol className="ranking">
      {items.map(({ name, value, link }) => (
        <li key={name} className="ranking-item">
          <span className="ranking-bar" style={{ width: `${(100 * value) / most}%` }} />
          <span className="ranking-name ellipsis">{link}</span>
          <span className="ranking-value">{format(value)}</span>
        </li>
      ))}
    </ol>
  );
}
