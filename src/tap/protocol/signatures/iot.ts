import { u8, u16, u32 } from '../../../net/index.ts';
import type { Signature, Talk, Verdict } from './signature.ts';
import { find, printable, textAt, wordAt } from './text.ts';

/** UPnP Device Architecture 2.0, section 1.2: M-SEARCH, NOTIFY or an answer with its search target. */
function ssdp(bytes: Uint8Array, start: number, end: number): Verdict {
  if (textAt(bytes, start, end, 'M-SEARCH * HTTP/1.1') || textAt(bytes, start, end, 'NOTIFY * HTTP/1.1'))
    return 'yes';
  if (!textAt(bytes, start, end, 'HTTP/1.1 200 OK')) return 'no';
  const limit = Math.min(end, start + 1024);
  for (let i = start; i < limit - 4; i++) {
    if (u8(bytes, i) !== 10) continue;
    if (wordAt(bytes, i + 1, limit, 'st:') || wordAt(bytes, i + 1, limit, 'usn:')) return 'yes';
  }
  return 'no';
}

/** WS-Discovery 1.1: SOAP over UDP on 3702. */
function wsd(bytes: Uint8Array, start: number, end: number): Verdict {
  return textAt(bytes, start, end, '<?xml') ||
    textAt(bytes, start, end, '<soap:') ||
    textAt(bytes, start, end, '<s:E')
    ? 'yes'
    : 'no';
}

const MQTT_MAGIC = ['\x00\x04MQTT', '\x00\x06MQIsdp'];

/** OASIS MQTT 3.1.1 and 5, section 2.1 and 3.1: CONNECT names the protocol; others: a fixed header that adds up. */
function mqtt(bytes: Uint8Array, start: number, end: number): Verdict {
  let length = 0;
  let at = start + 1;
  for (let shift = 0; ; shift += 7) {
    if (shift > 21) return 'no';
    if (at >= end) return 'maybe';
    const byte = u8(bytes, at++);
    length |= (byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) break;
  }
  const first = u8(bytes, start);
  if (first === 0x10) {
    if (end - at < 8) return end - start < 4 ? 'maybe' : 'no';
    return MQTT_MAGIC.some((magic) => textAt(bytes, at, end, magic)) ? 'yes' : 'no';
  }
  // CONNACK: two bytes, the first with at most the session flag, the second a return code.
  if (first === 0x20 && length >= 2 && length < 128 && at + 2 <= end) {
    return u8(bytes, at) <= 1 && at + length === end && (u8(bytes, at + 1) <= 5 || u8(bytes, at + 1) >= 0x80)
      ? 'yes'
      : 'no';
  }
  return 'no';
}

/**
 * A flow without its beginning: control packets whose lengths add up, flags as section 2.1.3 wants them. A topic in
 * clear makes it sure, elsewhere than on MQTT's port; pings and acknowledgements alone do not.
 */
function mqttLater(bytes: Uint8Array, start: number, end: number, talk: Talk): Verdict {
  let at = start;
  let packets = 0;
  let topics = 0;
  while (at + 2 <= end && packets < 32) {
    const first = u8(bytes, at);
    const type = first >> 4;
    const flags = first & 15;
    if (type < 3 || type > 14) return 'no';
    if (type !== 3 && flags !== (type === 6 || type === 8 || type === 10 ? 2 : 0)) return 'no';
    let length = 0;
    let body = at + 1;
    for (let shift = 0; ; shift += 7) {
      if (shift > 21 || body >= end) return 'no';
      const byte = u8(bytes, body++);
      length |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) break;
    }
    if ((type >= 4 && type <= 7 && length !== 2) || (type >= 12 && length !== 0)) return 'no';
    const text = body + (type === 8 ? 2 : 0);
    if (type === 3 || type === 8) {
      const topic = text + 2 <= end ? u16(bytes, text) : 0;
      if (topic === 0 || topic > length || !printable(bytes, text + 2, Math.min(end, text + 2 + topic)))
        return 'no';
      topics++;
    }
    at = body + length;
    packets++;
  }
  const port = talk.server === 1883 || talk.client === 1883;
  if (at < end || packets === 0 || (at > end && topics === 0)) return 'no';
  return topics > 0 || port || packets > 2 ? 'yes' : 'maybe';
}

