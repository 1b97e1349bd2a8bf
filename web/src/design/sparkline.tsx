import './stat.css';

/** What Sparkline takes. */
export interface SparklineProps {
  /** The oldest first. */
  readonly values: readonly number[];
  /** What it shows, for who cannot see it. */
  readonly label: string;
  /** Pixels; it is as wide as its place. */
  readonly height?: number;
  /** The value at the top; without it the largest. */
  readonly top?: number;
}

const WIDTH = 100;

/** A line of values without axes, from zero up. */
export function Sparkline({ values, label, height = 28, top }: SparklineProps) {
  const highest = Math.max(top ?? 0, ...values, Number.MIN_VALUE);
  const step = values.length > 1 ? WIDTH / (values.length - 1) : 0;
  const points = values.map((value, index) => {
    const y = height - 1 - (Math.max(0, value) / highest) * (height - 2);
    return `${(index * step).toFixed(2)},${y.toFixed(2)}`;
  });
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${height}`}
      height={height}
      preserveAspectRatio="none"
      role="img"
    >
      <title>{label}</title>
      {points.length > 1 && (
        <>
          <polygon className="sparkline-area" points={`0,${height} ${points.join(' ')} ${WIDTH},${height}`} />
          <polyline className="sparkline-line" points={points.join(' ')} />
        </>
      )}
    </svg>
  );
}
