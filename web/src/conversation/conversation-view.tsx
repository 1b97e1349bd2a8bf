import './conversation.css';
import { useState } from 'react';
import { formatBytes, formatCount } from '../data/format.ts';
import { useMay } from '../data/session.ts';
import { Button, CopyButton, EmptyState, ErrorState, Select, Skeleton, TimeAgo } from '../design/index.ts';
import { Segments } from '../query/index.ts';
import { BytesView } from './bytes-view.tsx';
import { ExchangeView } from './exchange-view.tsx';
import { hexText, octetsOf } from './hex-lines.ts';
import { type Segment, type Side, usePayload } from './use-payload.ts';

type Mode = 'text' | 'hex' | 'decoded';

const MODES = [
  { value: 'text', label: 'Text' },
  { value: 'hex', label: 'Hex' },
  { value: 'decoded', label: 'Decoded', title: 'Requests and answers of HTTP/1, bodies without compression' },
] as const;

const SIDES = [
  { value: 'both', label: 'Both sides' },
  { value: 'client', label: 'The client' },
  { value: 'server', label: 'The server' },
] as const;

/** What both sides of a flow said, in the order in which it went. `id`: number of the flow or community id. */
export function ConversationView({ id }: { readonly id: string }) {
  const may = useMay('operator');
  const [mode, setMode] = useState<Mode>('text');
  const [side, setSide] = useState<Side>('both');
  const payload = usePayload(id, side, may);
  const { first, segments, exchanges } = payload;
  if (!may) {
    return (
      <div className="conversation">
        <EmptyState icon="block" title="Payload is not for viewers">
          What was said in a flow is shown to operators: <code>weir token create NAME --role operator</code>{' '}
          makes them a token.
        </EmptyState>
      </div>
    );
  }
  if (payload.error !== undefined) {
    return (
      <div className="conversation">
        {payload.error.status === 410 ? (
          <EmptyState icon="captures" title="The packets of this flow are not kept">
            {payload.error.message}.
            {!payload.error.message.includes('capture.ring') && (
              <>
                {' '}
                A live capture keeps packets where <code>capture.ring.folder</code> of weir.yaml names a
                folder.
              </>
            )}
          </EmptyState>
        ) : (
          <ErrorState
            title="The conversation could not be read"
            error={payload.error}
            retry={payload.reload}
          />
        )}
      </div>
    );
  }
  return (
    <div className="conversation">
      <div className="conversation-tools">
        <Segments label="As what bytes are shown" value={mode} options={MODES} onChange={setMode} />
        {mode !== 'decoded' && <Select label="Whose words" value={side} options={SIDES} onChange={setSide} />}
        {first !== undefined && (
          <span className="muted conversation-figures">
            {formatBytes(first.clientBytes)} client, {formatBytes(first.serverBytes)} server,{' '}
            {formatCount(first.packets)} packets
            {first.missingBytes > 0 && `, ${formatBytes(first.missingBytes)} missing`}
            {first.isOpen && ', goes on'}
          </span>
        )}
        {segments.length > 0 && mode !== 'decoded' && (
          <CopyButton label="Copy what is shown" text={allOf(segments, mode)} />
        )}
      </div>
      {payload.loading && <Skeleton height={200} />}
      {first !== undefined && mode === 'decoded' && (
        <Decoded exchanges={exchanges} protocol={first.protocol} />
      )}
      {first !== undefined && mode !== 'decoded' && segments.length === 0 && (
        <EmptyState title="Nothing was said">The packets of this flow carry no payload.</EmptyState>
      )}
      {mode !== 'decoded' &&
        segments.map((segment) => (
          <SegmentView
            key={`${segment.side}${segment.streamOffset}${segment.kind}`}
            segment={segment}
            mode={mode}
          />
        ))}
      {payload.loadMore !== undefined && <Button onClick={payload.loadMore}>More of the conversation</Button>}
      {payload.loadingMore && <Skeleton height={32} />}
      {payload.isFull && (
        <p className="muted">This is as much as a page holds: save the packets to see the rest.</p>
      )}
    </div>
  );
}

function Decoded({
  exchanges,
  protocol,
}: {
  readonly exchanges: ReturnType<typeof usePayload>['exchanges'];
  readonly protocol: string;
}) {
  if (exchanges.length > 0) {
    return exchanges.map((exchange) => <ExchangeView key={exchange.index} exchange={exchange} />);
  }
  return (
    <EmptyState title="Nothing to decode">
      {protocol === 'tls' || protocol === 'quic'
        ? 'This flow is encrypted; what its handshake tells stands in its records.'
        : 'Requests and answers of HTTP/1 are decoded. Text and hex show every flow.'}
    </EmptyState>
  );
}

function SegmentView({ segment, mode }: { readonly segment: Segment; readonly mode: 'text' | 'hex' }) {
  const { kind, side, length, streamOffset } = segment;
  if (kind === 'gap') {
    return (
      <p className="said-gap" role="note">
        {formatBytes(length)} of the {side} are not in the captures
      </p>
    );
  }
  const text = segment.text ?? '';
  const base64 = segment.base64 ?? '';
  return (
    <section className={`said said-${side}`} aria-label={`The ${side}, ${length} bytes`}>
      <header className="said-head">
        <span>
          {side === 'client' ? 'Client' : 'Server'} <span className="muted">{formatBytes(length)}</span>
        </span>
        <span className="said-tools muted">
          <TimeAgo at={segment.timeUs} clock />
          <CopyButton text={mode === 'hex' ? hexText(octetsOf(base64), streamOffset) : text} />
        </span>
      </header>
      <BytesView mode={mode} text={text} base64={base64} offset={streamOffset} />
    </section>
  );
}

function allOf(segments: readonly Segment[], mode: 'text' | 'hex'): string {
  return segments
    .map(({ kind, side, length, text = '', base64 = '', streamOffset }) =>
      kind === 'gap'
        ? `[${length} bytes of the ${side} are missing]`
        : mode === 'hex'
          ? hexText(octetsOf(base64), streamOffset)
          : text,
    )
    .join('\n');
}
