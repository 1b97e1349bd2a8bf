import { u8 } from '../../../net/index.ts';
import { type Direction, type Match, type PortPair, type Protocol, TO_CLIENT } from '../parser.ts';
import { lineEnd, startsWithSsh } from './banner.ts';
import { SshParser } from './parser.ts';

const PREFIX = [0x53, 0x53, 0x48, 0x2d];
const PORT = 22;
/** How far a server's own lines before its identification string are searched. */
const MAX_SEARCH = 1024;

/** Secure Shell (RFC 4253), known by the identification string of either side. */
export const ssh: Protocol = {
  name: 'ssh',
  ndpi: 'SSH',
  transports: ['tcp'],
  ports: [PORT],
  probe,
  create: (context) => new SshParser(context),
};

function probe(bytes: Uint8Array, start: number, end: number, direction: Direction, port: PortPair): Match {
  if (startsWithSsh(bytes, start, end)) return 'yes';
  if (end - start < PREFIX.length) {
    for (let i = start; i < end; i++) if (u8(bytes, i) !== PREFIX[i - start]) return 'no';
    return 'maybe';
  }
  if (direction !== TO_CLIENT || port.server !== PORT) return 'no';
  const last = Math.min(end, start + MAX_SEARCH);
  let at = start;
  for (;;) {
    const feed = lineEnd(bytes, at, last);
    if (feed < 0) return 'no';
    at = feed + 1;
    if (startsWithSsh(bytes, at, last)) return 'yes';
  }
}
