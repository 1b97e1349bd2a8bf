import { type DnsMessage, readMessage } from '../dns/index.ts';

const PARAMETER = 'dns=';
/** Characters of the longest DNS message in base64. */
const LONGEST = 87384;

/** The DNS query in the path of a GET (RFC 8484 section 4.1): base64url in the parameter `dns`. */
export function queryOfPath(path: string): DnsMessage | undefined {
  const mark = path.indexOf('?');
  if (mark < 0) return undefined;
  for (const parameter of path.slice(mark + 1, mark + 1 + LONGEST).split('&')) {
    if (!parameter.startsWith(PARAMETER)) continue;
    return sound(Buffer.from(parameter.slice(PARAMETER.length), 'base64url'));
  }
  return undefined;
}

/** A DNS message that was the content of a request or response. */
export function sound(bytes: Uint8Array): DnsMessage | undefined {
  const message = readMessage(bytes, 0, bytes.length);
  return message === undefined || message.malformed ? undefined : message;
}
