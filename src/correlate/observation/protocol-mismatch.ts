/** What speaks on a well-known port without being out of place, in Suricata's names. */
const EXPECTED: ReadonlyMap<number, readonly string[]> = new Map([
  [21, ['ftp', 'tls']],
  [22, ['ssh']],
  [25, ['smtp', 'tls']],
  [53, ['dns', 'mdns', 'tls']],
  [80, ['http', 'http2', 'websocket', 'tls', 'doh2']],
  [123, ['ntp']],
  [443, ['tls', 'quic', 'dtls', 'http', 'http2', 'websocket', 'doh2']],
  [587, ['smtp', 'tls']],
  [853, ['tls', 'quic', 'dtls']],
  [993, ['tls', 'imap']],
]);

/**
 * Protocols whose recognition is beyond doubt, as the client's first bytes name them. The others are found by few
 * bytes, and what a game or a call sends on port 443 looks like one of them now and then.
 */
const CERTAIN: ReadonlySet<string> = new Set([
  'ssh',
  'http',
  'ftp',
  'smtp',
  'tls',
  'irc',
  'rdp',
  'smb',
  'rfb',
  'imap',
  'pop3',
  'telnet',
]);

/** Whether a protocol speaks on a port that is well known for others, as what is to pass a firewall does. */
export function isMismatch(port: number | undefined, service: string): boolean {
  if (port === undefined || !CERTAIN.has(service)) return false;
  const expected = EXPECTED.get(port);
  return expected !== undefined && !expected.includes(service);
}
