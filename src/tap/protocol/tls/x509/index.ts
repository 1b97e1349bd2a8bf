export { type Certificate, type CertificateError, parseCertificate } from './certificate.ts';
export { matchesHost } from './host-match.ts';
export { type CertificateText, type KnownCertificate, knownCertificate } from './known.ts';
export { commonName, eveName, type Name, parseName, zeekName } from './name.ts';
export { algorithmName } from './object-names.ts';
export { formatTime } from './time.ts';
