import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ethernetFrame,
  framesOf,
  fromHex,
  ipv4Datagram,
  ipv6Datagram,
  tcpSegment,
  udpDatagram,
} from '../../../test/support/frames.ts';
import { decodeAll, type SeenLayer } from '../../../test/support/layers.ts';
import { Decoder, type DecoderOptions } from './index.ts';

const TCP = 6;
const UDP = 17;
const hello = Buffer.from('hello');
const datagram = ipv4Datagram({ protocol: UDP }, udpDatagram(1000, 2000, hello));
const datagram6 = ipv6Datagram(UDP, udpDatagram(1000, 2000, hello));
const INNER = '17 192.0.2.1 1000 198.51.100.2 2000';
const INNER6 = '17 2001:db8::1 1000 2001:db8::2 2000';
const frame = ethernetFrame(0x0800, datagram);

function decode(bytes: Uint8Array, linkType = 1, options?: DecoderOptions): SeenLayer[] {
  return decodeAll([framesOf([bytes], linkType)], options).layers;
}

function texts(layers: readonly SeenLayer[]): string[] {
  return layers.map((layer) => layer.text);
}

function hex(prefix: string, ...rest: Uint8Array[]): Buffer {
  return Buffer.concat([fromHex(prefix), ...rest]);
}

/** Every way to carry the same datagram below IP. */
const links: readonly (readonly [name: string, linkType: number, bytes: Uint8Array, layer?: string])[] = [
  ['null, little endian', 0, hex('02000000', datagram)],
  ['null, big endian', 0, hex('00000002', datagram)],
  ['null, IPv6 of Darwin', 0, hex('1e000000', datagram6), INNER6],
  ['loop, IPv6 of OpenBSD', 108, hex('00000018', datagram6), INNER6],
  ['PPP', 9, hex('0021', datagram)],
  ['PPP, compressed protocol', 9, hex('21', datagram)],
  ['PPP with HDLC framing', 50, hex('ff030057', datagram6), INNER6],
  ['PPP link with Cisco framing', 50, hex('0f000800', datagram)],
  ['PPP with direction', 166, hex('01030021', datagram)],
  ['C-HDLC', 104, hex('8f000800', datagram)],
  ['raw 12', 12, datagram],
  ['raw 14', 14, datagram6, INNER6],
  ['raw 101', 101, datagram],
  ['raw 228', 228, datagram],
  ['raw 229', 229, datagram6, INNER6],
  ['cooked', 113, hex('0000 0001 0006 0102030405060000 0800', datagram)],
  ['cooked, 802.2', 113, hex('0000 0001 0006 0102030405060000 0004 aaaa03 000000 0800', datagram)],
  ['cooked 2', 276, hex('0800 0000 00000001 0001 00 06 0102030405060000', datagram)],
  ['nflog', 239, hex('02000000 0800010008000103', hex(attribute(datagram.length), datagram))],
  ['802.11 to access point', 105, wlan('0801', '', datagram)],
  ['802.11 with four addresses', 105, wlan('0803', '060606060606', datagram)],
  ['802.11 with quality of service', 105, wlan('8801', '0000', datagram)],
  [
    'radiotap with check sequence',
    127,
    hex('0000 0900 02000000 10', wlan('0801', '', datagram), Buffer.alloc(4)),
  ],
  [
    'radiotap with clock and padding',
    127,
    hex('0000 1100 03000000 0102030405060708 20', wlan('8801', '0000 0000', datagram)),
  ],
  ['Prism', 119, Buffer.concat([prism(), wlan('0801', '', datagram)])],
  ['PPI with 802.11', 192, hex('00000800 69000000', wlan('0801', '', datagram))],
  ['Ethernet', 1, frame],
  ['802.3 with LLC', 1, ethernetFrame(3 + datagram.length, hex('060603', datagram))],
  ['802.3 with SNAP', 1, ethernetFrame(8 + datagram.length, hex('aaaa03 000000 0800', datagram))],
  ['PPPoE', 1, ethernetFrame(0x8864, hex('1100 0001 0023 0021', datagram))],
  ['MPLS', 1, ethernetFrame(0x8847, hex('00010040 00011140', datagram))],
  ['MPLS, explicit null of IPv6', 1, ethernetFrame(0x8847, hex('00002140', datagram6)), INNER6],
  ['pseudowire with control word', 1, ethernetFrame(0x8847, hex('00011140 00000000', frame))],
  ['pseudowire without control word', 1, ethernetFrame(0x8847, hex('00011140', frame))],
  ['VN-Tag', 1, ethernetFrame(0x8926, hex('00010002 0800', datagram))],
  ['E-Tag', 1, ethernetFrame(0x893f, hex('000100020000 0800', datagram))],
  ['provider backbone', 1, ethernetFrame(0x88e7, hex('00000001', frame))],
  ['FabricPath', 1, ethernetFrame(0x8903, hex('0001', frame))],
  ['service header', 1, ethernetFrame(0x894f, hex('0fc2 0201 00000100', datagram))],
  [
    'MACsec without encryption',
    1,
    ethernetFrame(0x88e5, hex('0000 00000001 0800', datagram, Buffer.alloc(16))),
  ],
  ['Arista time stamp', 1, ethernetFrame(0xd28b, hex('0001 0010 0000000000000000 0800', datagram))],
  ['Cisco metadata', 1, ethernetFrame(0x8909, hex('0101 0001 0002 0800', datagram))],
];

