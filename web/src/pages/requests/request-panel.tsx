import { Link } from '@tanstack/react-router';
import { type MouseEvent, useMemo, useState } from 'react';
import { formatMoment } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import { useMay } from '../../data/session.ts';
import type { ListPage } from '../../data/types.ts';
import {
  AddressLink,
  Badge,
  Button,
  CommunityLink,
  ConfirmDialog,
  CopyButton,
  KeyValue,
  NameLink,
  SidePanel,
  Skeleton,
} from '../../design/index.ts';
import type { Match } from './marked-parts.ts';
import { ReplayDialog } from './replay-dialog.tsx';
import { actionTone } from './request-columns.tsx';
import { RequestFindings } from './request-findings.tsx';
import { RequestAnswer, RequestParts } from './request-parts.tsx';
import type { EveRecord, RequestRow, StoredRequest } from './request-row.ts';
import { UnstoredRequest } from './unstored-request.tsx';

/** What RequestPanel takes. */
export interface RequestPanelProps {
  /** Reference of the request, or the id of a row that has none. */
  readonly id: string;
  /** What the table knows of it; undefined where it is not in the list. */
  readonly row: RequestRow | undefined;
  readonly onClose: () => void;
  readonly onPivot: (event: MouseEvent<HTMLElement>) => void;
}

const REFERENCE = /^[a-z0-9]{20}$/;

/** A request with its parts, what was found in it, its answer, and the flow that carried it. */
export function RequestPanel({ id, row, onClose, onPivot }: RequestPanelProps) {
  const [raw, setRaw] = useState(false);
  const [warned, setWarned] = useState(false);
  const [replaying, setReplaying] = useState(false);
  const isAdmin = useMay('admin');
  const isOperator = useMay('operator');
  const known = REFERENCE.test(id);
  const told = useApi<StoredRequest>(`/requests/${id}`, raw ? { raw: true } : {}, {
    enabled: known,
    keepPrevious: true,
  });
  const records = useApi<ListPage<EveRecord>>(
    '/records',
    { type: 'waf', q: `reference:${id}`, limit: 100 },
    { enabled: known },
  );
  const matches = useMemo(() => matchesIn(records.data?.items ?? []), [records.data]);
  const request = told.data;
  return (
    <SidePanel
      title={request === undefined ? 'Request' : `${request.method} ${request.path}`}
      onClose={onClose}
      actions={known ? <CopyButton text={id} label={`Copy the reference ${id}`} /> : undefined}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: hears of the buttons in it */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the buttons have keys of their own */}
      <div className="stack" onClick={onPivot}>
        {request !== undefined ? (
          <>
            <div className="row">
              <Badge tone={actionTone(request.action)}>{request.action}</Badge>
              {request.analysed && (
                <Badge
                  tone={request.score > 30 ? 'warning' : 'neutral'}
                  title="0 to 100; above 30 it counts as a threat"
                >
                  score {Math.round(request.score)}
                </Badge>
              )}
              {request.categories.map((category) => (
                <Badge key={category}>{category}</Badge>
              ))}
            </div>
            {request.reason !== '' && <p>{request.reason}</p>}
            <div className="row">
              {isOperator && (
                <Button icon="refresh" onClick={() => setReplaying(true)}>
                  Replay or judge again …
                </Button>
              )}
              {isAdmin && (
                <Button
                  icon={raw ? 'undo' : 'warning'}
                  onClick={() => (raw ? setRaw(false) : setWarned(true))}
                >
                  {raw ? 'Without secrets' : 'With secrets …'}
                </Button>
              )}
            </div>
            <KeyValue
              items={[
                [
                  'Client',
                  <span key="client" className="mono">
                    <AddressLink value={request.client.address} />{' '}
                    <span className="muted">port {request.client.port}</span>
                  </span>,
                ],
                ['Time', formatMoment(request.timeUs / 1000)],
                ['Host', <NameLink key="host" value={request.host} />],
                ['Came by', request.way],
                [
                  'Flow',
                  request.communityId === '' ? undefined : (
                    <span key="flow" className="mono">
                      <CommunityLink value={request.communityId} />
                    </span>
                  ),
                ],
                [
                  'Timeline',
                  <Link key="timeline" to="/timeline" search={{ address: request.client.address }}>
                    what else this client did
                  </Link>,
                ],
              ]}
            />
            <RequestParts request={request} matches={matches} raw={raw} />
            <RequestAnswer request={request} />
            <RequestFindings request={request} matches={matches} />
          </>
        ) : known && told.isPending ? (
          <Skeleton height={360} />
        ) : (
          <UnstoredRequest row={row} error={known ? told.error : null} retry={() => void told.refetch()} />
        )}
      </div>
      <ConfirmDialog
        open={warned}
        onClose={() => setWarned(false)}
        title="Show the request with its secrets?"
        confirm="Show them"
        kind="danger"
        onConfirm={() => {
          setWarned(false);
          setRaw(true);
        }}
      >
        <p>
          Passwords, cookies and tokens that were sent will stand on this page as they are. Mind who sees your
          screen.
        </p>
      </ConfirmDialog>
      {replaying && request !== undefined && (
        <ReplayDialog request={request} onClose={() => setReplaying(false)} />
      )}
    </SidePanel>
  );
}

function matchesIn(records: readonly EveRecord[]): readonly Match[] {
  return records.flatMap(({ waf }) => {
    if (typeof waf !== 'object' || waf === null) return [];
    const { variable, value, rule_id, message } = waf as Record<string, unknown>;
    if (typeof variable !== 'string' || typeof value !== 'string') return [];
    // Rules that add up what others found match sums, not the request.
    if (variable.startsWith('TX:')) return [];
    return [{ variable, value, ruleId: Number(rule_id), message: String(message ?? '') }];
  });
}
