import type { Exchange } from './exchange.ts';
import { outgoingHead } from './forwarding.ts';
import { parseOrigin } from './origin.ts';
import type { Place } from './place.ts';
import type { RequestBody } from './request-body.ts';
import type { RequestRewrite } from './rewriting.ts';

/** What a rewriter wants of a request that goes on. */
export type RequestChange = Extract<RequestRewrite, { kind: 'change' }>;

/** Where a request goes after its rewriting. RangeError for an origin that is none. */
export function rewrittenPlace(place: Place, change: RequestChange | undefined): Place {
  if (change?.origin === undefined) return place;
  const origin = parseOrigin(change.origin);
  if (origin === undefined) throw new RangeError(`${change.origin} is no http or https origin`);
  // The operator's own word, not the client's.
  return { ...place, origin, guarded: false };
}

/** The head for the server. Throws where a rewriter's word cannot stand in one. */
export function requestHead(
  exchange: Exchange,
  place: Place,
  body: RequestBody | undefined,
  change: RequestChange | undefined,
): string {
  const { head, session, context } = exchange;
  const rewritten = change?.fields !== undefined;
  return outgoingHead(
    {
      method: change?.method ?? head.method,
      target: change?.target ?? place.target,
      fields: change?.fields ?? head.fields,
      host: place.host,
      askedHost: head.host,
      version: head.version,
      length: body?.lengthForServer(rewritten),
      upgrade: head.upgrade !== '' && context.upgrades.has(head.upgrade),
      expectsContinue: head.expectsContinue && !exchange.wasContinued,
      clientAddress: session.clientAddress,
      scheme: session.scheme,
      rewritten,
    },
    exchange.forwarding,
  );
}