function attribute(length: number): string {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(length + 4, 0);
  header.writeUInt16LE(9, 2);
  return header.toString('hex');
}

function wlan(control: string, behind: string, content: Uint8Array): Buffer {
  return hex(
    `${control} 0000 010101010101 020202020202 030303030303 0000 ${behind} aaaa03 000000 0800`,
    content,
  );
}

function prism(): Buffer {
  const header = Buffer.alloc(144);
  header.writeUInt32LE(0x44, 0);
  header.writeUInt32LE(144, 4);
  return header;
}

for (const [name, linkType, bytes, layer] of links) {
  test(`link: ${name}`, () => {
    const layers = decode(bytes, linkType);
    assert.deepEqual(texts(layers), [layer ?? INNER]);
    assert.equal(layers[0]?.payload, 'hello');
    assert.deepEqual(layers[0]?.events, []);
  });
}

function inUdp(port: number, content: Uint8Array): Buffer {
  return ipv4Datagram({ protocol: UDP }, udpDatagram(5555, port, content));
}

/** Every way to carry the datagram in IP: kind, identifier, the outer layer, and what is in it. */
const tunnels: readonly (readonly [
  name: string,
  kind: string,
  id: number,
  bytes: Uint8Array,
  layers: readonly string[],
])[] = [
  ['GRE', 'gre', 0, ipv4Datagram({ protocol: 47 }, hex('00000800', datagram)), ['47', INNER]],
  [
    'GRE with key',
    'gre',
    9,
    ipv4Datagram({ protocol: 47 }, hex('200086dd 00000009', datagram6)),
    ['47', INNER6],
  ],
  [
    'GRE, all fields',
    'gre',
    9,
    ipv4Datagram({ protocol: 47 }, hex('b0006558 00000000 00000009 00000001', frame)),
    ['47', INNER],
  ],
  [
    'GRE, routing',
    'gre',
    0,
    ipv4Datagram({ protocol: 47 }, hex('40000800 00000000 08000004 01020304 00000000', datagram)),
    ['47', INNER],
  ],
  [
    'GRE with PPP, version 1',
    'pptp',
    7,
    ipv4Datagram({ protocol: 47 }, hex('3081880b 002b0007 00000001 00000002 ff030021', datagram)),
    ['47', INNER],
  ],
  ['ERSPAN I', 'erspan', 0, ipv4Datagram({ protocol: 47 }, hex('000088be', frame)), ['47', INNER]],
  [
    'ERSPAN II',
    'erspan',
    5,
    ipv4Datagram({ protocol: 47 }, hex('100088be 00000001 10170005 00000000', frame)),
    ['47', INNER],
  ],
  [
    'ERSPAN III',
    'erspan',
    5,
    ipv4Datagram({ protocol: 47 }, hex('100022eb 00000001 20170005 00000000 00000000', frame)),
    ['47', INNER],
  ],
  ['IP in IP', 'ip-in-ip', 0, ipv4Datagram({ protocol: 4 }, datagram), ['4', INNER]],
  ['6in4', '6in4', 0, ipv4Datagram({ protocol: 41 }, datagram6), ['41', INNER6]],
  ['4in6', '4in6', 0, ipv6Datagram(4, datagram), ['4', INNER]],
  ['6in6', '6in6', 0, ipv6Datagram(41, datagram6), ['41', INNER6]],
  ['VXLAN', 'vxlan', 42, inUdp(4789, hex('08000000 00002a00', frame)), ['17', INNER]],
  ['VXLAN of old Linux', 'vxlan', 42, inUdp(8472, hex('08000000 00002a00', frame)), ['17', INNER]],
  ['VXLAN with group', 'vxlan', 42, inUdp(4789, hex('88000007 00002a00', frame)), ['17', INNER]],
  ['VXLAN, generic', 'vxlan', 42, inUdp(4790, hex('0c000001 00002a00', datagram)), ['17', INNER]],
  ['GENEVE', 'geneve', 42, inUdp(6081, hex('01006558 00002a00 00000000', frame)), ['17', INNER]],
  ['GENEVE with IP', 'geneve', 42, inUdp(6081, hex('000086dd 00002a00', datagram6)), ['17', INNER6]],
  ['Teredo', 'teredo', 0, inUdp(3544, datagram6), ['17', INNER6]],
  ['Teredo, origin', 'teredo', 0, inUdp(3544, hex('0000 1234 01020304', datagram6)), ['17', INNER6]],
  [
    'Teredo, authentication and origin',
    'teredo',
    0,
    inUdp(3544, hex('0001 0000 0102030405060708 00 0000 1234 01020304', datagram6)),
    ['17', INNER6],
  ],
  ['GTP', 'gtp-u', 7, inUdp(2152, hex('30ff 0021 00000007', datagram)), ['17', INNER]],
  [
    'GTP with extension',
    'gtp-u',
    7,
    inUdp(2152, hex('34ff 0029 00000007 00000085 01000100', datagram)),
    ['17', INNER],
  ],
  [
    'AYIYA',
    'ayiya',
    1,
    inUdp(5072, hex('4152 1129 00000001', Buffer.alloc(16 + 20), datagram6)),
    ['17', INNER6],
  ],
  ['GRE in UDP', 'gre', 0, inUdp(4754, hex('00000800', datagram)), ['17', INNER]],
  ['CAPWAP', 'capwap', 0, inUdp(5247, hex('00100000 00000000', frame)), ['17', INNER]],
];

