import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { formatMoment, formatShare, timeMs } from '../../data/format.ts';
import {
  AddressLink,
  Badge,
  BitRate,
  Bytes,
  CommunityLink,
  Count,
  Duration,
  FingerprintLink,
  KeyValue,
  NameLink,
  RuleLink,
  TimeAgo,
  type Tone,
} from '../../design/index.ts';
import { Pivot } from '../../query/index.ts';
import type { Conversation } from './flow-panel.tsx';
import { type Flow, type OpenFlow, partOf, textOf } from './flow-row.ts';

/** The facts of a flow: who with whom, when, how much, what, and what is questionable. */
export function FlowFacts({ flow, story }: { readonly flow: Flow | OpenFlow; readonly story: Conversation }) {
  const record = story.records.findLast((one) => one.event_type === 'flow') ?? {};
  const app = partOf(record.app);
  const risks = Array.isArray(app.risks) ? app.risks.filter((risk) => typeof risk === 'string') : [];
  const tcp = partOf(record.tcp);
  const startMs = 'startUs' in flow ? flow.startUs / 1000 : (flow.timeUs - (flow.durationUs ?? 0)) / 1000;
  const up = flow.bytesToServer;
  const down = flow.bytesToClient;
  return (
    <div className="stack">
      <div className="flow-ends">
        <div className="flow-side">
          <span className="muted">Client</span>
          <span className="mono">
            <AddressLink value={flow.source} />
          </span>
          <span className="muted">{flow.sourcePort === undefined ? '' : `port ${flow.sourcePort}`}</span>
        </div>
        <div className="flow-between muted">
          <div>
            <Bytes value={up} /> →
          </div>
          <div>
            ← <Bytes value={down} />
          </div>
          <div>{up + down === 0 ? '' : `${formatShare(up / (up + down))} up`}</div>
        </div>
        <div className="flow-side flow-side-right">
          <span className="muted">Server</span>
          <span className="mono">
            <AddressLink value={flow.destination} />
          </span>
          <span className="muted">
            {flow.destinationPort === undefined ? '' : `port ${flow.destinationPort}`}
          </span>
        </div>
      </div>
      {risks.length > 0 && (
        <div className="row">
          {risks.map((risk) => (
            <Pivot key={risk} field="risk" value={risk} focusable>
              <Badge tone="warning">{risk}</Badge>
            </Pivot>
          ))}
        </div>
      )}
      <KeyValue
        items={[
          ['Name', flow.name === '' ? undefined : <NameLink key="name" value={flow.name} />],
          ['Application', pivotOf('app', flow.application)],
          [
            'Protocol',
            <span key="protocol">
              <Pivot field="protocol" value={flow.protocol} focusable />{' '}
              <span className="muted">over {flow.transport}</span>
            </span>,
          ],
          ['Category', pivotOf('category', flow.category)],
          ['Told by', whoSaid(textOf(app.confidence))],
          [
            'State',
            flow.state === '' ? undefined : (
              <Badge key="state" tone={'startUs' in flow ? 'good' : 'neutral'}>
                {flow.state}
              </Badge>
            ),
          ],
          ['Ended by', textOf(partOf(record.flow).reason)],
          ['First packet', formatMoment(startMs)],
          ['Last packet', <TimeAgo key="last" at={flow.timeUs} />],
          [
            'Duration',
            flow.durationUs === undefined ? undefined : (
              <Duration key="duration" value={flow.durationUs / 1e6} />
            ),
          ],
          ['Rate', 'bitsPerSecond' in flow ? <BitRate key="rate" value={flow.bitsPerSecond} /> : undefined],
          [
            'Packets',
            <span key="packets">
              <Count value={flow.packetsToServer} /> up, <Count value={flow.packetsToClient} /> down
            </span>,
          ],
          ['Round trip', roundTrip(tcp)],
          [
            'Sent again',
            typeof tcp.retransmissions_ts === 'number' || typeof tcp.retransmissions_tc === 'number'
              ? `${Number(tcp.retransmissions_ts ?? 0)} up, ${Number(tcp.retransmissions_tc ?? 0)} down`
              : undefined,
          ],
          [
            'Community id',
            <span key="community" className="mono">
              <CommunityLink value={flow.communityId} />
            </span>,
          ],
        ]}
      />
      <Handshake records={story.records} />
      <Requests story={story} />
      <Alerts records={story.records} />
      {story.flows.length > 1 && (
        <p className="muted">
          The same five-tuple had {story.flows.length} flows; these are the facts of the latest.
        </p>
      )}
    </div>
  );
}

