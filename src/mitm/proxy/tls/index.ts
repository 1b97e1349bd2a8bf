/** TLS of the proxy: our CA, certificates, what is ended and what is passed on unread, TLS to servers. */
export {
  type CaCreation,
  type CaDescription,
  CertificateAuthority,
  createCa,
  type Leaf,
  showCa,
} from './ca.ts';
export { CaError, type CaFault } from './ca-folder.ts';
export {
  CertificateError,
  type CertificateFiles,
  CertificateTable,
  type ConfiguredCertificate,
} from './certificates.ts';
export type { ClientHello } from './client-hello.ts';
export { type ContextStatistics, ServerContexts, type ServerContextsOptions } from './contexts.ts';
export { type Accepted, TlsFront, type TlsFrontOptions, type TlsFrontStatistics } from './front.ts';
export { KeyLog, KeyLogError } from './keylog.ts';
export {
  type PassCandidate,
  type PassEntry,
  type PassException,
  type PassThroughOptions,
  PassThroughTable,
} from './pass-through.ts';
export {
  ServerProtocols,
  type ServerProtocolsOptions,
  type ServerProtocolsStatistics,
} from './server-protocols.ts';
export { type Sniffed, sniffClientHello } from './sniff.ts';
export {
  type Terminated,
  TerminationError,
  type TerminationFault,
  type TerminationOptions,
  terminateTls,
} from './termination.ts';
export {
  type ClientCertificate,
  type ListedException,
  type UpstreamException,
  UpstreamTls,
  UpstreamTlsError,
  type UpstreamTlsOptions,
} from './upstream-tls.ts';
