import type { HttpRequest } from './request.ts';

/** A request may name so many hosts; of more than that none is believed. */
const MOST_HOSTS = 4;
/** How often a path is decoded: servers behind servers do so more than once. */
const MOST_DECODED = 3;

/** The hosts that a request names, in lower case and without port: more than one where it contradicts itself. */
export function hostsOf({ target, headers }: HttpRequest): readonly string[] {
  const hosts = new Set<string>();
  const absolute = authorityOf(target);
  if (absolute !== undefined) hosts.add(plainHost(absolute));
  for (const [name, value] of headers) {
    if (name.length === 4 && name.toLowerCase() === 'host') hosts.add(plainHost(value));
  }
  if (hosts.size === 0 || hosts.size > MOST_HOSTS) return [''];
  return [...hosts];
}

function authorityOf(target: string): string | undefined {
  if (target.startsWith('/')) return undefined;
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(target)?.[1];
}

function plainHost(text: string): string {
  let host = text.trim().toLowerCase();
  const colon = host.lastIndexOf(':');
  if (colon >= 0 && host.indexOf(']', colon) < 0 && (host.startsWith('[') || host.indexOf(':') === colon)) {
    host = host.slice(0, colon);
  }
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

/** The ways in which servers may read the path of a target: as it was sent, and with all escapes and dots resolved. */
export function pathsOf(target: string): readonly string[] {
  let sent = target;
  if (!target.startsWith('/'))
    sent = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*([\s\S]*)$/.exec(target)?.[1] ?? target;
  const end = sent.search(/[?#]/);
  if (end >= 0) sent = sent.slice(0, end);
  if (sent === '') sent = '/';
  if (!/[%\\;]|\/\/|\/\./.test(sent)) return [sent];
  const resolved = resolvePath(sent);
  return resolved === sent ? [sent] : [sent, resolved];
}

function resolvePath(path: string): string {
  let decoded = path;
  for (let i = 0; i < MOST_DECODED && decoded.includes('%'); i++) {
    decoded = decoded.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }
  const segments: string[] = [];
  const all = decoded.replaceAll('\\', '/').split('/');
  for (const each of all) {
    // What follows a semicolon belongs to the segment's parameters (RFC 3986, section 3.3): some servers cut it off.
    const semicolon = each.indexOf(';');
    const segment = semicolon < 0 ? each : each.slice(0, semicolon);
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const last = all.at(-1) ?? '';
  const isFolder = segments.length > 0 && (last === '' || last === '.' || last === '..');
  return `/${segments.join('/')}${isFolder ? '/' : ''}`;
}

/** Whether a host is the one that an entry names, or below it. */
export function isHost(host: string, wanted: string): boolean {
  if (!wanted.startsWith('*.')) return host === wanted;
  return host.length >= wanted.length && host.endsWith(wanted.slice(1));
}

/** Whether a path is the one that an entry names, or below it. */
export function isBelow(path: string, wanted: string): boolean {
  if (!path.startsWith(wanted)) return false;
  return path.length === wanted.length || wanted.endsWith('/') || path[wanted.length] === '/';
}
