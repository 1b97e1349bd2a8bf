import { formatDuration, formatTime } from '../../data/format.ts';
import type { Curve, CurvePoint } from './reputation-curve.ts';

const WIDTH = 400;
const HEIGHT = 96;
/** The past and the future have a scale of their own each: one is minutes long, the other hours. */
const NOW = 0.6 * WIDTH;

/** How a reputation came about, and how it will fade: 0 to 100 from bottom to top. */
export function ReputationChart({ curve: { past, future } }: { readonly curve: Curve }) {
  const first = past[0]?.timeUs ?? 0;
  const last = future.at(-1)?.timeUs ?? first + 1;
  const now = future[0]?.timeUs ?? last;
  const nowMs = now / 1000;
  const x = (timeUs: number) =>
    timeUs <= now
      ? (NOW * (timeUs - first)) / Math.max(1, now - first)
      : NOW + ((WIDTH - NOW) * (timeUs - now)) / Math.max(1, last - now);
  const y = (score: number) => HEIGHT - (HEIGHT * score) / 100;
  const line = (points: readonly CurvePoint[]) =>
    points.map(({ timeUs, score }) => `${x(timeUs).toFixed(1)},${y(score).toFixed(1)}`).join(' ');
  const score = Math.round(past.at(-1)?.score ?? 0);
  const later = Math.round(future.at(-1)?.score ?? 0);
  return (
    <figure className="reputation-chart">
      <div className="reputation-plot">
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img">
          <title>
            Reputation over time: {score} now, {later} at {formatTime(last / 1000, nowMs)} if nothing is added
          </title>
          {[40, 70].map((bound) => (
            <line
              key={bound}
              className={`reputation-bound reputation-bound-${bound}`}
              x1={0}
              x2={WIDTH}
              y1={y(bound)}
              y2={y(bound)}
            />
          ))}
          <polygon
            className="reputation-area"
            points={`${x(first).toFixed(1)},${HEIGHT} ${line(past)} ${x(now).toFixed(1)},${HEIGHT}`}
          />
          <polyline className="reputation-line" points={line(past)} />
          <polyline className="reputation-line reputation-future" points={line(future)} />
        </svg>
        <span className="reputation-now" style={{ left: `${(100 * NOW) / WIDTH}%` }}>
          now
        </span>
      </div>
      <figcaption className="muted reputation-axis">
        <span>{formatTime(first / 1000, nowMs)}</span>
        <span>in {formatDuration((last - now) / 1e6)}</span>
      </figcaption>
    </figure>
  );
}
