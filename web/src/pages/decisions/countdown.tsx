import { useEffect, useState } from 'react';
import { formatDuration, formatMoment } from '../../data/format.ts';
import type { Decision } from '../../deciding/answers.ts';
import { shareLeft } from '../../deciding/decision-words.ts';
import { useNow } from '../../design/index.ts';

/** Below it seconds are counted. */
const SOON_MS = 120_000;

/** How long a decision still holds, counting down. */
export function Countdown({ decision }: { readonly decision: Decision }) {
  const now = useNow();
  const left = decision.untilMs - now;
  return left < SOON_MS ? <Seconds decision={decision} /> : <Left decision={decision} nowMs={now} />;
}

/** The last minutes, each second. */
function Seconds({ decision }: { readonly decision: Decision }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <Left decision={decision} nowMs={now} />;
}

function Left({ decision, nowMs }: { readonly decision: Decision; readonly nowMs: number }) {
  const seconds = Math.round((decision.untilMs - nowMs) / 1000);
  return (
    <span className="countdown" title={`Until ${formatMoment(decision.untilMs)}`}>
      <span className="countdown-words">{seconds <= 0 ? 'ended' : `in ${formatDuration(seconds)}`}</span>
      <span className="countdown-track" aria-hidden="true">
        <span className="countdown-fill" style={{ width: `${100 * shareLeft(decision, nowMs)}%` }} />
      </span>
    </span>
  );
}
