import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import {
  type ConnectionOptions,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type SecureVersion,
  type TLSSocket,
} from 'node:tls';
import type { KeyLog } from './keylog.ts';

/** A certificate that we show to servers that ask for one: PEM files. */
export interface ClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** A server that is treated otherwise. */
export interface UpstreamException {
  /** `host:port`, or `host` for all its ports; IPv6 addresses in brackets where a port follows. */
  readonly origin: string;
  /** False: whoever answers is believed. */
  readonly verify?: boolean | undefined;
  /** PEM file of the only authorities that are believed for it. */
  readonly caFile?: string | undefined;
  /** The name that is asked for and that its certificate must have. */
  readonly serverName?: string | undefined;
  readonly clientCertificate?: ClientCertificate | undefined;
  /** Why, for whoever reads the list. */
  readonly reason: string;
}

/** TLS to servers. */
export interface UpstreamTlsOptions {
  /** PEM file of authorities that are believed beside those of the system. */
  readonly caFile?: string | undefined;
  readonly clientCertificate?: ClientCertificate | undefined;
  readonly exceptions?: readonly UpstreamException[] | undefined;
  /** TLS 1.2 by default. */
  readonly minVersion?: SecureVersion | undefined;
  readonly keyLog?: KeyLog | undefined;
}

/** An exception as the list shows it. */
export interface ListedException {
  readonly origin: string;
  readonly verify: boolean;
  readonly what: string;
  readonly reason: string;
  /** Times it was used. */
  readonly count: number;
}

/** Files for TLS to servers that cannot be used; the message says which, and why. */
export class UpstreamTlsError extends Error {
  override name = 'UpstreamTlsError';
}

interface Setting {
  readonly exception: UpstreamException | undefined;
  readonly context: SecureContext;
  readonly verify: boolean;
  count: number;
}

const HTTPS = 443;

/** How TLS to servers is spoken: certificates are verified, with exceptions that are listed. */
export class UpstreamTls {
  private readonly options: UpstreamTlsOptions;
  private readonly common: Setting;
  private readonly byOrigin = new Map<string, Setting>();

  /** Reads the files. Throws an {@link UpstreamTlsError}. */
  constructor(options: UpstreamTlsOptions = {}) {
    this.options = options;
    this.common = this.setting(undefined);
    for (const exception of options.exceptions ?? []) {
      const origin = readOrigin(exception.origin);
      if (this.byOrigin.has(origin)) throw new UpstreamTlsError(`${exception.origin}: is an exception twice`);
      this.byOrigin.set(origin, this.setting(exception));
    }
  }

  /**
   * Options of `tls.connect` for a server: `serverName` is the SNI that the client asked for, where that is not `host`.
   * Each call counts for the exception that it falls under.
   */
  connectOptions(
    host: string,
    port: number,
    serverName = host,
    protocols?: readonly string[],
  ): ConnectionOptions {
    const setting = this.find(host, port);
    setting.count++;
    const name = setting.exception?.serverName ?? serverName;
    return {
      host,
      port,
      // An address is never sent as SNI (RFC 6066, 3); the certificate is then looked at for the address.
      servername: isIP(name) === 0 ? name : '',
      secureContext: setting.context,
      rejectUnauthorized: setting.verify,
      ...(protocols !== undefined && protocols.length > 0 && { ALPNProtocols: [...protocols] }),
    };
  }

  /** Takes a socket before its handshake: its secrets are logged where that is wanted. */
  attach(socket: TLSSocket): void {
    this.options.keyLog?.attach(socket);
  }

  /** What is treated otherwise. */
  get exceptions(): readonly ListedException[] {
    return [...this.byOrigin.values()].map(({ exception, verify, count }) => ({
      origin: exception?.origin ?? '',
      verify,
      what: exception === undefined ? '' : describeException(exception),
      reason: exception?.reason ?? '',
      count,
    }));
  }

  private find(host: string, port: number): Setting {
    if (this.byOrigin.size === 0) return this.common;
    const name = host.toLowerCase();
    return this.byOrigin.get(`${name} ${port}`) ?? this.byOrigin.get(`${name} `) ?? this.common;
  }

  private setting(exception: UpstreamException | undefined): Setting {
    const { minVersion = 'TLSv1.2' } = this.options;
    const own = exception?.clientCertificate ?? this.options.clientCertificate;
    const pair = own === undefined ? undefined : readClientCertificate(own);
    const authorities = this.authorities(exception);
    const context = createSecureContext({
      minVersion,
      ...(authorities !== undefined && { ca: authorities }),
      ...(pair !== undefined && pair),
    });
    const verify = exception?.verify !== false;
    return { exception, context, verify, count: 0 };
  }

  /** Undefined: those that Node believes. */
  private authorities(exception: UpstreamException | undefined): string[] | undefined {
    if (exception?.caFile !== undefined) return readAuthorities(exception.caFile);
    if (this.options.caFile === undefined) return undefined;
    return [...getCACertificates('default'), ...readAuthorities(this.options.caFile)];
  }
}

function describeException({ verify, caFile, serverName, clientCertificate }: UpstreamException): string {
  const parts: string[] = [];
  if (verify === false) parts.push('not verified');
  if (caFile !== undefined) parts.push(`verified with ${caFile}`);
  if (serverName !== undefined) parts.push(`as ${serverName}`);
  if (clientCertificate !== undefined) parts.push(`shown ${clientCertificate.certificate}`);
  return parts.join(', ');
}

function readOrigin(text: string): string {
  const match =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+|[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*))(?::(\d{1,5}))?$/.exec(
      text.toLowerCase(),
    );
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] ?? '';
  if (host === undefined || Number(port) > 65_535) {
    throw new UpstreamTlsError(`an exception is for HOST or HOST:PORT (${HTTPS}, say), not '${text}'`);
  }
  return `${host} ${port === '' ? '' : Number(port)}`;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UpstreamTlsError(`${path}: cannot be read: ${why}`);
  }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function readAuthorities(path: string): string[] {
  const found = read(path).match(CERTIFICATE) ?? [];
  if (found.length === 0) throw new UpstreamTlsError(`${path}: there is no certificate in PEM in it`);
  for (const [i, pem] of found.entries()) {
    try {
      new X509Certificate(pem);
    } catch {
      throw new UpstreamTlsError(`${path}: certificate ${i + 1} of ${found.length} is damaged`);
    }
  }
  return found;
}

function readClientCertificate({ certificate, key }: ClientCertificate): { cert: string; key: string } {
  const cert = read(certificate);
  const keyPem = read(key);
  let matches: boolean;
  try {
    matches = new X509Certificate(cert).checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    throw new UpstreamTlsError(
      `${certificate}, ${key}: are not a certificate and its key in PEM, not encrypted`,
    );
  }
  if (!matches) throw new UpstreamTlsError(`${key}: is not the key of ${certificate}`);
  return { cert, key: keyPem };
}
