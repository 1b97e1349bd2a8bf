import type { Transaction, ZeekLog, ZeekRow, ZeekValue } from '../../../event/index.ts';
import type { ParserContext } from '../parser.ts';
import type { CertificateChain } from './certificate-chain.ts';
import { cipherSuiteName } from './names/cipher-suites.ts';
import { groupName } from './names/groups.ts';
import { zeekVersion } from './names/versions.ts';
import type { TlsSession } from './session.ts';
import { algorithmName, type Certificate, matchesHost, zeekName } from './x509/index.ts';

/** Certificates that a run remembers so as to write each but once, as many as Zeek does. */
const MAX_KNOWN_CERTIFICATES = 1_000_000;

/** Zeek's ssl.log. */
export const SSL_LOG: ZeekLog = {
  path: 'ssl',
  connection: true,
  columns: [
    ['version', 'string'],
    ['cipher', 'string'],
    ['curve', 'string'],
    ['server_name', 'string'],
    ['resumed', 'bool'],
    ['last_alert', 'string'],
    ['next_protocol', 'string'],
    ['established', 'bool'],
    ['ssl_history', 'string'],
    ['cert_chain_fps', 'vector[string]'],
    ['client_cert_chain_fps', 'vector[string]'],
    ['sni_matches_cert', 'bool'],
  ],
};

/** Zeek's x509.log; its time is the first column. */
export const X509_LOG: ZeekLog = {
  path: 'x509',
  connection: false,
  columns: [
    ['ts', 'time'],
    ['fingerprint', 'string'],
    ['certificate.version', 'count'],
    ['certificate.serial', 'string'],
    ['certificate.subject', 'string'],
    ['certificate.issuer', 'string'],
    ['certificate.not_valid_before', 'time'],
    ['certificate.not_valid_after', 'time'],
    ['certificate.key_alg', 'string'],
    ['certificate.sig_alg', 'string'],
    ['certificate.key_type', 'string'],
    ['certificate.key_length', 'count'],
    ['certificate.exponent', 'string'],
    ['certificate.curve', 'string'],
    ['san.dns', 'vector[string]'],
    ['san.uri', 'vector[string]'],
    ['san.email', 'vector[string]'],
    ['san.ip', 'vector[addr]'],
    ['basic_constraints.ca', 'bool'],
    ['basic_constraints.path_len', 'count'],
    ['host_cert', 'bool'],
    ['client_cert', 'bool'],
  ],
};

/** One handshake as a row of ssl.log, with rows of x509.log for the certificates that the run had not seen. */
export class SslLogTransaction implements Transaction {
  readonly type = 'tls';
  readonly zeekOnly = true;
  private readonly session: TlsSession;
  private readonly context: ParserContext;
  private readonly timeUs: number;

  constructor(session: TlsSession, context: ParserContext) {
    this.session = session;
    this.context = context;
    this.timeUs = context.timeUs;
  }

  eve(): Record<string, unknown> {
    return {};
  }

  zeek(): readonly ZeekRow[] {
    const rows: ZeekRow[] = [sslRow(this.session)];
    const known = this.context.shared?.('x509', () => new Set<string>());
    for (const [chain, client] of [
      [this.session.serverChain, false],
      [this.session.clientChain, true],
    ] as const) {
      const fingerprints = chain.fingerprints();
      for (const [i, fingerprint] of fingerprints.entries()) {
        const certificate = chain.get(i);
        if (certificate === undefined || typeof certificate === 'string') continue;
        const key = `${fingerprint} ${i === 0} ${client}`;
        if (known?.has(key)) continue;
        if (known !== undefined && known.size < MAX_KNOWN_CERTIFICATES) known.add(key);
        rows.push(x509Row(certificate, fingerprint, i === 0, client, this.timeUs));
      }
    }
    return rows;
  }
}

/** The row of ssl.log for a handshake. */
export function sslRow(session: TlsSession): ZeekRow {
  const { clientHello, serverHello, v2Cipher, serverChain, clientChain } = session;
  const cipher = serverHello?.cipherSuite ?? v2Cipher;
  const chains = serverChain.length > 0 || clientChain.length > 0;
  return {
    log: SSL_LOG,
    values: [
      session.version === undefined ? undefined : zeekVersion(session.version),
      cipher === undefined ? undefined : cipherSuiteName(cipher),
      session.group === undefined ? undefined : groupName(session.group),
      clientHello?.sni,
      session.resumed,
      session.lastAlert,
      serverHello?.alpn[0],
      session.established,
      session.history,
      chains ? serverChain.fingerprints() : undefined,
      chains ? clientChain.fingerprints() : undefined,
      nameMatches(serverChain, clientHello?.sni),
    ],
  };
}

function nameMatches(chain: CertificateChain, name: string | undefined): boolean | undefined {
  const holder = chain.holder;
  return holder === undefined || name === undefined ? undefined : matchesHost(holder, name);
}

function x509Row(
  certificate: Certificate,
  fingerprint: string,
  host: boolean,
  client: boolean,
  timeUs: number,
): ZeekRow {
  const { key, alternativeNames: names, basicConstraints: constraints } = certificate;
  const list = (values: readonly string[] | undefined): ZeekValue =>
    values === undefined || values.length === 0 ? undefined : values;
  return {
    log: X509_LOG,
    values: [
      timeUs,
      fingerprint,
      certificate.version,
      magnitude(certificate.serial),
      zeekName(certificate.subject),
      zeekName(certificate.issuer),
      certificate.notBefore * 1_000_000,
      certificate.notAfter * 1_000_000,
      algorithmName(key.algorithm),
      algorithmName(certificate.signatureAlgorithm),
      key.type,
      key.length,
      key.exponent,
      key.curve,
      list(names?.dns),
      list(names?.uri),
      list(names?.email),
      list(names?.ip),
      constraints?.ca,
      constraints?.pathLength,
      host,
      client,
    ],
  };
}

/** A serial number without the octet that keeps it positive; a negative one with its sign, as OpenSSL prints it. */
function magnitude(serial: string): string {
  if (serial === '') return '00';
  if (serial.length > 2 && serial.startsWith('00')) return serial.slice(2);
  if (Number.parseInt(serial.slice(0, 2), 16) < 0x80) return serial;
  const value = (1n << BigInt(serial.length * 4)) - BigInt(`0x${serial}`);
  const digits = value.toString(16).toUpperCase();
  return `-${digits.length % 2 === 0 ? '' : '0'}${digits}`;
}
