import type { RequestHead } from '../http/index.ts';
import type { ProxyContext } from './context.ts';
import type { Refusal } from './counters.ts';
import { hasLooped } from './forwarding.ts';
import type { Destination } from './hooks.ts';
import { type Origin, originOf, parseAuthority, parseOrigin, tunnelOrigin } from './origin.ts';

/** Where a request is sent. */
export interface Place {
  readonly kind: 'place';
  readonly origin: Origin;
  /** Whether a client chose the server, so that its addresses are looked at. */
  readonly guarded: boolean;
  /** In origin form (RFC 9112, 3.2.1), or `*`. */
  readonly target: string;
  /** What the server gets as Host. */
  readonly host: string;
}

/** A request that is to be sent anew, to this URL. */
export interface PlaceElsewhere {
  readonly kind: 'elsewhere';
  readonly location: string;
}

/** Why a request is sent nowhere. */
export interface PlaceRefusal {
  readonly kind: 'refusal';
  readonly status: 400 | 403 | 404 | 405 | 508;
  readonly refusal: Refusal;
  readonly reason: string;
}

/** Where a request goes that is no CONNECT. */
export function placeOf(
  head: RequestHead,
  destination: Destination,
  context: ProxyContext,
): Place | PlaceElsewhere | PlaceRefusal {
  if (head.method === 'TRACE') return refusal(405, 'method', 'TRACE is not served');
  if (hasLooped(head, context.reverseForwarding.pseudonym)) {
    return refusal(508, 'loop', 'the request has passed this proxy before');
  }
  const absolute = head.target.charCodeAt(0) !== 0x2f && head.target !== '*';
  switch (destination.kind) {
    case 'routes': {
      const target = absolute ? originForm(head.target) : head.target;
      const route = context.routes.find(head.host, target);
      if (route === undefined) return refusal(404, 'no_route', 'no route leads to this host and path');
      const host = route.keepsHost && head.host !== '' ? head.host : route.origin.authority;
      return { kind: 'place', origin: route.origin, guarded: false, target, host };
    }
    case 'secure': {
      const authority = parseAuthority(head.host, 80);
      if (authority === undefined) return refusal(400, 'malformed', 'the request names no host');
      const at = originOf('https', authority.host, destination.port).authority;
      const target = head.target === '*' ? '/' : absolute ? originForm(head.target) : head.target;
      return { kind: 'elsewhere', location: `https://${at}${target}` };
    }
    case 'fixed': {
      const { serverName } = destination;
      const parsed = parseOrigin(destination.origin);
      if (parsed === undefined) throw new RangeError(`${destination.origin} is no http or https origin`);
      const origin = serverName === undefined ? parsed : { ...parsed, serverName };
      const target = absolute ? originForm(head.target) : head.target;
      const refused = refusedDestination(origin, context);
      if (refused !== undefined) return refused;
      const host = head.host === '' ? origin.authority : head.host;
      return { kind: 'place', origin, guarded: true, target, host };
    }
    case 'forward': {
      if (!absolute) return refusal(400, 'malformed', 'this is a proxy: the target has to be a whole URI');
      const scheme = head.target.charCodeAt(4) === 0x3a ? 'http' : 'https';
      const authority = parseAuthority(head.host, scheme === 'http' ? 80 : 443);
      if (authority === undefined) return refusal(400, 'malformed', 'the host of the target cannot be read');
      const origin = originOf(scheme, authority.host, authority.port);
      const refused = refusedDestination(origin, context);
      if (refused !== undefined) return refused;
      const target = head.method === 'OPTIONS' ? optionsForm(head.target) : originForm(head.target);
      // RFC 9112, 3.2.2: the host of the target replaces that of the Host field.
      return { kind: 'place', origin, guarded: true, target, host: origin.authority };
    }
    default:
      return destination satisfies never;
  }
}

/** Where a CONNECT leads (RFC 9110, 9.3.6). */
export function tunnelPlaceOf(
  head: RequestHead,
  destination: Destination,
  context: ProxyContext,
): Place | PlaceRefusal {
  if (destination.kind !== 'forward') return refusal(405, 'method', 'CONNECT is not served here');
  const authority = parseAuthority(head.target, 0);
  if (authority === undefined) return refusal(400, 'malformed', 'the target of CONNECT cannot be read');
  const origin = tunnelOrigin(authority.host, authority.port);
  if (!context.guard.allowsConnect(origin.port)) {
    return refusal(403, 'destination', `tunnels to port ${origin.port} are not allowed`);
  }
  const refused = refusedDestination(origin, context);
  if (refused !== undefined) return refused;
  return { kind: 'place', origin, guarded: true, target: '', host: origin.authority };
}

function refusedDestination(origin: Origin, context: ProxyContext): PlaceRefusal | undefined {
  if (context.guard.isOwn(origin.host, origin.port)) {
    return refusal(508, 'loop', 'the request leads back to this proxy');
  }
  if (context.guard.allows(origin.host, origin.port)) return undefined;
  return refusal(403, 'destination', 'the destination is one that this proxy does not serve');
}

/** The path and query of an absolute target; its head was read strictly, so it has a scheme and an authority. */
function originForm(target: string): string {
  const from = target.indexOf('://') + 3;
  for (let at = from; at < target.length; at++) {
    const character = target.charCodeAt(at);
    if (character === 0x2f) return target.slice(at);
    if (character === 0x3f) return `/${target.slice(at)}`;
  }
  return '/';
}

/** RFC 9112, 3.2.4: OPTIONS to a server itself. */
function optionsForm(target: string): string {
  return target.indexOf('/', target.indexOf('://') + 3) < 0 && !target.includes('?')
    ? '*'
    : originForm(target);
}

function refusal(status: PlaceRefusal['status'], why: Refusal, reason: string): PlaceRefusal {
  return { kind: 'refusal', status, refusal: why, reason };
}
