import type { Certificate } from './certificate.ts';
import { commonName } from './name.ts';

/**
 * True when a certificate is for this host (RFC 6125): one of its alternative DNS names matches, or, where there are
 * none, its common name. A wildcard stands for the whole leftmost label.
 */
export function matchesHost(certificate: Certificate, host: string): boolean {
  const name = host.toLowerCase();
  const names = certificate.alternativeNames?.dns;
  if (names !== undefined && names.length > 0)
    return names.some((pattern) => matches(pattern.toLowerCase(), name));
  const common = commonName(certificate.subject);
  return common !== undefined && matches(common.toLowerCase(), name);
}

function matches(pattern: string, host: string): boolean {
  if (pattern === host) return true;
  if (!pattern.startsWith('*.')) return false;
  const dot = host.indexOf('.');
  return dot > 0 && pattern.indexOf('.', 2) > 0 && host.slice(dot) === pattern.slice(1);
}
