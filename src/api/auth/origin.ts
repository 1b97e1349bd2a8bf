import type { IncomingMessage } from 'node:http';
import { type ApiConfiguration, endpointOf, socketOf } from '../../config/index.ts';
import { Problem } from '../problem.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * Refuses a request for a name that is not weir's: a page elsewhere whose name was made to lead here (DNS rebinding)
 * has its own name in it. The address that it came to needs no setting: no name was looked up for that.
 */
export function checkHost(
  request: IncomingMessage,
  { listen, hosts, oidc }: Pick<ApiConfiguration, 'listen' | 'hosts' | 'oidc'>,
): void {
  const given = countOf(request, 'host') === 1 ? hostnameOf(request.headers.host ?? '') : undefined;
  const isOurs =
    given !== undefined &&
    (LOOPBACK.has(given) ||
      given === localAddress(request) ||
      (socketOf(listen) === undefined && given === endpointOf(listen).host.toLowerCase()) ||
      (oidc.origin !== '' && given === hostnameOf(new URL(oidc.origin).host)) ||
      hosts.some((pattern) => fits(given, pattern.toLowerCase())));
  if (isOurs) return;
  throw new Problem(
    421,
    'Not this host',
    'the request is for a name that weir does not know as its own: add the name to api.hosts in weir.yaml',
  );
}

/** Refuses a change that a page of another origin had a browser make. */
export function checkOrigin({ headers }: IncomingMessage): void {
  const { origin, host = '' } = headers;
  const site = headers['sec-fetch-site'];
  const isForeign =
    (site !== undefined && site !== 'same-origin' && site !== 'none') ||
    (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host.toLowerCase()));
  if (isForeign) throw new Problem(403, 'Not allowed', 'the request comes from a page of another origin');
}

/** How often a header stands in a request; what is joined or dropped before we see it is seen here. */
export function countOf({ rawHeaders }: IncomingMessage, name: string): number {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) if (rawHeaders[at]?.toLowerCase() === name) count++;
  return count;
}

/** The name in `name:port` or `[address]:port`, in small letters; undefined where it is none. */
function hostnameOf(host: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]{2,45})\]|([\w.-]{1,253}?)\.?)(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

function localAddress({ socket }: IncomingMessage): string {
  return (socket.localAddress ?? '').replace(/^::ffff:/, '').toLowerCase();
}

function fits(name: string, pattern: string): boolean {
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
}
