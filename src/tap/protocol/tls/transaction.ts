import type { Transaction } from '../../../event/index.ts';
import { type ClientHello, preferredVersion } from './client-hello.ts';
import { type Ja3, ja3, ja3s } from './fingerprint/ja3.ts';
import { ja4 } from './fingerprint/ja4.ts';
import { isGrease } from './grease.ts';
import { eveVersion } from './names/versions.ts';
import type { ServerHello } from './server-hello.ts';
import { recordedVersion, type TlsSession } from './session.ts';

/** One handshake as Suricata's `tls` record; DTLS takes the same form. */
export class TlsTransaction implements Transaction {
  readonly type = 'tls';
  private readonly session: TlsSession;

  constructor(session: TlsSession) {
    this.session = session;
  }

  eve(): Record<string, unknown> {
    return { tls: tlsObject(this.session) };
  }
}

/**
 * A further ClientHello of a flow whose fingerprint is another one: after a HelloRetryRequest (RFC 8446 section 4.1.2),
 * or when the session is negotiated anew. A record of our own, since Suricata's `tls` tells of the first alone.
 */
export class FurtherHelloTransaction implements Transaction {
  readonly type = 'tls_hello';
  private readonly hello: ClientHello;
  private readonly datagram: boolean;

  constructor(hello: ClientHello, datagram: boolean) {
    this.hello = hello;
    this.datagram = datagram;
  }

  eve(): Record<string, unknown> {
    return { tls: helloObject(this.hello, this.datagram) };
  }
}

function helloObject(hello: ClientHello, datagram: boolean): Record<string, unknown> {
  const tls: Record<string, unknown> = {};
  if (hello.sni !== undefined) tls.sni = hello.sni;
  tls.ja3 = fingerprint(ja3(hello));
  tls.ja4 = ja4(hello, datagram ? 'd' : 't');
  if (hello.alpn.length > 0) tls.client_alpns = hello.alpn;
  tls.client_handshake = clientHandshake(hello);
  return tls;
}

/** The `tls` object with all fields that Suricata's extended and custom lists have, but for whole certificates. */
export function tlsObject(session: TlsSession): Record<string, unknown> {
  const tls: Record<string, unknown> = {};
  const { clientHello, serverHello, serverChain, clientChain } = session;
  const holder = serverChain.holderText;
  if (holder !== undefined) {
    tls.subject = holder.subject;
    tls.issuerdn = holder.issuer;
    if (holder.alternativeNames !== undefined) tls.subjectaltname = holder.alternativeNames;
  }
  if (holder === undefined && session.resumptionPossible && serverHello && !session.withoutCertificate)
    tls.session_resumed = true;
  if (holder !== undefined) {
    tls.serial = holder.serial;
    tls.fingerprint = serverChain.holderFingerprint;
  }
  if (session.before !== undefined) tls.from_proto = session.before;
  if (clientHello?.sni !== undefined) tls.sni = clientHello.sni;
  tls.version = eveVersion(recordedVersion(session));
  if (holder?.notBefore !== undefined) tls.notbefore = holder.notBefore;
  if (holder?.notAfter !== undefined) tls.notafter = holder.notAfter;
  if (clientHello !== undefined) {
    tls.ja3 = fingerprint(ja3(clientHello));
    tls.ja4 = ja4(clientHello, session.datagram ? 'd' : 't');
  }
  if (serverHello !== undefined) tls.ja3s = fingerprint(ja3s(serverHello));
  if (clientHello !== undefined && clientHello.alpn.length > 0) tls.client_alpns = clientHello.alpn;
  if (serverHello !== undefined && serverHello.alpn.length > 0) tls.server_alpns = serverHello.alpn;
  if (clientHello !== undefined) tls.client_handshake = clientHandshake(clientHello);
  if (serverHello !== undefined) tls.server_handshake = serverHandshake(serverHello);
  const client = clientChain.holderText;
  if (client !== undefined) {
    tls.client = {
      subject: client.subject,
      issuerdn: client.issuer,
      serial: client.serial,
      fingerprint: clientChain.holderFingerprint,
      notbefore: client.notBefore,
      notafter: client.notAfter,
    };
  }
  return tls;
}

function fingerprint({ hash, string }: Ja3): Record<string, string> {
  return { hash, string };
}

function clientHandshake(hello: ClientHello): Record<string, unknown> {
  const handshake: Record<string, unknown> = {
    version: eveVersion(preferredVersion(hello)),
    ciphers: withoutGrease(hello.cipherSuites),
    exts: extensionTypes(hello),
  };
  if (hello.signatureAlgorithms.length > 0) handshake.sig_algs = hello.signatureAlgorithms;
  return handshake;
}

function serverHandshake(hello: ServerHello): Record<string, unknown> {
  return { version: eveVersion(hello.version), cipher: hello.cipherSuite, exts: extensionTypes(hello) };
}

function withoutGrease(values: readonly number[]): number[] {
  const kept: number[] = [];
  for (const value of values) if (!isGrease(value)) kept.push(value);
  return kept;
}

function extensionTypes(hello: ClientHello | ServerHello): number[] {
  const types: number[] = [];
  for (const { type } of hello.extensions) if (!isGrease(type)) types.push(type);
  return types;
}
