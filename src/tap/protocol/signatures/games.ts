import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { filled, find, printable, textAt, u16le, u32le } from './text.ts';

/** Valve's queries: ff ff ff ff and a letter; T asks for the information, I, D, E, A answer. */
function source(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u32(bytes, start) !== 0xffffffff) return 'no';
  if (textAt(bytes, start + 4, end, 'TSource Engine Query')) return 'yes';
  const letter = u8(bytes, start + 4);
  const length = end - start;
  if (letter === 0x55 || letter === 0x56 || letter === 0x41) return length === 9 ? 'yes' : 'no';
  if (letter === 0x49)
    return length > 16 && u8(bytes, start + 5) <= 0x30 && printable(bytes, start + 6, start + 10)
      ? 'yes'
      : 'no';
  return (letter === 0x44 || letter === 0x45) && length > 9 ? 'maybe' : 'no';
}

const QUAKE = [
  'getinfo',
  'getInfo',
  'getstatus',
  'getservers',
  'getchallenge',
  'infoResponse',
  'statusResponse',
  'challengeResponse',
  'challenge',
  'connect ',
];
/** Quake 2 and 3: out-of-band messages are words behind ff ff ff ff (or ff ff). */
function quake(bytes: Uint8Array, start: number, end: number): Verdict {
  const at = u32(bytes, start) === 0xffffffff ? start + 4 : u16(bytes, start) === 0xffff ? start + 2 : end;
  return QUAKE.some((word) => textAt(bytes, at, end, word)) ? 'yes' : 'no';
}

const RAKNET_MAGIC = '\x00\xff\xff\x00\xfe\xfe\xfe\xfe\xfd\xfd\xfd\xfd\x12\x34\x56\x78';
/** RakNet: its offline messages carry a magic of 16 bytes at a place that the message tells. */
function raknet(bytes: Uint8Array, start: number, end: number): Verdict {
  switch (u8(bytes, start)) {
    case 0x01:
    case 0x02:
      return textAt(bytes, start + 9, end, RAKNET_MAGIC) ? 'yes' : 'no';
    case 0x1c:
      if (textAt(bytes, start + 17, end, RAKNET_MAGIC)) return 'yes';
      return end - start >= 37 && u16(bytes, start + 33) + 35 === end - start ? 'yes' : 'no';
    case 0x19:
      return textAt(bytes, start + 2, end, RAKNET_MAGIC) ? 'yes' : 'no';
    default:
      return textAt(bytes, start + 1, end, RAKNET_MAGIC) ? 'yes' : 'no';
  }
}

/** Once connected: acknowledgements are lists of numbers and ranges, frame sets hold frames that fill the datagram. */
function raknetConnected(bytes: Uint8Array, start: number, end: number): Verdict {
  const kind = u8(bytes, start);
  if (kind === 0xc0 || kind === 0xa0) {
    const count = u16(bytes, start + 1);
    let at = start + 3;
    for (let i = 0; i < count && at < end; i++) {
      if (u8(bytes, at) > 1) return 'no';
      at += u8(bytes, at) === 1 ? 4 : 7;
    }
    return count > 0 && at === end ? 'yes' : 'no';
  }
  let at = start + 4;
  let frames = 0;
  while (at + 3 <= end && frames < 64) {
    const flags = u8(bytes, at);
    const reliability = flags >> 5;
    if ((flags & 0x0f) !== 0) return 'no';
    const bits = u16(bytes, at + 1);
    if (bits === 0 || (bits & 7) !== 0) return 'no';
    at += 3;
    if (reliability >= 2 && reliability !== 5) at += 3;
    if (reliability === 1 || reliability === 4) at += 3;
    if (reliability === 1 || reliability === 3 || reliability === 4 || reliability === 7) at += 4;
    if ((flags & 0x10) !== 0) at += 10;
    at += bits >> 3;
    frames++;
  }
  return frames > 0 && at === end ? 'yes' : 'no';
}

/** Activision's matchmaking on 3074: 29 bytes that the server returns. */
function activision(bytes: Uint8Array, start: number, end: number): Verdict {
  return end - start === 29 && u8(bytes, start + 1) === 2 && u8(bytes, start + 2) === 0 ? 'yes' : 'no';
}

/** CryEngine's connection setup: 3c, and protocol versions in fixed places. */
const cryEngine = (bytes: Uint8Array, start: number, end: number): Verdict =>
  end - start === 70 &&
  filled(bytes, start + 5, start + 16, 0) &&
  u32(bytes, start + 16) === 0x01000000 &&
  u32(bytes, start + 20) === 0x07000000
    ? 'yes'
    : 'no';

