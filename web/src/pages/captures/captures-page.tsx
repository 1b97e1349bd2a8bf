import './captures.css';
import { useMemo } from 'react';
import type { Static } from 'typebox';
import type { CapturesSchema } from '../../../../src/api/schema/captures.ts';
import { formatBytes, formatCount, formatDuration } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import {
  Badge,
  Bytes,
  Card,
  type Column,
  Count,
  DataTable,
  EmptyState,
  ErrorState,
  IconButton,
  Meter,
  Page,
  Skeleton,
  Stat,
  TimeAgo,
} from '../../design/index.ts';
import { spanWords } from '../../query/index.ts';
import { PacketForm } from './packet-form.tsx';

type Captures = Static<typeof CapturesSchema>;
type CaptureFile = Captures['files'][number];
type Finding = Captures['findings'][number];

const EVERY_MS = 10_000;
const SHOWN_FILES = 1000;

const FILE_COLUMNS: readonly Column<CaptureFile>[] = [
  {
    id: 'path',
    header: 'File',
    width: 220,
    grow: true,
    mono: true,
    sortBy: ({ path }) => path,
    cell: ({ path }) => (
      <span className="ellipsis" title={path}>
        {nameOf(path)}
      </span>
    ),
  },
  {
    id: 'first',
    header: 'From',
    width: 160,
    sortBy: ({ firstUs }) => firstUs,
    cell: ({ firstUs }) =>
      firstUs === undefined ? <span className="muted">–</span> : <TimeAgo at={firstUs} clock />,
  },
  {
    id: 'span',
    header: 'Holds',
    width: 96,
    number: true,
    sortBy: ({ firstUs, lastUs }) => spanOf(firstUs, lastUs),
    cell: ({ firstUs, lastUs }) => formatDuration(spanOf(firstUs, lastUs)),
  },
  {
    id: 'packets',
    header: 'Packets',
    width: 84,
    number: true,
    title: 'Counted where the whole file was read',
    sortBy: ({ packets }) => packets,
    cell: ({ packets }) => <Count value={packets} />,
  },
  {
    id: 'bytes',
    header: 'Size',
    width: 84,
    number: true,
    sortBy: ({ bytes }) => bytes,
    cell: ({ bytes }) => <Bytes value={bytes} />,
  },
  {
    id: 'format',
    header: 'Format',
    width: 120,
    sortBy: ({ format }) => format,
    cell: ({ format, compression }) =>
      format === '' ? (
        <Badge tone="danger">no capture</Badge>
      ) : (
        [format, compression].filter(Boolean).join(', ')
      ),
  },
  {
    id: 'state',
    header: 'State',
    width: 92,
    cell: ({ cut }) =>
      cut ? (
        <Badge tone="notice" title="It ends within a packet">
          cut
        </Badge>
      ) : (
        <Badge tone="good">whole</Badge>
      ),
  },
];

/** Packets that are kept: the ring and its bounds, the files, what is wrong with them, and how to save packets. */
export function CapturesPage() {
  const told = useApi<Captures>('/captures', { limit: SHOWN_FILES }, { everyMs: EVERY_MS });
  const captures = told.data;
  const files = useMemo(() => [...(captures?.files ?? [])].reverse(), [captures?.files]);
  return (
    <Page
      title="Captures"
      detail={
        captures === undefined
          ? undefined
          : `${formatCount(captures.fileCount)} files, ${formatBytes(captures.bytes)}`
      }
      actions={
        <IconButton icon="refresh" label="Ask again" kind="plain" onClick={() => void told.refetch()} />
      }
    >
      {captures === undefined ? (
        told.error === null ? (
          <Skeleton height={480} />
        ) : (
          <ErrorState
            title="The captures could not be read"
            error={told.error}
            retry={() => void told.refetch()}
          />
        )
      ) : captures.kind === 'none' ? (
        <EmptyState icon="captures" title="No packets are kept">
          {captures.advice || (
            <>
              Name a folder in <code>capture.ring.folder</code> of weir.yaml, and in{' '}
              <code>capture.ring.size</code> what it may take.
            </>
          )}
        </EmptyState>
      ) : (
        <div className="captures">
          <div className="captures-side">
            <Kept captures={captures} />
            <Card title="Save packets">
              <PacketForm firstUs={captures.firstUs} lastUs={captures.lastUs} />
            </Card>
          </div>
          <div className="stack">
            <Card
              title="Files"
              flush
              actions={
                captures.files.length < captures.fileCount ? (
                  <span className="muted">the newest {formatCount(captures.files.length)}</span>
                ) : undefined
              }
            >
              <DataTable
                label="Files of packets"
                columns={FILE_COLUMNS}
                rows={files}
                rowId={pathOf}
                height={Math.min(480, 34 + 30 * Math.max(4, files.length) + 8)}
                empty={
                  <EmptyState icon="captures" title="No file yet">
                    The first one appears when packets come.
                  </EmptyState>
                }
              />
            </Card>
            <Findings findings={captures.findings} />
          </div>
        </div>
      )}
    </Page>
  );
}

