import { formatIpv4, formatIpv6, i32, latin1 } from '../../../../net/index.ts';
import { expectElement, readElement, SEQUENCE } from './der.ts';
import { eveName, parseName } from './name.ts';

/** Names kept of one certificate, as many as Suricata does. */
export const MAX_ALTERNATIVE_NAMES = 4096;

// Context tags of GeneralName (RFC 5280 section 4.2.1.6).
const EMAIL = 0x81;
const DNS = 0x82;
const DIRECTORY = 0xa4;
const URI = 0x86;
const ADDRESS = 0x87;

/** The subject alternative names of a certificate: by kind, and all that have a text in their order. */
export interface AlternativeNames {
  readonly dns: string[];
  readonly uri: string[];
  readonly email: string[];
  readonly ip: string[];
  readonly all: string[];
}

/** Reads the content of a subjectAltName extension, `[start, end)`. */
export function parseAlternativeNames(
  bytes: Uint8Array,
  start: number,
  end: number,
): AlternativeNames | undefined {
  const sequence = expectElement(bytes, start, end, SEQUENCE);
  if (sequence === undefined) return undefined;
  const names: AlternativeNames = { dns: [], uri: [], email: [], ip: [], all: [] };
  let at = sequence.start;
  while (at < sequence.end && names.all.length < MAX_ALTERNATIVE_NAMES) {
    const element = readElement(bytes, at, sequence.end);
    if (element === undefined) break;
    at = element.end;
    let text: string | undefined;
    switch (element.tag) {
      case DNS:
        text = latin1(bytes, element.start, element.end);
        names.dns.push(text);
        break;
      case EMAIL:
        text = latin1(bytes, element.start, element.end);
        names.email.push(text);
        break;
      case URI:
        text = latin1(bytes, element.start, element.end);
        names.uri.push(text);
        break;
      case ADDRESS:
        text = address(bytes, element.start, element.end);
        if (text !== undefined) names.ip.push(text);
        break;
      case DIRECTORY: {
        const inner = expectElement(bytes, element.start, element.end, SEQUENCE);
        const name = inner && parseName(bytes, inner);
        text = name && eveName(name);
        break;
      }
    }
    if (text !== undefined) names.all.push(text);
  }
  return names;
}

function address(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start === 4) return formatIpv4(i32(bytes, start));
  if (end - start !== 16) return undefined;
  return formatIpv6(i32(bytes, start), i32(bytes, start + 4), i32(bytes, start + 8), i32(bytes, start + 12));
}
