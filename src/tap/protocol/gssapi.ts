import { expectBer, readBer } from './ber.ts';
import { objectIdentifier } from './tls/x509/der.ts';

/** The security layers of SASL, SMB and HTTP: GSS-API tokens (RFC 2743 section 3.1) and SPNEGO (RFC 4178). */

const NTLM_SIGNATURE = 'NTLMSSP';
const INITIAL_TOKEN = 0x60;
const NEGOTIATION_ANSWER = 0xa1;
const NEGOTIATION_START = 0xa0;
const MECHANISM_TOKEN = 0xa2;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;

const SPNEGO = '1.3.6.1.5.5.2';
/** RFC 4121, and the number that Windows uses beside it. */
const KERBEROS: ReadonlySet<string> = new Set(['1.2.840.113554.1.2.2', '1.2.840.48018.1.2.2']);

const NOTHING: readonly string[] = [];

/** Zeek's names of what speaks in a token, the innermost first; empty when it is none. */
export function securityServices(bytes: Uint8Array, start: number, end: number): readonly string[] {
  if (isNtlm(bytes, start, end)) return ['ntlm'];
  const token = readBer(bytes, start, end);
  if (token?.tag === INITIAL_TOKEN) {
    const mechanism = expectBer(bytes, token.start, token.end, OBJECT_IDENTIFIER);
    if (mechanism === undefined || objectIdentifier(bytes, mechanism.start, mechanism.end) !== SPNEGO) {
      return NOTHING;
    }
    const choice = expectBer(bytes, mechanism.end, token.end, NEGOTIATION_START);
    return choice === undefined ? NOTHING : negotiation(bytes, choice.start, choice.end);
  }
  return token?.tag === NEGOTIATION_ANSWER ? negotiation(bytes, token.start, token.end) : NOTHING;
}

/** True for a message of NTLM (MS-NLMP section 2.2.1). */
export function isNtlm(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < NTLM_SIGNATURE.length) return false;
  for (let i = 0; i < NTLM_SIGNATURE.length; i++) {
    if (bytes[start + i] !== NTLM_SIGNATURE.charCodeAt(i)) return false;
  }
  return true;
}

/** NegTokenInit and NegTokenResp (RFC 4178 section 4.2): both have the mechanism's own token in field 2. */
function negotiation(bytes: Uint8Array, start: number, end: number): readonly string[] {
  const fields = expectBer(bytes, start, end, SEQUENCE);
  if (fields === undefined) return NOTHING;
  let at = fields.start;
  while (at < fields.end) {
    const field = readBer(bytes, at, fields.end);
    if (field === undefined) break;
    if (field.tag === MECHANISM_TOKEN) {
      const inner = expectBer(bytes, field.start, field.end, OCTET_STRING);
      if (inner === undefined) break;
      if (isNtlm(bytes, inner.start, inner.end)) return ['ntlm', 'gssapi'];
      if (isKerberos(bytes, inner.start, inner.end)) return ['krb', 'gssapi'];
      break;
    }
    at = field.end;
  }
  return ['gssapi'];
}

function isKerberos(bytes: Uint8Array, start: number, end: number): boolean {
  const token = expectBer(bytes, start, end, INITIAL_TOKEN);
  if (token === undefined) return false;
  const mechanism = expectBer(bytes, token.start, token.end, OBJECT_IDENTIFIER);
  if (mechanism === undefined) return false;
  return KERBEROS.has(objectIdentifier(bytes, mechanism.start, mechanism.end) ?? '');
}
