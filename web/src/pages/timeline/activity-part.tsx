import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { formatBytes } from '../../data/format.ts';
import { Badge, Button, CommunityLink, EmptyState, NameLink, TimeAgo } from '../../design/index.ts';
import type { ActivityEntry, AddressActivity } from './answers.ts';

type Kind = ActivityEntry['kind'];

const KINDS: readonly (readonly [kind: Kind, label: string])[] = [
  ['request', 'Requests'],
  ['waf', 'WAF'],
  ['flow', 'Flows'],
  ['name', 'Names'],
  ['file', 'Files'],
  ['alert', 'Alerts'],
  ['decision', 'Decisions'],
];
/** Names and files that are listed apart. */
const MOST_NAMED = 12;

/** What an address did lately: one timeline of all kinds, with its names and files. */
export function ActivityPart({ activity }: { readonly activity: AddressActivity | undefined }) {
  const [kind, setKind] = useState<Kind>();
  if (activity === undefined) {
    return (
      <EmptyState icon="info" title="Not seen lately">
        The context of addresses begins anew with weir; what was before is in the history: see its flows and
        requests.
      </EmptyState>
    );
  }
  const { timeline, namesResolved, namesAsked, files } = activity;
  const shown = kind === undefined ? timeline : timeline.filter((entry) => entry.kind === kind);
  const names = [...new Set([...namesResolved, ...namesAsked].map(({ name }) => name))];
  return (
    <div className="stack">
      <div className="row">
        <Button small aria-pressed={kind === undefined} onClick={() => setKind(undefined)}>
          All
        </Button>
        {KINDS.filter(([one]) => timeline.some((entry) => entry.kind === one)).map(([one, label]) => (
          <Button key={one} small aria-pressed={kind === one} onClick={() => setKind(one)}>
            {label}
          </Button>
        ))}
      </div>
      <ol className="activity" aria-label="Timeline of the address, the newest first">
        {shown.map((entry, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two entries may be equal
          <li key={`${entry.timeUs} ${index}`} className="activity-entry">
            <span className="activity-time muted">
              <TimeAgo at={entry.timeUs} clock />
            </span>
            <Badge tone={toneOfKind(entry.kind)}>{entry.kind}</Badge>
            <span className="activity-text">
              {entry.text} {linkOf(entry)}
            </span>
          </li>
        ))}
      </ol>
      {names.length > 0 && (
        <section>
          <h3>Names</h3>
          <p className="row mono">
            {names.slice(0, MOST_NAMED).map((name) => (
              <NameLink key={name} value={name} />
            ))}
            {names.length > MOST_NAMED && <span className="muted">and {names.length - MOST_NAMED} more</span>}
          </p>
        </section>
      )}
      {files.length > 0 && (
        <section>
          <h3>Files</h3>
          <ul className="plain-list">
            {files.slice(0, MOST_NAMED).map((file) => (
              <li key={`${file.timeUs} ${file.sha256} ${file.name}`} className="row">
                <Badge>{file.isReceived ? 'received' : 'sent'}</Badge>
                <span className="mono">{file.name}</span>
                <span className="muted">
                  {file.mimeType}, {formatBytes(file.size)}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function toneOfKind(kind: Kind) {
  return kind === 'waf' || kind === 'alert' ? 'warning' : kind === 'decision' ? 'danger' : 'neutral';
}

function linkOf({ kind, id }: ActivityEntry): ReactNode {
  if (id === '') return null;
  switch (kind) {
    case 'request':
    case 'waf':
      return (
        <Link className="entity activity-link" to="/requests" search={{ request: id }}>
          request
        </Link>
      );
    case 'flow':
      return (
        <span className="activity-link">
          <CommunityLink value={id}>flow</CommunityLink>
        </span>
      );
    case 'alert':
      return (
        <Link className="entity activity-link" to="/timeline" search={{ evidence: id }}>
          evidence
        </Link>
      );
    case 'decision':
      return (
        <Link className="entity activity-link" to="/decisions" search={{ decision: id }}>
          decision
        </Link>
      );
    case 'name':
    case 'file':
      return null;
    default: {
      const never: never = kind;
      return never;
    }
  }
}
