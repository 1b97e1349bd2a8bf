import type { ZeekLog } from '../../../event/index.ts';
import { parseAddress } from '../../../net/index.ts';

/** Zeek's ssh.log. */
export const sshLog: ZeekLog = {
  path: 'ssh',
  connection: true,
  columns: [
    ['version', 'count'],
    ['auth_success', 'bool'],
    ['auth_attempts', 'count'],
    ['direction', 'enum'],
    ['client', 'string'],
    ['server', 'string'],
    ['cipher_alg', 'string'],
    ['mac_alg', 'string'],
    ['compression_alg', 'string'],
    ['kex_alg', 'string'],
    ['host_key_alg', 'string'],
    ['host_key', 'string'],
  ],
};

/**
 * The major version that both sides speak, from their identification strings; 1.99 means that 2 is spoken too
 * (RFC 4253 section 5.1). Undefined where they do not meet or one is unknown.
 */
export function commonVersion(client: string, server: string): 1 | 2 | undefined {
  const common = versions(client) & versions(server);
  if ((common & 2) !== 0) return 2;
  return (common & 1) !== 0 ? 1 : undefined;
}

/** Bit 0: speaks version 1; bit 1: speaks version 2. */
function versions(line: string): number {
  if (line.startsWith('SSH-1.99')) return 3;
  if (line.startsWith('SSH-2')) return 2;
  return line.startsWith('SSH-1') ? 1 : 0;
}

/** Zeek's direction: set where exactly one side has a private address. */
export function sessionDirection(client: string, server: string): 'INBOUND' | 'OUTBOUND' | undefined {
  const clientLocal = isPrivate(client);
  if (clientLocal === isPrivate(server)) return undefined;
  return clientLocal ? 'OUTBOUND' : 'INBOUND';
}

/** RFC 1918, RFC 6598, loopback, link-local and RFC 4193 addresses. */
function isPrivate(text: string): boolean {
  const address = parseAddress(text);
  if (!address) return false;
  const word = address.words[0];
  const first = word >>> 24;
  if (address.version === 4)
    return (
      first === 10 ||
      first === 127 ||
      word >>> 16 === 0xc0a8 ||
      word >>> 20 === 0xac1 ||
      word >>> 22 === 0x191 ||
      word >>> 16 === 0xa9fe
    );
  if ((first & 0xfe) === 0xfc || word >>> 22 === 0x3fa) return true;
  return word === 0 && address.words[1] === 0 && address.words[2] === 0 && address.words[3] === 1;
}
