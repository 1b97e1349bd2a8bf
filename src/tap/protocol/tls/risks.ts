import type { ParserContext } from '../parser.ts';
import { isDatagramVersion, offeredVersion } from './client-hello.ts';
import { cipherSuiteName } from './names/cipher-suites.ts';
import { TLS12 } from './names/versions.ts';
import type { TlsSession } from './session.ts';
import { matchesHost } from './x509/index.ts';

const DAY_SECONDS = 86_400;
const EXPIRES_SOON_DAYS = 30;
/** Longest validity that browsers accept of certificates issued since then (CA/Browser Forum ballot SC31). */
const LONGEST_VALIDITY_DAYS = 398;
const LONG_VALIDITY_SINCE = Date.UTC(2020, 8, 1) / 1000;

/** Application protocols that are no surprise. */
const COMMON_ALPN: ReadonlySet<string> = new Set([
  'h2',
  'h2-14',
  'h2-15',
  'h2-16',
  'h2c',
  'h3',
  'h3-29',
  'http/0.9',
  'http/1.0',
  'http/1.1',
  'spdy/1',
  'spdy/2',
  'spdy/3',
  'spdy/3.1',
  'stun.turn',
  'stun.nat-discovery',
  'webrtc',
  'c-webrtc',
  'ftp',
  'imap',
  'pop3',
  'managesieve',
  'coap',
  'xmpp-client',
  'xmpp-server',
  'acme-tls/1',
  'mqtt',
  'dot',
  'ntske/1',
  'sunrpc',
  'irc',
  'smb',
  'doq',
  'postgresql',
  'grpc-exp',
]);

const NUMERIC_HOST = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]+)$/;
/** Suites without forward secrecy, or with a cipher that is broken. */
const WEAK_SUITE = /^TLS_RSA_WITH_AES|NULL|EXPORT|_RC4_|_DES_|_DES40_|_3DES_|_RC2_|_IDEA_|_ANON_|^SSL/;

/** Reports what is risky about a handshake, in nDPI's words. Certificates are judged by the capture's time. */
export function reportRisks(session: TlsSession, context: ParserContext): void {
  helloRisks(session, context);
  const suite = session.serverHello?.cipherSuite ?? session.v2Cipher;
  if (suite !== undefined && WEAK_SUITE.test(cipherSuiteName(suite))) context.risk('Weak TLS Cipher');
  certificateRisks(session, context);
}

function helloRisks(session: TlsSession, context: ParserContext): void {
  const hello = session.clientHello;
  const version = session.version ?? (hello === undefined ? undefined : offeredVersion(hello));
  if (version === undefined) return;
  const modern = isDatagramVersion(version) || version >= TLS12;
  if (!modern) context.risk('Obsolete TLS (v1.1 or older)');
  if (hello === undefined) return;
  if (hello.sni !== undefined && NUMERIC_HOST.test(hello.sni))
    context.risk('HTTP/TLS/QUIC Numeric Hostname/SNI');
  if (hello.sni !== undefined && hello.encryptedServerName) context.risk('TLS Susp ESNI Usage');
  const first = hello.alpn[0];
  if (first !== undefined && !COMMON_ALPN.has(first)) context.risk('Uncommon TLS ALPN');
  if (!modern || session.datagram) return;
  if (hello.sni === undefined && !hello.encryptedServerName && !hello.encryptedHello) {
    context.risk('Missing SNI TLS Extn');
    if (first !== undefined && (first.startsWith('h') || first.startsWith('spdy')))
      context.risk('ALPN/SNI Mismatch');
  }
  if (first === undefined) context.risk('TLS (probably) Not Carrying HTTPS');
}

function certificateRisks(session: TlsSession, context: ParserContext): void {
  const certificate = session.serverChain.holder;
  if (certificate === undefined) return;
  const now = context.timeUs / 1_000_000;
  const { notBefore, notAfter } = certificate;
  if (now < notBefore || now > notAfter) context.risk('TLS Cert Expired');
  else if (notAfter - now < EXPIRES_SOON_DAYS * DAY_SECONDS) context.risk('TLS Cert About To Expire');
  if (notBefore >= LONG_VALIDITY_SINCE && notAfter - notBefore > LONGEST_VALIDITY_DAYS * DAY_SECONDS)
    context.risk('TLS Cert Validity Too Long');
  if (certificate.selfIssued) context.risk('Self-signed Cert');
  const name = session.clientHello?.sni;
  if (name !== undefined && !NUMERIC_HOST.test(name) && !matchesHost(certificate, name))
    context.risk('TLS Cert Mismatch');
}
