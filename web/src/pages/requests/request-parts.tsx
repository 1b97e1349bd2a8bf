import { useMemo } from 'react';
import { formatBytes } from '../../data/format.ts';
import { Badge, Duration, KeyValue } from '../../design/index.ts';
import { type Match, markedPieces, matchesOf, type RequestPart } from './marked-parts.ts';
import { Section } from './panel-section.tsx';
import { queryText, type StoredRequest } from './request-row.ts';

/** Line, arguments, header fields and body, with what rules matched marked. */
export function RequestParts({
  request,
  matches,
  raw,
}: {
  readonly request: StoredRequest;
  readonly matches: readonly Match[];
  readonly raw: boolean;
}) {
  const { method, path, query, headers, body } = request;
  return (
    <Section title={raw ? 'Request, with its secrets' : 'Request'}>
      <div className={raw ? 'request-parts request-raw' : 'request-parts'}>
        <Part part={{ kind: 'line' }} matches={matches} text={`${method} ${path}${queryText(query)}`} />
        {query.map(([name = '', value = ''], at) => (
          <Part
            // biome-ignore lint/suspicious/noArrayIndexKey: a name can come several times
            key={`q${at}`}
            part={{ kind: 'argument', name }}
            matches={matches}
            label={name}
            text={value}
          />
        ))}
        {headers.map(([name = '', value = ''], at) => (
          <Part
            // biome-ignore lint/suspicious/noArrayIndexKey: a name can come several times
            key={`h${at}`}
            part={{ kind: 'header', name }}
            matches={matches}
            label={`${name}:`}
            text={value}
          />
        ))}
        {body.preview !== '' && <Part part={{ kind: 'body' }} matches={matches} text={body.preview} />}
      </div>
      <p className="muted request-note">
        {body.bytes > 0 &&
          `Body: ${formatBytes(body.bytes)}${body.preview.length < body.bytes ? ', its beginning is shown' : ''}. `}
        {request.isCut && 'Parts of it were too long to be stored. '}
        {!raw && 'Passwords, cookies and tokens are taken out.'}
      </p>
    </Section>
  );
}

function Part({
  part,
  matches,
  label,
  text,
}: {
  readonly part: RequestPart;
  readonly matches: readonly Match[];
  readonly label?: string;
  readonly text: string;
}) {
  const own = matchesOf(part, matches);
  const pieces = useMemo(
    () =>
      markedPieces(
        text,
        own.map(({ value }) => value),
      ),
    [text, own],
  );
  const title = own.map(({ ruleId, message }) => `${ruleId}: ${message}`).join('\n');
  return (
    <div
      className={own.length > 0 ? 'request-part request-matched' : 'request-part'}
      title={title || undefined}
    >
      {label !== undefined && <span className="request-label">{label}</span>}
      <span className="request-text">
        {pieces.map((piece, at) =>
          piece.isMarked ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces have only their order
            <mark key={at}>{piece.text}</mark>
          ) : (
            piece.text
          ),
        )}
      </span>
    </div>
  );
}

/** What was answered. */
export function RequestAnswer({ request: { response } }: { readonly request: StoredRequest }) {
  if (response === undefined) return null;
  return (
    <Section title="Answer">
      <KeyValue
        items={[
          [
            'Status',
            <Badge
              key="status"
              tone={response.status >= 500 ? 'danger' : response.status >= 400 ? 'warning' : 'good'}
            >
              {response.status}
            </Badge>,
          ],
          ['Type', response.type],
          ['Bytes', response.bytes < 0 ? undefined : formatBytes(response.bytes)],
          [
            'Took',
            response.latencyMs < 0 ? undefined : <Duration key="took" value={response.latencyMs / 1000} />,
          ],
        ]}
      />
    </Section>
  );
}