for (const [name, kind, id, bytes, expected] of tunnels) {
  test(`tunnel: ${name}`, () => {
    const layers = decode(bytes, 101);
    assert.deepEqual([layers[0]?.text.split(' ')[0], ...texts(layers.slice(1))], expected);
    assert.equal(layers[0]?.packet.carrier, true);
    assert.equal(layers[0]?.packet.tunnelId, 0);
    const inner = layers[1];
    assert.equal(inner?.payload, 'hello');
    assert.deepEqual(inner?.tunnels, [kind]);
    assert.equal(inner?.packet.carrier, false);
    assert.notEqual(inner?.packet.tunnelId, 0);
    assert.equal(id, identifierOf(bytes));
  });
}

/** Identifier of the first tunnel of a raw IP packet. */
function identifierOf(bytes: Uint8Array): number | undefined {
  let id: number | undefined;
  const batch = framesOf([bytes], 101);
  const decoder = new Decoder({
    packet: (packet) => {
      if (packet.depth > 0) id = packet.tunnels[0]?.id;
    },
  });
  decoder.decode(batch, 0, 1);
  return id;
}

test('what only looks like a tunnel by its port stays a datagram', () => {
  for (const port of [4789, 6081, 3544, 2152, 5072, 4754, 5247]) {
    for (const content of [hello, Buffer.alloc(64), Buffer.alloc(64, 0xff), Buffer.alloc(64, 0x30)]) {
      const layers = decode(inUdp(port, content), 101);
      assert.deepEqual(texts(layers), [`17 192.0.2.1 5555 198.51.100.2 ${port}`]);
      assert.equal(layers[0]?.packet.carrier, false);
    }
  }
});

test('tunnels are bounded', () => {
  let bytes = datagram;
  for (let i = 0; i < 6; i++) bytes = ipv4Datagram({ protocol: 4 }, bytes);
  const layers = decode(bytes, 101);
  assert.equal(layers.length, 5);
  assert.deepEqual(layers.at(-1)?.events, ['too_many_tunnels']);
  assert.equal(layers.at(-1)?.packet.carrier, false);
  assert.equal(decode(bytes, 101, { tunnels: 6 }).length, 7);
  assert.equal(decode(bytes, 101, { tunnels: 0 }).length, 1);
});

test('both directions of a tunnel have the same number, other networks another one', () => {
  const number = (network: string, source: number[]): number | undefined => {
    const inner = udpDatagram(5555, 4789, hex(`08000000 ${network}00`, frame));
    return decode(ipv4Datagram({ protocol: UDP, source }, inner), 101)[1]?.packet.tunnelId;
  };
  assert.equal(number('00002a', [192, 0, 2, 1]), number('00002a', [198, 51, 100, 2]));
  assert.notEqual(number('00002a', [192, 0, 2, 1]), number('00002b', [192, 0, 2, 1]));
});

