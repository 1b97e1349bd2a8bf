import { ja4Of } from '../../../../net/index.ts';
import { type ClientHello, offeredVersion } from '../client-hello.ts';

/** JA4 of a hello; `transport` is `t` for TLS over TCP, `q` for QUIC, `d` for DTLS. */
export function ja4(hello: ClientHello, transport: 't' | 'q' | 'd'): string {
  const { cipherSuites, signatureAlgorithms, alpn } = hello;
  const extensions = hello.extensions.map(({ type }) => type);
  const version = offeredVersion(hello);
  return ja4Of({ version, cipherSuites, extensions, signatureAlgorithms, alpn: alpn[0] }, transport);
}
