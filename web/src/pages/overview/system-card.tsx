import { Link } from '@tanstack/react-router';
import { formatBytes, formatCount } from '../../data/format.ts';
import type { StatusFigures } from '../../data/types.ts';
import { Badge } from '../../design/badge.tsx';
import { Card } from '../../design/card.tsx';
import type { Tone } from '../../design/class-names.ts';
import { Skeleton } from '../../design/skeleton.tsx';
import { type ProcessHealth, processHealth } from './figures.ts';

const TONES: Readonly<Record<ProcessHealth['state'], Tone>> = {
  starting: 'notice',
  running: 'good',
  waiting: 'danger',
  stopping: 'notice',
  stopped: 'warning',
};

/** Rows that are reserved until the processes are known. */
const EXPECTED = 5;

/** How each process is, and what waits for it. */
export function SystemCard({ figures }: { readonly figures: StatusFigures | undefined }) {
  const processes = figures === undefined ? undefined : processHealth(figures);
  return (
    <Card
      className="system"
      flush
      title="Processes"
      actions={
        <Link to="/settings" className="card-link">
          Settings
        </Link>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls where there are many */}
      <section className="plain-table-place" aria-label="Table of processes" tabIndex={0}>
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">Process</th>
              <th scope="col">State</th>
              <th scope="col" className="number" title="Processors that it keeps busy: 100 % is a whole one">
                CPU
              </th>
              <th scope="col" className="number">
                Memory
              </th>
              <th scope="col" className="number">
                Restarts
              </th>
              <th scope="col" className="number" title="How full the fullest of its queues is">
                Queue
              </th>
            </tr>
          </thead>
          <tbody>
            {processes === undefined
              ? Array.from({ length: EXPECTED }, (_, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
                  <tr key={index}>
                    <td colSpan={6}>
                      <Skeleton height={12} />
                    </td>
                  </tr>
                ))
              : processes.map((one) => <ProcessRow key={one.name} process={one} />)}
          </tbody>
        </table>
      </section>
    </Card>
  );
}

function ProcessRow({ process }: { readonly process: ProcessHealth }) {
  const { name, state, cpu, residentBytes, restarts, queueShare, dropped } = process;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <Badge tone={TONES[state]} dot>
          {state}
        </Badge>
      </td>
      <td className="number">{cpu === undefined ? '–' : `${Math.round(100 * cpu)} %`}</td>
      <td className="number">{formatBytes(residentBytes)}</td>
      <td className={restarts > 0 ? 'number stat-warning' : 'number muted'}>{formatCount(restarts)}</td>
      <td className="number" title={process.queues.join('\n')}>
        {queueShare === undefined ? (
          <span className="muted">–</span>
        ) : dropped > 0 ? (
          <span className="stat-danger">{formatCount(dropped)} lost</span>
        ) : (
          <span className={queueShare >= 0.5 ? 'stat-warning' : 'muted'}>
            {Math.round(100 * queueShare)} %
          </span>
        )}
      </td>
    </tr>
  );
}