test('VLAN tags are kept, the fourth is noted', () => {
  const tags = ['8100 0001', '88a8 0002', '9100 f003', '8100 0004'];
  for (let count = 1; count <= 4; count++) {
    const mac = '020000000002 020000000001';
    const layers = decode(hex(`${mac} ${tags.slice(0, count).join(' ')} 0800`, datagram));
    assert.deepEqual(texts(layers), [INNER]);
    assert.deepEqual(layers[0]?.vlans, [1, 2, 3].slice(0, count));
    assert.deepEqual(layers[0]?.events, count === 4 ? ['vlan.too_many_layers'] : []);
    assert.equal(layers[0]?.packet.mac, 0);
  }
});

test('tags inside a tunnel are those of the carried frame', () => {
  const inner = hex('020000000002 020000000001 8100 0007 0800', datagram);
  const outer = hex('020000000002 020000000001 8100 0001 0800', inUdp(4789, hex('08000000 00002a00', inner)));
  const layers = decode(outer);
  assert.deepEqual(
    layers.map((layer) => layer.vlans),
    [[1], [7]],
  );
  assert.equal(layers[0]?.packet.layerLength, outer.length);
  assert.equal(layers[1]?.packet.layerLength, inner.length);
  assert.equal(layers[1]?.packet.mac, layers[1]?.packet.layerStart);
});

test('TCP header and options', () => {
  const options = fromHex('020405b4 0402 080a 00000001 80000002 01 030307');
  const segment = tcpSegment(1234, 80, 0x12, hello, options);
  const [layer] = decode(ethernetFrame(0x0800, ipv4Datagram({ protocol: TCP }, segment)));
  const packet = layer?.packet;
  assert.equal(layer?.text, '6 192.0.2.1 1234 198.51.100.2 80');
  assert.equal(layer?.payload, 'hello');
  assert.deepEqual(
    [packet?.tcpFlags, packet?.seq, packet?.ack, packet?.window, packet?.mss, packet?.windowScale],
    [0x12, -16, 7, 1024, 1460, 7],
  );
  assert.deepEqual(
    [packet?.sackPermitted, packet?.hasTimestamp, packet?.tsValue, packet?.tsEcho],
    [true, true, 1, -0x7ffffffe],
  );
});

test('usual time stamps are read, and forgotten with the next segment', () => {
  const options = fromHex('0101080a 00000005 00000006');
  const first = ethernetFrame(0x0800, ipv4Datagram({ protocol: TCP }, tcpSegment(1, 2, 16, hello, options)));
  const second = ethernetFrame(0x0800, ipv4Datagram({ protocol: TCP }, tcpSegment(1, 2, 16, hello)));
  const { layers } = decodeAll([framesOf([first, second])]);
  assert.deepEqual(
    layers.map((layer) => [layer.packet.hasTimestamp, layer.packet.windowScale]),
    [
      [true, -1],
      [false, -1],
    ],
  );
  assert.equal(layers[0]?.packet.tsValue, 5);
});

test('padding of short frames is not payload', () => {
  const [layer] = decode(Buffer.concat([frame, Buffer.alloc(20)]));
  assert.equal(layer?.payload, 'hello');
});

test('a packet that the capture cut keeps its lengths', () => {
  const segment = tcpSegment(1234, 80, 16, Buffer.alloc(1000, 65));
  const whole = ethernetFrame(0x0800, ipv4Datagram({ protocol: TCP }, segment));
  const batch = framesOf([whole.subarray(0, 96)]);
  batch.original[0] = whole.length;
  const { layers, counters } = decodeAll([batch], { checksums: 'all' });
  const packet = layers[0]?.packet;
  assert.equal(layers[0]?.text, '6 192.0.2.1 1234 198.51.100.2 80');
  assert.equal(packet?.payloadLength, 1000);
  assert.equal(layers[0]?.payload.length, 96 - 54);
  assert.equal(packet?.truncated, true);
  assert.equal(packet?.transportChecksum, 0);
  assert.deepEqual(layers[0]?.events, ['ipv4.trunc_pkt']);
  assert.equal(counters.get('invalid'), 1);
});