function Kept({ captures }: { readonly captures: Captures }) {
  const { ring, bytes, firstUs, lastUs, sensors } = captures;
  const heldS = spanOf(firstUs, lastUs);
  const folders = Math.max(1, ring?.folders.length ?? 1);
  return (
    <Card title={captures.kind === 'ring' ? 'The ring' : 'The captures that are read'}>
      <div className="stack">
        <div className="captures-stats">
          <Stat label="Kept" value={formatBytes(bytes)} detail={`${formatCount(captures.fileCount)} files`} />
          <Stat
            label="Reaches over"
            value={formatDuration(heldS)}
            detail={
              firstUs === undefined || lastUs === undefined
                ? 'no packet yet'
                : spanWords(firstUs / 1000, lastUs / 1000)
            }
          />
        </div>
        {ring !== undefined && (
          <>
            {/* A full ring is how it should be: it takes the place of its oldest file. */}
            <Meter
              label={`Room (capture.ring.size${folders > 1 ? `, ${folders} sensors` : ''})`}
              value={bytes}
              most={ring.sizeBytes * folders}
              warnAt={2}
              dangerAt={2}
              detail={`${formatBytes(bytes)} of ${formatBytes(ring.sizeBytes * folders)}`}
            />
            <Meter
              label="Age (capture.ring.age)"
              value={(heldS ?? 0) * 1000}
              most={ring.ageMs}
              warnAt={2}
              dangerAt={2}
              detail={`${formatDuration(heldS)} of ${formatDuration(ring.ageMs / 1000)}`}
            />
            <p className="muted">
              Files of {formatBytes(ring.fileBytes)} in <code>{ring.folder}</code>; the oldest goes first.
            </p>
          </>
        )}
        {sensors.map((sensor) => (
          <div key={sensor.name} className="captures-sensor">
            <div className="row">
              <strong>{sensor.name}</strong>
              <span className="mono muted ellipsis">{sensor.source}</span>
              <Badge tone={sensor.problem !== '' ? 'danger' : sensor.working ? 'good' : 'neutral'} dot>
                {sensor.problem !== '' ? 'problem' : sensor.working ? 'working' : 'all read'}
              </Badge>
            </div>
            <span className="muted">
              {formatCount(sensor.packets)} packets
              {sensor.live && `, ${formatCount(sensor.written)} kept`}
              {sensor.unwritten > 0 && `, ${formatCount(sensor.unwritten)} could not be kept`}
              {sensor.dropped > 0 && `, ${formatCount(sensor.dropped)} dropped by the kernel`}
            </span>
            {sensor.problem !== '' && <span className="captures-problem">{sensor.problem}</span>}
          </div>
        ))}
      </div>
    </Card>
  );
}

const SEVERITY = { error: 'danger', warning: 'warning', note: 'notice' } as const;
const RANK = { error: 0, warning: 1, note: 2 } as const;
const MOST_FINDINGS = 200;

function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  const sorted = useMemo(
    () => [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity]).slice(0, MOST_FINDINGS),
    [findings],
  );
  return (
    <Card title={findings.length === 0 ? 'Findings' : `Findings (${formatCount(findings.length)})`}>
      {sorted.length === 0 ? (
        <p className="muted">Nothing is wrong with the files: no gap, no overlap, no damage.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys have to reach it
        <ul className="captures-findings" tabIndex={0} aria-label="Findings">
          {sorted.map((finding) => (
            <li key={`${finding.kind}${finding.message}`}>
              <Badge tone={SEVERITY[finding.severity]}>{finding.kind}</Badge>
              <span title={finding.path}>{shortened(finding)}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

/** The message begins with the path, which is long: its name is enough. */
function shortened({ path, message }: Finding): string {
  const folder = path.slice(0, path.length - nameOf(path).length);
  return folder === '' ? message : message.replaceAll(folder, '');
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function pathOf(file: CaptureFile): string {
  return file.path;
}

/** Seconds between two times in microseconds. */
function spanOf(firstUs: number | undefined, lastUs: number | undefined): number | undefined {
  return firstUs === undefined || lastUs === undefined ? undefined : (lastUs - firstUs) / 1e6;
}
