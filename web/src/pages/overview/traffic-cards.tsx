import { Link } from '@tanstack/react-router';
import { addressOf } from '../../data/address.ts';
import { formatBytes, formatCount } from '../../data/format.ts';
import { useApi } from '../../data/queries.ts';
import type { StatusFigures } from '../../data/types.ts';
import { Card } from '../../design/card.tsx';
import { Donut } from '../../design/donut.tsx';
import { AddressLink, FilterLink } from '../../design/entity-link.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import type { Top } from './figures.ts';
import { Ranking } from './ranking.tsx';

/** Lines of each list. */
const LINES = 6;
const TALKERS_EVERY_MS = 10_000;

/** What the traffic is made of. */
export function TrafficCards({ figures }: { readonly figures: StatusFigures | undefined }) {
  return (
    <div className="overview-traffic">
      <Card title="Protocols" actions={<span className="card-note">last minute</span>}>
        <Protocols figures={figures} />
      </Card>
      <Applications figures={figures} />
      <Talkers />
      <Card
        title="WAF categories"
        actions={
          <>
            <span className="card-note">last minute</span>
            <Link to="/waf" className="card-link">
              WAF
            </Link>
          </>
        }
      >
        <Ranking
          items={figures?.wafCategories.slice(0, LINES).map(({ name, count }) => ({
            name,
            value: count,
            link: <FilterLink to="/waf" name="category" value={name} />,
          }))}
          format={formatCount}
          empty={
            figures?.active === undefined
              ? 'Requests are judged once web.enabled is true.'
              : 'No rule matched in the last minute.'
          }
        />
      </Card>
    </div>
  );
}

function Protocols({ figures }: { readonly figures: StatusFigures | undefined }) {
  if (figures === undefined) return <Skeleton height={126} />;
  const bytes = figures.protocols.reduce((sum, one) => sum + one.bytes, 0);
  if (bytes === 0)
    return <div className="ranking ranking-none muted">No flow was told of in the last minute.</div>;
  return (
    <div className="ranking">
      <Donut
        label="Bytes of the last minute by protocol"
        portions={figures.protocols.map(({ name, bytes: value }) => ({ name, value }))}
        total={formatBytes(bytes)}
        most={LINES}
        format={formatBytes}
        link={(name) => <FilterLink to="/flows" name="protocol" value={name} />}
      />
    </div>
  );
}

/** Those of the history are steadier; without one, what the last minute had. */
function Applications({ figures }: { readonly figures: StatusFigures | undefined }) {
  const { data, error } = useApi<Top>(
    '/top/applications',
    { since: '1h', limit: LINES },
    { everyMs: TALKERS_EVERY_MS },
  );
  const items =
    error === null
      ? data?.items.map(({ key, bytesToServer, bytesToClient }) => ({
          name: key,
          value: bytesToServer + bytesToClient,
        }))
      : figures?.applications.slice(0, LINES).map(({ name, bytes }) => ({ name, value: bytes }));
  return (
    <Card
      title="Applications"
      actions={<span className="card-note">{error === null ? 'last hour' : 'last minute'}</span>}
    >
      <Ranking
        items={items
          ?.filter(({ name }) => name !== '')
          .map((one) => ({ ...one, link: <FilterLink to="/flows" name="application" value={one.name} /> }))}
        format={formatBytes}
        empty="No application was recognised yet."
      />
    </Card>
  );
}

function Talkers() {
  const { data, error } = useApi<Top>(
    '/top/sources',
    { since: '1h', limit: LINES },
    { everyMs: TALKERS_EVERY_MS },
  );
  return (
    <Card
      title="Top talkers"
      actions={
        <>
          <span className="card-note">last hour</span>
          <Link to="/lan" className="card-link">
            LAN
          </Link>
        </>
      }
    >
      <Ranking
        items={
          data?.items.map(({ key, bytesToServer, bytesToClient }) => ({
            name: key,
            value: bytesToServer + bytesToClient,
            link: (
              <span className="mono">
                <AddressLink value={addressOf(key) ?? key} />
              </span>
            ),
          })) ?? (error === null ? undefined : [])
        }
        format={formatBytes}
        empty={error === null ? 'No flow ended in the last hour.' : error.message}
      />
    </Card>
  );
}