/** Nintendo's PIA: the magic 32 ab 98 64, encrypted. */
const pia = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u32(bytes, start) === 0x32ab9864 && u8(bytes, start + 4) === 2 ? 'yes' : 'no';

/** Genshin Impact's KCP handshake: 0xff or 0x145, and two fixed words. */
function genshin(bytes: Uint8Array, start: number, end: number): Verdict {
  if (end - start !== 20) return 'no';
  const kind = u32(bytes, start);
  return (kind === 0xff && u32(bytes, start + 16) === 0xffffffff) ||
    (kind === 0x145 && u32(bytes, start + 16) === 0x14514545)
    ? 'yes'
    : 'no';
}
/** Over TCP: message 1, its length in one byte, three zero bytes. */
const genshinStream = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u32(bytes, start) === 0x01000000 &&
  u8(bytes, start + 4) === end - start &&
  u8(bytes, start + 5) <= 8 &&
  filled(bytes, start + 6, start + 9, 0)
    ? 'yes'
    : 'no';

/** League of Legends: Wild Rift: 69 bytes of type 4, answered by 359 bytes of type 16. */
function wildRift(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const length = end - start;
  if (length === 22) return u32(bytes, start) === 0x0102c841 ? 'yes' : 'no';
  if (length === 69 && u32(bytes, start) === 0x04000000) {
    talk.memory = 1;
    return 'maybe';
  }
  return length === 359 && u32(bytes, start) === 0x10000000 && talk.memory === 1 ? 'yes' : 'no';
}

/** NetEase's games: a fixed first word, or small packets that begin and end with their number. */
function netease(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  if (u32(bytes, start) === 0x0708080c) return 'yes';
  const number = u8(bytes, start);
  if (end - start !== 12 || number === 0 || u8(bytes, start + 3) !== number) return 'no';
  if (u8(bytes, end - 1) !== number || u8(bytes, start + 4) >> 4 !== 1) return 'no';
  if (talk.memory === 1) return 'yes';
  talk.memory = 1;
  return 'maybe';
}

/** Tencent's games: 3366 with two equal words; a counted zlib stream; 4215 and a command. */
function tencent(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  const first = u16(bytes, start);
  if (first === 0x3366)
    return u16(bytes, start + 2) === 0x000b && u16(bytes, start + 4) === 0x000b ? 'yes' : 'no';
  if (u32(bytes, start) === 0x4366aa00) return 'yes';
  if (first === 0x4215) return u32(bytes, start + 6) + 10 === end - start ? 'yes' : 'no';
  return u32(bytes, start) === end - start - 4 &&
    u16(bytes, start + 4) === 0x7801 &&
    talk.network() === 'Tencent'
    ? 'yes'
    : 'no';
}

/** World of Warcraft's greeting behind a length of two bytes. */
const wow = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start + 2, end, 'WORLD OF WARCRAFT CONNECTION') ? 'yes' : 'no';

/** War Thunder: metrics in clear on 20011, ENet on the ports behind it. */
function gaijin(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  if (printable(bytes, start, start + 8)) {
    return find(bytes, start, Math.min(end, start + 160), ',circuit=') >= 0 ? 'yes' : 'no';
  }
  const near = talk.server >= 20010 && talk.server <= 20500;
  return near && u32(bytes, start) === 0x8fff0001 && end - start === 52 ? 'yes' : 'no';
}

/** netcode.io, under Yojimbo: a zero byte and the version. */
const netcode = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, '\0NETCODE 1.0') ? 'yes' : 'no';

/** Path of Exile's login: 3, version, a counted account name. */
function exile(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u16(bytes, start) !== 3 || u16(bytes, start + 6) !== 2) return 'no';
  const length = u16(bytes, start + 8);
  return length > 0 &&
    length < 64 &&
    start + 10 + length <= end &&
    printable(bytes, start + 10, start + 10 + length)
    ? 'yes'
    : 'no';
}

/** Steam's client: `VT01` in its messages; game servers: `VS01`. */
const steam = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start + 4, end, 'VT01') && u32le(bytes, start) <= end - start ? 'yes' : 'no';
const counterStrike = (bytes: Uint8Array, start: number, end: number): Verdict =>
  textAt(bytes, start, end, 'VS01') ? 'yes' : 'no';
/** Steam's discovery in the local network: ff ff ff ff, then 21 4c 5f a0. */
const steamLocal = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u32(bytes, start) === 0xffffffff && u32(bytes, start + 4) === 0x214c5fa0 ? 'yes' : 'no';

/** Crossfire's start of a session. */
const crossfire = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u32(bytes, start) === 0xc7d91999 ? 'yes' : 'no';

/** StarCraft II's login on 1119 (Battle.net). */
const starcraft = (bytes: Uint8Array, start: number, _end: number): Verdict =>
  u32(bytes, start) === 0x4a00000a && u16(bytes, start + 4) === 0x6602 ? 'yes' : 'no';

