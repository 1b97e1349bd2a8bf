import './states.css';

/** What Skeleton takes. */
export interface SkeletonProps {
  /** CSS lengths; the size of what will stand there. */
  readonly width?: string | number;
  readonly height?: string | number;
}

/** Holds the place of what is being fetched, at its final size. It does not move. */
export function Skeleton({ width = '100%', height = 16 }: SkeletonProps) {
  return <span className="skeleton" style={{ width, height }} aria-hidden="true" />;
}