test('addresses of IPv6 do not stay in a packet of IPv4', () => {
  const { layers } = decodeAll([framesOf([ethernetFrame(0x86dd, datagram6), frame])]);
  const packet = layers[1]?.packet;
  assert.deepEqual([packet?.src1, packet?.src3, packet?.dst1, packet?.dst3], [0, 0, 0, 0]);
  assert.equal(layers[1]?.text, INNER);
});

test('extension headers are walked', () => {
  const udp = udpDatagram(1000, 2000, hello);
  const chain = hex('2b00 0502 0000 0100 3c00 0401 0000 0000 3300 0104 0000 0000', Buffer.alloc(0));
  const authentication = fromHex('1104 0000 00000001 00000001 000000000000000000000000');
  const [layer] = decode(ipv6Datagram(0, Buffer.concat([chain, authentication, udp])), 101);
  assert.equal(layer?.text, INNER6);
  assert.equal(layer?.payload, 'hello');
  assert.deepEqual(layer?.events, ['ipv6.zero_len_padn', 'ipv6.dstopts_only_padding']);
});

test('an error message quotes a packet', () => {
  const quoted = ipv4Datagram({ protocol: UDP }, udpDatagram(53, 4000, hello));
  const [layer] = decode(ipv4Datagram({ protocol: 1 }, hex('0303 0000 00000000', quoted)), 101);
  assert.equal(layer?.text, '1 192.0.2.1 3 198.51.100.2 3');
  const packet = layer?.packet;
  assert.deepEqual(
    [packet?.quoted, packet?.quotedProtocol, packet?.quotedSrcPort, packet?.quotedDstPort],
    [28, 17, 53, 4000],
  );
});

test('checksums', () => {
  const udp = udpDatagram(1000, 2000, hello);
  udp.writeUInt16BE(0x1234, 6);
  const wrong = ipv4Datagram({ protocol: UDP }, udp);
  assert.equal(decode(wrong, 101, { checksums: 'all' })[0]?.packet.transportChecksum, 2);
  assert.equal(decode(wrong, 101, { checksums: 'all' })[0]?.packet.ipChecksum, 1);
  assert.equal(decode(wrong, 101)[0]?.packet.transportChecksum, 0);
  assert.equal(decode(datagram, 101, { checksums: 'all' })[0]?.packet.transportChecksum, 0);
  const many = framesOf(
    Array.from({ length: 1200 }, () => wrong),
    101,
  );
  const verdicts = decodeAll([many], { checksums: 'auto' }).layers.map(
    (layer) => layer.packet.transportChecksum,
  );
  assert.equal(verdicts.filter((verdict) => verdict === 2).length, 1000);
});

