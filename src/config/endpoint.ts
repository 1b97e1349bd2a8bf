/** The parts of an endpoint: `mail.example.org:587`, `[2001:db8::1]:514`, `:8080`, whose host is empty. */
export function endpointOf(text: string): { readonly host: string; readonly port: number } {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
}

/** Longest path of a Unix socket that Linux takes, in bytes. */
const LONGEST_SOCKET = 107;

/** The path in `unix:/run/weir-console/console.sock`; undefined where the text is none of such a socket. */
export function socketOf(text: string): string | undefined {
  const path = text.startsWith('unix:/') ? text.slice('unix:'.length) : '';
  return /^[^\p{Cc}]+[^\p{Cc}/]$/u.test(path) && Buffer.byteLength(path) <= LONGEST_SOCKET ? path : undefined;
}
