import { isIP } from 'node:net';

/** Bytes of a host name (RFC 1035, 2.3.4). */
const NAME_MOST = 253;
/** Letters, digits, hyphens; underscores stand in names that are in use. */
const HOST_NAME = /^(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;

/** Whether a text is a host name in ASCII and lower case, without a dot at its end, and no address. */
export function isHostName(text: string): boolean {
  return text.length <= NAME_MOST && HOST_NAME.test(text) && isIP(text) === 0;
}

/** What a wildcard certificate for this name would be named: `*.example.org` for `a.example.org`; empty without. */
export function wildcardOf(name: string): string {
  const dot = name.indexOf('.');
  // A wildcard stands for one label, and never for one right below the root (RFC 9525, 6.3).
  return dot > 0 && name.indexOf('.', dot + 1) > 0 ? `*${name.slice(dot)}` : '';
}