/** RFC 7252, section 3: version 1, a token of at most 8 bytes, a code of a known class, options that parse. */
function coap(bytes: Uint8Array, start: number, end: number): Verdict {
  const first = u8(bytes, start);
  const token = first & 15;
  if (first >> 6 !== 1 || token > 8) return 'no';
  const code = u8(bytes, start + 1);
  const kind = code >> 5;
  const detail = code & 31;
  const known =
    (kind === 0 && detail <= 7) ||
    (kind === 2 && detail >= 1 && detail <= 31) ||
    (kind === 4 && detail <= 31) ||
    (kind === 5 && detail <= 8);
  if (!known) return 'no';
  if (code === 0) return end - start === 4 ? 'yes' : 'no';
  let at = start + 4 + token;
  if (at > end) return 'no';
  let options = 0;
  while (at < end && options < 64) {
    const head = u8(bytes, at++);
    if (head === 0xff) return at < end ? 'yes' : 'no';
    const delta = head >> 4;
    let length = head & 15;
    if (delta === 15 || length === 15) return 'no';
    if (delta === 13) at++;
    else if (delta === 14) at += 2;
    if (length === 13) length = (at < end ? u8(bytes, at++) : 0) + 13;
    else if (length === 14) {
      length = (at + 1 < end ? u16(bytes, at) : 0) + 269;
      at += 2;
    }
    at += length;
    options++;
  }
  return at === end ? 'yes' : 'no';
}

/** Tuya's local protocol (tuyapi's notes): prefix, sequence, command, length, suffix. */
function tuya(bytes: Uint8Array, start: number, end: number): Verdict {
  const prefix = u32(bytes, start);
  if (prefix === 0x000055aa)
    return u32(bytes, start + 12) + 16 === end - start && u32(bytes, end - 4) === 0x0000aa55 ? 'yes' : 'no';
  return prefix === 0x00006699 && u32(bytes, end - 4) === 0x00009966 ? 'yes' : 'no';
}

/**
 * TP-Link's smart home protocol: JSON, each byte XORed with the one before it, the first with 171; over TCP a length
 * comes first. `{"` becomes d0 f2.
 */
function tplink(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u16(bytes, start) === 0xd0f2) return 'yes';
  return u32(bytes, start) === end - start - 4 && u16(bytes, start + 4) === 0xd0f2 ? 'yes' : 'no';
}

/** Xiaomi's push service: c2 fe 00 05, then length; the host is named in clear. */
function xiaomi(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u32(bytes, start) !== 0xc2fe0005) return 'no';
  return find(bytes, start, Math.min(end, start + 64), 'xiaomi.com') >= 0 ||
    (u32(bytes, start + 4) + 12 <= end - start && u32(bytes, start + 4) > 0)
    ? 'yes'
    : 'no';
}

/** Canon's printer discovery: BJNP, MFNP, BNJB. */
function bjnp(bytes: Uint8Array, start: number, end: number): Verdict {
  return ['BJNP', 'BNJB', 'BJNB', 'PNJB', 'MFNP', 'BJBP'].some((magic) => textAt(bytes, start, end, magic))
    ? 'yes'
    : 'no';
}

/** TiVo's discovery beacon: `key=value` lines that begin with tivoconnect. */
const tivo = (bytes: Uint8Array, start: number, end: number): Verdict =>
  wordAt(bytes, start, end, 'tivoconnect=') ? 'yes' : 'no';

/** Dropbox LAN sync: a JSON object with host_int and version, broadcast on 17500. */
function dropbox(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u8(bytes, start) !== 0x7b) return 'no';
  return find(bytes, start, Math.min(end, start + 512), '"host_int"') >= 0 ? 'yes' : 'no';
}

