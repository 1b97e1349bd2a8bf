import type { FlowRecord } from '../../event/index.ts';

/**
 * Most of Zeek's analyzers leave a TCP connection alone of which not both sides were seen to begin: what they would
 * say of it is in none of its logs. FTP, SMTP, IRC, LDAP, PostgreSQL, SMB and DNS are looked
 * at all the same.
 */
const BLIND_PROTOCOLS: ReadonlySet<string> = new Set([
  'http',
  'http2',
  'tls',
  'ssh',
  'pop3',
  'imap',
  'xmpp',
  'mysql',
  'rdp',
  'krb5',
  'modbus',
  'dnp3',
  'rfb',
]);
const BLIND_SERVICES: ReadonlySet<string> = new Set([
  'http',
  'ssl',
  'ssh',
  'pop3',
  'imap',
  'xmpp',
  'mysql',
  'rdp',
  'krb_tcp',
  'modbus',
  'dnp3_tcp',
  'rfb',
  'socks',
]);

/** True when Zeek would not have looked at what the flow speaks. */
export function isOverlooked(flow: FlowRecord): boolean {
  return flow.partial && BLIND_PROTOCOLS.has(flow.appProto ?? '');
}

/** The services that Zeek would have confirmed. */
export function visibleServices(flow: FlowRecord): readonly string[] {
  return flow.partial ? flow.services.filter((service) => !BLIND_SERVICES.has(service)) : flow.services;
}
