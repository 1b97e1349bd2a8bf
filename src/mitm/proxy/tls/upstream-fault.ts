/** Why a server could not be asked: for the answer to the client, and for counts. */
export interface UpstreamFault {
  /** 502, or 504 where it did not answer in time. */
  readonly status: 502 | 504;
  /** One word of a small set: for counts. */
  readonly kind: 'certificate' | 'tls' | 'name' | 'refused' | 'unreachable' | 'timeout' | 'closed' | 'other';
  /** A sentence or two for people; no addresses of the inside, and nothing that a server said. */
  readonly text: string;
}

type Known = Omit<UpstreamFault, 'status'>;

const certificate = (text: string): Known => ({
  kind: 'certificate',
  text: `The certificate of the server was refused: ${text}.`,
});
const UNREACHABLE: Known = { kind: 'unreachable', text: 'The server cannot be reached.' };
const CLOSED: Known = { kind: 'closed', text: 'The server closed the connection before it had answered.' };
const TIMEOUT: Known = { kind: 'timeout', text: 'The server did not answer in time.' };
const NO_NAME: Known = { kind: 'name', text: 'The name of the server cannot be resolved.' };
const TLS: Known = { kind: 'tls', text: 'TLS with the server did not come about.' };
const OTHER: Known = { kind: 'other', text: 'The server could not be asked, or its answer is no HTTP.' };

/** By the codes of Node and OpenSSL. */
const FAULTS: Readonly<Record<string, Known>> = {
  CERT_HAS_EXPIRED: certificate('it has expired'),
  CERT_NOT_YET_VALID: certificate('it is not valid yet'),
  CERT_REVOKED: certificate('it was revoked'),
  CERT_UNTRUSTED: certificate('its authority is not trusted'),
  CERT_REJECTED: certificate('its authority does not let it be used for this'),
  CERT_SIGNATURE_FAILURE: certificate('its signature is wrong'),
  DEPTH_ZERO_SELF_SIGNED_CERT: certificate('it is signed by itself'),
  SELF_SIGNED_CERT_IN_CHAIN: certificate('it comes from an authority that is not known here'),
  UNABLE_TO_GET_ISSUER_CERT: certificate('it comes from an authority that is not known here'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate('it comes from an authority that is not known here'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate(
    'it comes from an authority that is not known here, or the server does not send what lies between',
  ),
  INVALID_CA: certificate('what signed it is no authority'),
  INVALID_PURPOSE: certificate('it is not for servers'),
  ERR_TLS_CERT_ALTNAME_INVALID: certificate('it is for another name'),
  ERR_TLS_CERT_ALTNAME_FORMAT: certificate('its names are malformed'),
  ENOTFOUND: NO_NAME,
  EAI_AGAIN: NO_NAME,
  ECONNREFUSED: { kind: 'refused', text: 'The server refuses connections.' },
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EADDRNOTAVAIL: UNREACHABLE,
  ENOENT: UNREACHABLE,
  ETIMEDOUT: TIMEOUT,
  ERR_SOCKET_CONNECTION_TIMEOUT: TIMEOUT,
  ECONNRESET: CLOSED,
  EPIPE: CLOSED,
};

/** What an error of a connection to a server means. */
export function upstreamFault(error: Error): UpstreamFault {
  // Several addresses were tried: the first error stands for all.
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
  const code = 'code' in first && typeof first.code === 'string' ? first.code : '';
  const known = Object.hasOwn(FAULTS, code) ? FAULTS[code] : undefined;
  const found = known ?? (code.startsWith('ERR_SSL_') || code === 'EPROTO' ? TLS : OTHER);
  return { ...found, status: found.kind === 'timeout' ? 504 : 502 };
}
