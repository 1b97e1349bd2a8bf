import { formatBytes } from '../data/format.ts';
import { Badge, TimeAgo } from '../design/index.ts';
import { BytesView } from './bytes-view.tsx';
import type { Exchange } from './use-payload.ts';

type Message = Exchange['request'];

/** A request and its answer, decoded: heads, and bodies without chunks and compression. */
export function ExchangeView({ exchange }: { readonly exchange: Exchange }) {
  const { method, url, host, version, status } = exchange;
  return (
    <article className="exchange">
      <section className="said said-client" aria-label="Request">
        <header className="said-head">
          <span className="mono exchange-line">
            <strong>{method}</strong> {url} <span className="muted">{version}</span>
          </span>
          <TimeAgo at={exchange.timeUs} clock />
        </header>
        <MessageView message={exchange.request} what={host === '' ? 'Request' : `To ${host}`} />
      </section>
      <section className="said said-server" aria-label="Answer">
        <header className="said-head">
          {status === 0 ? (
            <span className="muted">No answer is in the captures.</span>
          ) : (
            <Badge tone={status >= 500 ? 'danger' : status >= 400 ? 'warning' : 'good'}>{status}</Badge>
          )}
        </header>
        <MessageView message={exchange.response} what="Answer" />
      </section>
    </article>
  );
}

function MessageView({ message, what }: { readonly message: Message; readonly what: string }) {
  return (
    <>
      {message.headers.length > 0 && (
        <details className="exchange-headers">
          <summary>
            {what}: {message.headers.length} header fields
          </summary>
          <dl>
            {message.headers.map(({ name, value }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: their order is what tells them apart
              <div key={at}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
      {message.bodies.map((body, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: as above
        <div key={at} className="exchange-body">
          <p className="muted">
            {[body.name, body.type, formatBytes(body.length)].filter((word) => word !== '').join(' · ')}
          </p>
          <BytesView
            mode={isText(body) ? 'text' : 'hex'}
            text={indented(body)}
            base64={body.base64}
            offset={0}
          />
        </div>
      ))}
    </>
  );
}

type Body = Message['bodies'][number];

/** Media types of text, and whatever has no type and can be printed. */
function isText({ type, text, base64 }: Body): boolean {
  if (/^text\/|json|xml|javascript|urlencoded/.test(type)) return true;
  if (type !== '') return false;
  // A point stands for what cannot be printed; base64 has four characters for three bytes.
  const points = text.split('.').length - 1;
  return text.length > (base64.length * 3) / 8 && points < text.length / 4;
}

/** JSON with its levels indented; all else as it is. */
function indented({ text, type, length }: Body): string {
  if (!(type.includes('json') || /^\s*[[{]/.test(text)) || text.length < length) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    // It only looks like JSON.
    return text;
  }
}