/** Frames that are wrong in one way, and the events that they deserve. */
const faults: readonly (readonly [frame: Uint8Array, linkType: number, events: readonly string[]])[] = [
  [fromHex('0200'), 1, ['ethernet.pkt_too_small']],
  [ethernetFrame(0x0800, fromHex('4500')), 1, ['ipv4.pkt_too_small']],
  [ethernetFrame(0x0800, Buffer.concat([fromHex('44'), datagram.subarray(1)])), 1, ['ipv4.hlen_too_small']],
  [ethernetFrame(0x0800, datagram6), 1, ['ipv4.wrong_ip_version']],
  [ethernetFrame(0x86dd, datagram6.subarray(0, 39)), 1, ['ipv6.pkt_too_small']],
  [
    ipv4Datagram({ protocol: UDP, length: 19 }, udpDatagram(1, 2, hello)),
    101,
    ['ipv4.iplen_smaller_than_hlen'],
  ],
  [ipv4Datagram({ protocol: UDP }, hello), 101, ['udp.hlen_too_small']],
  [ipv4Datagram({ protocol: UDP }, fromHex('0001 0002 00ff 0000')), 101, ['udp.pkt_too_small']],
  [ipv4Datagram({ protocol: UDP }, fromHex('0001 0002 0007 0000')), 101, ['udp.len_invalid']],
  [ipv4Datagram({ protocol: TCP }, hello), 101, ['tcp.pkt_too_small']],
  [
    ipv4Datagram({ protocol: TCP }, fromHex(`${'00'.repeat(12)}4000${'00'.repeat(6)}`)),
    101,
    ['tcp.hlen_too_small'],
  ],
  [
    ipv4Datagram({ protocol: TCP }, fromHex(`${'00'.repeat(12)}6000${'00'.repeat(6)}`)),
    101,
    ['tcp.invalid_optlen'],
  ],
  [
    ipv4Datagram({ protocol: TCP }, tcpSegment(1, 2, 2, hello, fromHex('02050000'))),
    101,
    ['tcp.opt_invalid_len'],
  ],
  [
    ipv4Datagram({ protocol: TCP }, tcpSegment(1, 2, 2, hello, fromHex('04020402'))),
    101,
    ['tcp.opt_duplicate'],
  ],
  [ipv4Datagram({ protocol: 1 }, hello), 101, ['icmpv4.pkt_too_small']],
  [ipv4Datagram({ protocol: 58 }, Buffer.alloc(8)), 101, ['ipv4.icmpv6']],
  [ipv4Datagram({ protocol: 200 }, hello), 101, ['ipv4.unknown_protocol']],
  [ipv4Datagram({ protocol: 132 }, hello), 101, ['sctp.pkt_too_small']],
  [ipv4Datagram({ protocol: 47 }, fromHex('0007 0800')), 101, ['gre.wrong_version']],
  [ipv4Datagram({ protocol: 47 }, fromHex('0001 0800')), 101, ['gre.version1_wrong_protocol']],
  [ipv4Datagram({ protocol: 47 }, fromHex('b000 0800')), 101, ['gre.version0_hdr_too_big']],
  [ipv6Datagram(1, Buffer.alloc(8)), 101, ['ipv6.icmpv4']],
  [ipv6Datagram(59, hello), 101, ['ipv6.data_after_none_header']],
  [ipv6Datagram(43, fromHex('1100 0000 00000000')), 101, ['ipv6.rh_type_0', 'ipv6.trunc_exthdr']],
  [
    ipv6Datagram(44, fromHex('11ff 0000 00000001 0001 0002 0008 0000')),
    101,
    ['ipv6.fh_non_zero_reserved_field', 'ipv6.exthdr_useless_fh'],
  ],
  [ipv6Datagram(58, fromHex('8000 0000')), 101, ['icmpv6.pkt_too_small']],
  [ipv6Datagram(58, fromHex('8700 0000 00000000'), 255), 101, []],
  [ipv6Datagram(58, fromHex('8200 0000 00000000'), 2), 101, ['icmpv6.mld_message_with_invalid_hl']],
  [ethernetFrame(0x8100, fromHex('00')), 1, ['vlan.header_too_small']],
  [ethernetFrame(0x8100, fromHex('0001 8035')), 1, ['ethernet.unknown_ethertype', 'vlan.unknown_type']],
  [ethernetFrame(0x8035, Buffer.alloc(28)), 1, ['ethernet.unknown_ethertype']],
  [ethernetFrame(0x8847, fromHex('0001')), 1, ['mpls.header_too_small']],
  [ethernetFrame(0x8847, fromHex('00003140 ff')), 1, ['mpls.bad_label_implicit_null']],
  [ethernetFrame(0x8863, fromHex('1109 0000 0004 0101 0001')), 1, ['pppoe.malformed_tags']],
  [ethernetFrame(0x0806, fromHex('0001 0800')), 1, ['arp.pkt_too_small']],
  [ethernetFrame(0x0806, Buffer.concat([fromHex('0001 0800 0604 0001'), Buffer.alloc(20)])), 1, []],
  [fromHex('0000'), 0, ['ltnull.pkt_too_small']],
  [fromHex('00000063'), 0, ['ltnull.unsupported_type']],
  [fromHex('99'), 101, ['ipraw.invalid_ip_version']],
  [Buffer.alloc(10), 113, ['sll.pkt_too_small']],
  [Buffer.alloc(10), 9999, ['unknown_linktype']],
];

for (const [bytes, linkType, events] of faults) {
  test(`fault: ${events.join(', ') || 'none'} (${bytes.subarray(0, 40).toHex()})`, () => {
    const { layers } = decodeAll([framesOf([bytes], linkType)]);
    assert.equal(layers.length, 1);
    assert.deepEqual(layers[0]?.events, events);
  });
}

test('encrypted and empty 802.11 frames are given out as no IP', () => {
  for (const control of ['0841', '4801', '8000', 'c801']) {
    assert.deepEqual(texts(decode(wlan(control, '0000', datagram), 105)), ['none']);
  }
});

test('every cut of every frame is given out at least once', () => {
  const samples = [
    ...links.map(([, type, bytes]) => [type, bytes] as const),
    ...tunnels.map((t) => [101, t[3]] as const),
  ];
  for (const [linkType, bytes] of samples) {
    for (let length = 0; length <= bytes.length; length++) {
      assert.ok(decode(bytes.subarray(0, length), linkType).length >= 1);
    }
  }
});