/** Sonos players among themselves: 00, the number of the stream, a counter, a constant type. */
function sonos(bytes: Uint8Array, start: number, end: number): Verdict {
  const length = end - start;
  if (length !== 9 && length !== 12 && length < 20) return 'no';
  return u8(bytes, start) === 0 && u16(bytes, start + 4) === 0 && u16(bytes, start + 1) !== 0 ? 'yes' : 'no';
}

/** Nest's log sink: version 2, then lengths. */
function nest(bytes: Uint8Array, start: number, _end: number): Verdict {
  return u8(bytes, start + 1) === 2 && u8(bytes, start) <= 2 && u8(bytes, start + 2) === 0 ? 'yes' : 'no';
}

/** Ubiquiti's discovery: version 1 or 2, command, length, TLVs; the model or the platform is in clear. */
function ubiquiti(bytes: Uint8Array, start: number, end: number): Verdict {
  const version = u8(bytes, start);
  if (version !== 1 && version !== 2) return 'no';
  if (end - start === 4) return u16(bytes, start + 2) === 0 ? 'yes' : 'no';
  return u16(bytes, start + 2) + 4 === end - start ? 'yes' : 'no';
}

/** KNXnet/IP (ISO 22510): header of 6 bytes, version 1.0, service, total length. */
function knx(bytes: Uint8Array, start: number, end: number): Verdict {
  if (u16(bytes, start) !== 0x0610 || u16(bytes, start + 4) !== end - start) return 'no';
  const service = u8(bytes, start + 2);
  return service >= 2 && service <= 9 ? 'yes' : 'no';
}

export const IOT: readonly Signature[] = [
  { name: 'SSDP', transports: ['udp'], first: 'MNH', least: 16, probe: ssdp },
  { name: 'WSD', transports: ['udp'], ports: [3702], first: '<', least: 40, probe: wsd },
  {
    name: 'MQTT',
    suricata: 'mqtt',
    service: 'mqtt',
    transports: ['tcp'],
    first: [0x10, 0x20],
    least: 4,
    probe: mqtt,
  },
  {
    name: 'MQTT',
    suricata: 'mqtt',
    transports: ['tcp'],
    first: [...range(0x30, 0x3d), 0x40, 0x50, 0x62, 0x70, 0x82, 0x90, 0xa2, 0xb0, 0xc0, 0xd0, 0xe0],
    least: 2,
    probe: mqttLater,
  },
  { name: 'COAP', transports: ['udp'], ports: [5683, 5684, ...range(61616, 61631)], least: 4, probe: coap },
  { name: 'TuyaLP', transports: ['udp', 'tcp'], first: [0], least: 20, probe: tuya },
  { name: 'TPLINK_SHP', transports: ['udp', 'tcp'], ports: [9999], least: 6, probe: tplink },
  { name: 'Xiaomi', transports: ['tcp'], first: [0xc2], least: 12, probe: xiaomi },
  { name: 'BJNP', transports: ['udp'], first: 'BMP', least: 16, probe: bjnp },
  { name: 'TiVoConnect', transports: ['udp', 'tcp'], ports: [2190], least: 12, probe: tivo },
  { name: 'Dropbox', transports: ['udp'], ports: [17500], first: '{', least: 12, probe: dropbox },
  {
    name: 'Spotify',
    transports: ['udp'],
    first: 'S',
    least: 8,
    // Spotify Connect's local discovery on 57621.
    probe: (bytes, start, end) => (textAt(bytes, start, end, 'SpotUdp') ? 'yes' : 'no'),
  },
  {
    name: 'Sonos',
    transports: ['udp'],
    ports: [7080, 6969],
    first: [0],
    least: 9,
    payloads: 2,
    probe: sonos,
  },
  { name: 'NestLogSink', transports: ['tcp'], ports: [11095], least: 8, probe: nest },
  { name: 'UBNTAC2', transports: ['udp'], ports: [10001], first: [1, 2], least: 4, probe: ubiquiti },
  { name: 'KNXnet_IP', transports: ['udp', 'tcp'], first: [6], least: 8, probe: knx },
];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