/** Warcraft III: f7, a command, the length. */
const warcraft3 = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u8(bytes, start + 1) >= 1 && u8(bytes, start + 1) <= 0x60 && u16le(bytes, start + 2) === end - start
    ? 'yes'
    : 'no';

/** ioquake-like Armagetron: the login's descriptor 11 and its length. */
const armagetron = (bytes: Uint8Array, start: number, end: number): Verdict =>
  u32(bytes, start) === 0x000b0000 && u16(bytes, start + 4) * 2 + 8 === end - start ? 'yes' : 'no';

/** Among Us (Hazel): a reliable hello, or a ping, on its port. */
const amongUs = (bytes: Uint8Array, start: number, end: number): Verdict =>
  (u8(bytes, start) === 8 || u8(bytes, start) === 12 || u8(bytes, start) === 1) &&
  end - start >= 3 &&
  u8(bytes, start + 1) <= 1
    ? 'yes'
    : 'no';

/** Toca Boca's Photon: a command list on 5055 with its count and the peer's time. */
const photon = (bytes: Uint8Array, start: number, end: number): Verdict =>
  end - start >= 12 &&
  u8(bytes, start + 3) >= 1 &&
  u8(bytes, start + 3) <= 32 &&
  (u8(bytes, start + 2) <= 1 || u8(bytes, start + 2) === 0xcc)
    ? 'yes'
    : 'no';

export const GAMES: readonly Signature[] = [
  { name: 'Steam', transports: ['udp'], first: [0xff], least: 12, probe: steamLocal },
  { name: 'Source_Engine', transports: ['udp'], first: [0xff], least: 9, probe: source },
  { name: 'Quake', transports: ['udp'], first: [0xff], least: 9, probe: quake },
  {
    name: 'RakNet',
    transports: ['udp'],
    first: [1, 2, 5, 6, 7, 8, 0x14, 0x17, 0x19, 0x1a, 0x1c, 0x78, 0x7a, 0x7b, 0x7d, 0x7e],
    least: 17,
    probe: raknet,
  },
  {
    name: 'RakNet',
    transports: ['udp'],
    first: [0xc0, 0xa0, 0x80, 0x84, 0x88, 0x8c],
    least: 10,
    payloads: 2,
    probe: raknetConnected,
  },
  {
    name: 'Activision',
    transports: ['udp'],
    ports: [3074],
    first: [0x0c, 0x0d],
    least: 29,
    probe: activision,
  },
  { name: 'CryNetwork', transports: ['udp'], first: [0x3c], least: 70, probe: cryEngine },
  { name: 'Nintendo', transports: ['udp'], first: [0x32], least: 16, probe: pia },
  { name: 'GenshinImpact', transports: ['udp'], first: [0], least: 20, probe: genshin },
  { name: 'GenshinImpact', transports: ['tcp'], first: [1], least: 40, probe: genshinStream },
  { name: 'LoLWildRift', transports: ['udp'], first: [1, 4, 0x10], least: 22, probe: wildRift },
  { name: 'NetEaseGames', transports: ['udp'], least: 12, probe: netease },
  { name: 'TencentGames', transports: ['tcp'], first: [0, 0x33, 0x42, 0x43], least: 16, probe: tencent },
  { name: 'WorldOfWarcraft', transports: ['tcp'], least: 32, probe: wow },
  {
    name: 'GaijinEntertainment',
    transports: ['udp'],
    first: [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => letter.charCodeAt(0)).concat(0x8f),
    least: 40,
    probe: gaijin,
  },
  { name: 'Yojimbo', transports: ['udp'], first: [0], least: 14, probe: netcode },
  { name: 'PathofExile', transports: ['tcp'], first: [0], least: 16, probe: exile },
  { name: 'Steam', transports: ['tcp'], least: 8, probe: steam },
  { name: 'CSGO', transports: ['udp'], first: 'V', least: 8, probe: counterStrike },
  { name: 'Crossfire', transports: ['udp', 'tcp'], first: [0xc7], least: 8, probe: crossfire },
  { name: 'Starcraft', transports: ['tcp'], ports: [1119], least: 10, probe: starcraft },
  { name: 'Warcraft3', transports: ['tcp', 'udp'], first: [0xf7], least: 4, probe: warcraft3 },
  { name: 'Armagetron', transports: ['udp'], first: [0], least: 12, probe: armagetron },
  { name: 'AmongUs', transports: ['udp'], ports: [22023], least: 3, probe: amongUs },
  { name: 'TocaBoca', transports: ['udp'], ports: [5055], least: 12, probe: photon },
];
