import { Badge, CopyButton, EmptyState, TimeAgo } from '../../design/index.ts';
import { partOf, textOf } from './flow-row.ts';

type EveRecord = Readonly<Record<string, unknown>>;

/** All records of a flow, the oldest first; each opens to the whole of it. */
export function FlowRecords({
  records,
  isCutOff,
}: {
  readonly records: readonly EveRecord[];
  readonly isCutOff: boolean;
}) {
  if (records.length === 0) {
    return (
      <EmptyState title="No records yet">
        Transactions stand here when they are complete, the flow itself when it has ended.
      </EmptyState>
    );
  }
  return (
    <div className="record-list">
      {records.map((record, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: records have no name, and their order stays
        <details key={at}>
          <summary>
            <span className="muted">
              <TimeAgo at={textOf(record.timestamp)} clock />
            </span>
            <Badge tone={toneOf(record)}>{String(record.event_type)}</Badge>
            <span className="ellipsis">{wordsOf(record)}</span>
          </summary>
          <div className="record-whole">
            <CopyButton text={JSON.stringify(record, null, 2)} label="Copy this record" />
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that keys must reach it */}
            <pre tabIndex={0}>{JSON.stringify(record, null, 2)}</pre>
          </div>
        </details>
      ))}
      {isCutOff && <p className="muted">There are more of them: ask for the community id on this page.</p>}
    </div>
  );
}

function toneOf(record: EveRecord): 'neutral' | 'danger' | 'warning' | 'notice' | 'accent' {
  switch (record.event_type) {
    case 'alert':
    case 'decision':
      return 'danger';
    case 'waf':
    case 'anomaly':
    case 'correlation':
      return 'warning';
    case 'flow':
      return 'accent';
    default:
      return 'neutral';
  }
}

/** What a record says, in a few words. */
function wordsOf(record: EveRecord): string {
  const part = partOf(record[String(record.event_type)]);
  const http = partOf(record.http);
  const [query] = Array.isArray(partOf(record.dns).queries) ? (partOf(record.dns).queries as unknown[]) : [];
  const words = [
    textOf(http.http_method),
    textOf(http.url),
    typeof http.status === 'number' ? String(http.status) : undefined,
    textOf(partOf(query).rrname),
    textOf(partOf(query).rrtype),
    textOf(part.sni),
    textOf(part.version),
    textOf(part.message),
    textOf(part.signature),
    textOf(part.event),
    textOf(part.filename),
    textOf(part.reason),
    textOf(part.command),
  ];
  return words
    .filter((word) => word !== undefined)
    .join(' ')
    .slice(0, 300);
}
