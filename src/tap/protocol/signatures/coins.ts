import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Verdict } from './signature.ts';
import { find, textAt, u32le } from './text.ts';

/** Start strings of Bitcoin's networks (Bitcoin developer reference) and of coins that share its messages. */
const NETWORKS: ReadonlySet<number> = new Set([
  0xf9beb4d9, 0x0b110907, 0xfabfb5da, 0x0a03cf40, 0xfbc0b6db, 0xc0c0c0c0,
]);

/** A start string, a command padded with zeros, a length. */
function bitcoin(bytes: Uint8Array, start: number, _end: number): Verdict {
  if (!NETWORKS.has(u32(bytes, start))) return 'no';
  const letter = u8(bytes, start + 4);
  return letter >= 0x61 && letter <= 0x7a && u8(bytes, start + 15) === 0 && u32le(bytes, start + 16) < 1 << 26
    ? 'yes'
    : 'no';
}

/**
 * Ethereum's node discovery (devp2p, discv4): hash, signature whose last byte is 0 or 1, type, an RLP list that fills
 * the datagram.
 */
function discovery(bytes: Uint8Array, start: number, end: number): Verdict {
  const type = u8(bytes, start + 97);
  const list = u8(bytes, start + 98);
  if (type < 1 || type > 6 || u8(bytes, start + 96) > 1) return 'no';
  if (list >= 0xc0 && list <= 0xf7) return start + 99 + list - 0xc0 <= end ? 'yes' : 'no';
  if (list === 0xf8) return start + 100 + u8(bytes, start + 99) <= end ? 'yes' : 'no';
  return list === 0xf9 && start + 101 + u16(bytes, start + 99) <= end ? 'yes' : 'no';
}

/** RLPx' handshake: version 4's 307 bytes or EIP-8's size before the packet; on Ethereum's port. */
function rlpx(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = end - start;
  const size = u16(bytes, start);
  return length === 307 || length === 210 || (size + 2 === length && size >= 180 && size < 800)
    ? 'yes'
    : 'no';
}

const STRATUM = [
  '"mining.',
  '"eth_submit',
  '"eth_login',
  '"eth_getWork',
  '"eth1.',
  '"getjob"',
  '"keepalived"',
  '"worker"',
];

/** Stratum: JSON in lines with the methods of a pool; Monero's variant has `login` with an agent. */
function mining(bytes: Uint8Array, start: number, end: number): Verdict {
  const near = Math.min(end, start + 400);
  for (const word of STRATUM) if (find(bytes, start, near, word) >= 0) return 'yes';
  const login = find(bytes, start, near, '"login"') >= 0;
  return login && (find(bytes, start, near, '"agent"') >= 0 || find(bytes, start, near, '"pass"') >= 0)
    ? 'yes'
    : 'no';
}

/** Monero's Levin: signature 0x0101010101012101, a length. */
const levin = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u32(bytes, start) === 0x01210101 && u32(bytes, start + 4) === 0x01010101 ? 'yes' : 'no';

/** Nano: R, the network's letter, three versions in falling order, a message type. */
function nano(bytes: Uint8Array, start: number, _end: number): Verdict {
  const network = u8(bytes, start + 1);
  const [most, used, least] = [u8(bytes, start + 2), u8(bytes, start + 3), u8(bytes, start + 4)];
  const known = network === 0x41 || network === 0x42 || network === 0x43 || network === 0x58;
  return known &&
    most < 64 &&
    most >= used &&
    used >= least &&
    least >= 5 &&
    u8(bytes, start + 5) <= 16 &&
    u8(bytes, start + 5) >= 2
    ? 'yes'
    : 'no';
}

/** Zug's consensus over UDP: `zUG` and 10 behind a zero byte. */
const zug = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, '\0zUG\x10') ? 'yes' : 'no';

export const COINS: readonly Signature[] = [
  {
    name: 'BITCOIN',
    transports: ['tcp'],
    first: [0xf9, 0x0b, 0xfa, 0x0a, 0xfb, 0xc0],
    least: 20,
    probe: bitcoin,
  },
  { name: 'Mining', transports: ['tcp'], first: '{', least: 24, probe: mining },
  { name: 'ETHEREUM', transports: ['udp'], least: 99, probe: discovery },
  { name: 'ETHEREUM', transports: ['tcp'], ports: [30303], least: 180, probe: rlpx },
  { name: 'Monero', transports: ['tcp'], first: [1], least: 16, probe: levin },
  { name: 'Nano', transports: ['tcp', 'udp'], first: 'R', least: 8, probe: nano },
  { name: 'ZUG', transports: ['udp'], first: [0], least: 8, probe: zug },
];
