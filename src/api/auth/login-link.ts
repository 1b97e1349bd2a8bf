import { networkInterfaces } from 'node:os';
import { type ApiConfiguration, endpointOf, socketOf } from '../../config/index.ts';

/** Where browsers find the console, without a slash at its end. */
export function consoleOrigin({ listen, hosts, tls, oidc }: ApiConfiguration): string {
  if (oidc.origin !== '') return new URL(oidc.origin).origin;
  const named = hosts.find((name) => !name.startsWith('*'));
  const scheme = tls.mode === 'off' ? 'http' : 'https';
  // Where the proxy in front of it listens, nobody has said.
  if (socketOf(listen) !== undefined) return `${scheme}://${named ?? 'localhost'}`;
  const { host, port } = endpointOf(listen);
  const isEvery = host === '' || host === '0.0.0.0' || host === '::';
  const reached = isEvery ? (named ?? ownAddress()) : host;
  const shown = reached.includes(':') ? `[${reached}]` : reached;
  return `${scheme}://${shown}:${port}`;
}

/** The link that logs in with a code. */
export function loginLink(configuration: ApiConfiguration, code: string): string {
  return `${consoleOrigin(configuration)}/login?code=${code}`;
}

/** An address of the machine that others reach, as far as it has one. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((some) => some ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}