function pivotOf(field: string, value: string): ReactNode {
  return value === '' ? undefined : <Pivot field={field} value={value} focusable />;
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="stack flow-section">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** TLS and QUIC: who is asked for, with what, and the certificate. */
function Handshake({ records }: { readonly records: Conversation['records'] }) {
  const record = records.find((one) => one.event_type === 'tls' || one.event_type === 'quic');
  if (record === undefined) return null;
  const shake = partOf(record[String(record.event_type)]);
  const until = timeMs(`${textOf(shake.notafter) ?? ''}Z`);
  return (
    <Section title={record.event_type === 'tls' ? 'TLS' : 'QUIC'}>
      <KeyValue
        items={[
          ['Server name', <NameLink key="sni" value={textOf(shake.sni)} />],
          ['Version', textOf(shake.version)],
          ['JA4', fingerprint(textOf(shake.ja4))],
          ['JA3', fingerprint(textOf(partOf(shake.ja3).hash))],
          ['JA3S', fingerprint(textOf(partOf(shake.ja3s).hash))],
          ['ALPN', listOf(shake.server_alpns) ?? listOf(shake.client_alpns)],
          ['Subject', textOf(shake.subject)],
          ['Issuer', textOf(shake.issuerdn)],
          ['Names', listOf(shake.subjectaltname)],
          [
            'Valid until',
            Number.isFinite(until) ? (
              <span key="until" className="row">
                {formatMoment(until)}
                {until < timeMs(textOf(record.timestamp)) && <Badge tone="warning">expired</Badge>}
              </span>
            ) : undefined,
          ],
          [
            'SHA-1',
            textOf(shake.fingerprint) === undefined ? undefined : (
              <span key="sha1" className="mono">
                {textOf(shake.fingerprint)}
              </span>
            ),
          ],
        ]}
      />
    </Section>
  );
}

/** The web requests of the flow that buffer B has. */
function Requests({ story }: { readonly story: Conversation }) {
  if (story.requests.length === 0) return null;
  return (
    <Section title="Web requests">
      <ul className="flow-lines">
        {story.requests.map((request) => (
          <li key={request.reference} className="row">
            <Badge tone={request.blocked ? 'danger' : request.score > 30 ? 'warning' : 'neutral'}>
              {request.action}
            </Badge>
            <Link
              to="/requests"
              search={{ request: request.reference }}
              className="mono ellipsis flow-line-link"
            >
              {request.method} {request.host}
              {request.path}
            </Link>
            {request.response !== undefined && <span className="muted">{request.response.status}</span>}
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What rules and signatures said of it. */
function Alerts({ records }: { readonly records: Conversation['records'] }) {
  const alerts = records.flatMap((record) => alertOf(record) ?? []);
  if (alerts.length === 0) return null;
  return (
    <Section title="Alerts">
      <ul className="flow-lines">
        {alerts.map(({ id, text, tone }, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a rule can match several times
          <li key={at} className="row">
            <Badge tone={tone}>{id === undefined ? 'anomaly' : <RuleLink value={id} />}</Badge>
            <span className="flow-line-text">{text}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

interface Alert {
  /** Of the rule. */
  readonly id: string | undefined;
  readonly text: string | undefined;
  readonly tone: Tone;
}

function alertOf(record: Conversation['records'][number]): Alert | undefined {
  const { signature_id, signature } = partOf(record.alert);
  const { rule_id, message } = partOf(record.waf);
  switch (record.event_type) {
    case 'alert':
      return { id: String(signature_id), text: textOf(signature), tone: 'danger' };
    case 'waf':
      return { id: String(rule_id), text: textOf(message), tone: 'warning' };
    case 'anomaly':
      return { id: undefined, text: textOf(partOf(record.anomaly).event), tone: 'notice' };
    default:
      return undefined;
  }
}

function fingerprint(value: string | undefined): ReactNode {
  return value === undefined ? undefined : (
    <span className="mono">
      <FingerprintLink value={value} />
    </span>
  );
}

function listOf(value: unknown): string | undefined {
  return Array.isArray(value) && value.length > 0 ? value.slice(0, 20).map(String).join(', ') : undefined;
}

function roundTrip(tcp: Readonly<Record<string, unknown>>): ReactNode {
  const { rtt_server_us: server, rtt_client_us: client } = tcp;
  if (typeof server !== 'number' && typeof client !== 'number') return undefined;
  return (
    <span>
      <Duration value={typeof client === 'number' ? client / 1e6 : undefined} /> to the client,{' '}
      <Duration value={typeof server === 'number' ? server / 1e6 : undefined} /> to the server
    </span>
  );
}

const WHO: Readonly<Record<string, string>> = {
  parser: 'a parser that understood it',
  host: 'the name of the server',
  address: 'the address of the server',
  port: 'the port alone',
  signature: 'a signature of its bytes',
  ndpi: 'nDPI',
  unknown: 'nobody: it is not known',
};

function whoSaid(confidence: string | undefined): string | undefined {
  return confidence === undefined ? undefined : (WHO[confidence] ?? confidence);
}
