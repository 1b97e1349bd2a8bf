import { formatMoment } from '../../data/format.ts';
import {
  AddressLink,
  Badge,
  CommunityLink,
  EmptyState,
  ErrorState,
  KeyValue,
  NameLink,
} from '../../design/index.ts';
import { Rules } from './panel-section.tsx';
import { actionTone } from './request-columns.tsx';
import type { RequestRow } from './request-row.ts';

/** A request of which only records are left, or that was only seen going by. */
export function UnstoredRequest({
  row,
  error,
  retry,
}: {
  readonly row: RequestRow | undefined;
  readonly error: { readonly status: number; readonly message: string } | null;
  readonly retry: () => void;
}) {
  if (error !== null && error.status !== 404 && error.status !== 409) {
    return <ErrorState title="The request could not be read" error={error} retry={retry} />;
  }
  if (row === undefined) {
    return (
      <EmptyState icon="requests" title="This request is not stored">
        {error?.message ?? 'It is not in the list.'} <code>web.buffer.age</code> and{' '}
        <code>web.buffer.requests</code> say how long requests are kept.
      </EmptyState>
    );
  }
  return (
    <>
      <KeyValue
        items={[
          [
            'Client',
            <span key="client" className="mono">
              <AddressLink value={row.client} />
            </span>,
          ],
          ['Time', formatMoment(row.timeUs / 1000)],
          ['Method', row.method],
          ['Host', <NameLink key="host" value={row.host} />],
          [
            'Path',
            <span key="path" className="mono">
              {row.path}
            </span>,
          ],
          ['Status', row.status === undefined ? undefined : String(row.status)],
          [
            'Verdict',
            row.action === '' ? undefined : (
              <Badge key="verdict" tone={actionTone(row.action)}>
                {row.action}
              </Badge>
            ),
          ],
          [
            'Rules',
            row.ruleIds.length === 0 ? undefined : (
              <span key="rules" className="row">
                <Rules ids={row.ruleIds} />
              </span>
            ),
          ],
          [
            'Flow',
            row.communityId === '' ? undefined : (
              <span key="flow" className="mono">
                <CommunityLink value={row.communityId} />
              </span>
            ),
          ],
        ]}
      />
      <p className="muted">
        {row.reference === ''
          ? 'It was seen going by and did not come through weir: its flow has what was said.'
          : 'The buffer no longer has its parts: web.buffer.age and web.buffer.requests say how long they are kept.'}
      </p>
    </>
  );
}
