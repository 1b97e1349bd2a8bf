import type { UpstreamFault } from './counters.ts';
import { REFUSED_DESTINATION } from './destination.ts';

/** Why a server could not be asked or did not answer. */
export class UpstreamFailure extends Error {
  override name = 'UpstreamFailure';
  /** What the client gets: 403, 502, 503 or 504. */
  readonly status: 403 | 502 | 503 | 504;
  readonly fault: UpstreamFault;

  constructor(status: 403 | 502 | 503 | 504, fault: UpstreamFault, reason: string) {
    super(reason);
    this.status = status;
    this.fault = fault;
  }
}

/** The failure that an error of a socket means. `connecting`: it came before the connection was there. */
export function failureOf(error: Error | undefined, connecting: boolean): UpstreamFailure {
  const code = error !== undefined && 'code' in error ? String(error.code) : '';
  if (code === REFUSED_DESTINATION)
    return new UpstreamFailure(403, 'resolve', 'the destination is one that this proxy does not serve');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_FAIL')
    return new UpstreamFailure(502, 'resolve', `the name of the server cannot be resolved (${code})`);
  if (code.startsWith('ERR_TLS') || code.startsWith('ERR_SSL') || CERTIFICATE.test(code))
    return new UpstreamFailure(502, 'tls', `TLS with the server failed (${code})`);
  if (code === 'ETIMEDOUT')
    return new UpstreamFailure(504, 'timeout', 'the server cannot be reached in time');
  if (connecting)
    return new UpstreamFailure(
      502,
      'connect',
      `no connection to the server (${code === '' ? 'closed' : code})`,
    );
  return new UpstreamFailure(
    502,
    'closed',
    'the server closed the connection before its answer was complete',
  );
}

/** Codes of OpenSSL's verification as Node names them. */
const CERTIFICATE = /CERT|SIGNATURE|SELF_SIGNED|ISSUER|CRL|HOSTNAME_MISMATCH/;
