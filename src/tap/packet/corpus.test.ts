import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readFrames } from '../../../test/support/frames.ts';
import { decodeAll } from '../../../test/support/layers.ts';

/** Real captures; what is expected was read with tshark. */

const corpus = process.env.WEIR_CORPUS ?? join(import.meta.dirname, '../../../../shared/corpus');
const skip = existsSync(join(corpus, 'pcaps')) ? false : `no captures at ${corpus}`;

function decode(file: string) {
  return decodeAll(readFrames(readFileSync(join(corpus, 'pcaps', file))), { checksums: 'all' });
}

/** Capture, its frames, one of them, and the layers of that one with the kinds of tunnels around the last. */
const frames: readonly (readonly [
  name: string,
  file: string,
  total: number,
  frame: number,
  layers: readonly string[],
  tunnels?: string,
])[] = [
  ['C-HDLC', '2f18b9e550181f6d.pcap', 14, 1, ['6 100.16.1.2 18324 100.16.1.1 179']],
  ['cooked', '1ed94c048986d701.pcap', 3203, 75, ['17 10.24.82.188 11321 1.201.1.174 23045']],
  ['null', '21c7287421d2b926.pcap', 12, 1, ['6 ::1 65388 ::1 6666']],
  ['PPI', 'eb64af3ee7b4ad8b.pcap', 6, 1, ['17 192.168.88.73 30490 235.2.3.5 30490']],
  ['nflog', '1a3892d87aa63e82.pcap', 13, 1, ['6 10.0.2.15 49762 93.184.216.34 80']],
  ['raw IP', '4daef75ba54d18f0.pcap', 2, 1, ['17 172.30.2.70 36441 172.23.0.22 53']],
  ['PPPoE in QinQ', '58b05ac9d9a4e141.pcapng', 5, 4, ['17 82.178.113.245 47255 82.178.158.181 53']],
  ['802.11', 'aa5fe41deabae645.pcap', 3, 1, ['17 172.17.156.76 61738 208.67.220.220 53']],
  ['SNAP', 'bdc47938c58b73f1.pcap', 8, 1, ['6 192.168.1.1 12345 192.168.1.2 80']],
  ['MPLS', '1f0a9bd9965de5e2.pcap', 47, 1, ['6 10.1.2.1 11001 10.34.0.1 23']],
  ['VN-Tag', '7b88fd2ccd6115e6.pcap', 3, 1, ['253 1.1.1.1 0 1.1.2.1 0']],
  ['E-Tag', '8b67860f645deb97.pcap', 1, 1, ['6 192.168.1.44 25 192.168.16.4 10539']],
  ['802.1ah', 'cc4e9f1b71f3ae88.pcap', 12, 3, ['89 10.199.242.132 0 224.0.0.5 0']],
  ['FabricPath', '2eb8fd5ef5985724.pcap', 32, 3, ['89 16.2.16.238 0 224.0.0.5 0']],
  ['SCTP', '037c66a1aab7761d.pcap', 1, 1, ['132 192.0.2.1 12345 198.51.100.1 36412']],
  ['IGMP', '08c3837517f207aa.pcap', 147, 1, ['2 10.60.0.189 0 224.0.0.1 0']],
  [
    'GRE',
    '7954870d76d20e7b.pcap',
    40,
    11,
    ['47 172.27.1.66 0 66.59.109.137 0', '6 66.59.111.190 40264 172.28.2.3 22'],
    'gre',
  ],
  [
    'GRE with Ethernet',
    '4751c0f9af2c39b5.pcap',
    17,
    1,
    ['47 192.168.0.23 0 192.168.0.20 0', '6 10.95.48.225 42270 14.215.177.39 80'],
    'gre',
  ],
  [
    'GRE version 1',
    'b6f659495e87c3c9.pcapng',
    1,
    1,
    ['47 109.105.228.253 0 10.177.98.84 0', '17 192.168.10.210 5060 192.168.103.40 5060'],
    'pptp',
  ],
  [
    'GRE with an A-MSDU',
    '22e9b64e21eae540.pcap',
    1,
    1,
    [
      '47 10.226.22.9 0 10.102.16.187 0',
      '6 157.240.18.16 443 149.159.130.184 49392',
      '6 157.240.18.16 443 149.159.130.184 49392',
    ],
    'gre',
  ],
  [
    'VXLAN in ERSPAN',
    '5bbdb30a0707e210.pcap',
    7,
    1,
    [
      '47 100.20.9.2 0 100.20.9.1 0',
      '17 172.16.27.131 4789 172.16.27.121 4790',
      '6 10.16.27.12 65174 10.16.27.131 80',
    ],
    'erspan vxlan',
  ],
  [
    'VXLAN',
    '24986c327320dec0.pcap',
    100,
    3,
    ['17 172.31.0.238 65474 172.31.17.188 4789', '6 18.196.145.224 37180 172.31.0.238 22'],
    'vxlan',
  ],
  [
    'GENEVE',
    '50a3f321fd47b339.pcap',
    1,
    1,
    ['17 192.168.1.1 23456 192.168.1.2 6081', '6 10.0.0.1 12345 10.0.0.2 80'],
    'geneve',
  ],
  [
    'Teredo',
    '0bbf91d8545630fc.pcap',
    1350,
    91,
    ['17 192.168.0.13 59085 157.56.106.184 3544', '58 fe80::ffff:ffff:fffe 133 ff02::2 0'],
    'teredo',
  ],
  [
    'GTP',
    'a1b3ee474cd3d5c9.pcap',
    120,
    1,
    ['17 167.55.105.244 5906 207.233.125.40 2152', '6 10.131.17.170 51803 173.199.115.168 80'],
    'gtp-u',
  ],
  [
    'AYIYA',
    '4b3f569e0ad838e9.pcap',
    35,
    1,
    ['17 216.14.98.22 5072 192.168.3.101 53796', '58 2001:4978:f:4c::1 128 2001:4978:f:4c::2 0'],
    'ayiya',
  ],
  [
    'CAPWAP',
    '4a2c72acfbbb4d38.pcap',
    422,
    280,
    ['17 192.168.10.10 12380 192.168.10.9 5247', '17 0.0.0.0 68 255.255.255.255 67'],
    'capwap',
  ],
  [
    'IP in IP',
    'dc7f91c0e52f0ebd.pcap',
    6,
    1,
    ['4 10.0.0.94 0 10.1.0.237 0', '1 192.168.0.94 8 192.168.0.237 0'],
    'ip-in-ip',
  ],
  [
    '6in4',
    'ef69d6bf195000ae.pcap',
    1,
    1,
    ['41 10.1.0.1 0 10.1.0.2 0', '6 2001:db8:85a3::8a2e:370:7334 80 2001:db8:85a3::8a2e:370:7335 80'],
    '6in4',
  ],
  [
    '4in6',
    '0bdf3408ea59fb04.pcap',
    2,
    1,
    ['4 fd01::101:101 0 fd02::202:202 0', '1 1.1.1.1 8 2.2.2.2 0'],
    '4in6',
  ],
  [
    '6in6',
    '6f6701a83c8deb08.pcap',
    1,
    1,
    [
      '41 2001:db8:85a3::8a2e:370:7334 0 2001:db8:85a3::8a2e:370:7335 0',
      '6 2001:db8:85a3::8a2e:370:8334 80 2001:db8:85a3::8a2e:370:8335 80',
    ],
    '6in6',
  ],
];

for (const [name, file, total, frame, expected, tunnels] of frames) {
  test(`capture: ${name}`, { skip }, () => {
    const { layers, counters } = decode(file);
    assert.equal(counters.get('pkts'), total);
    const found = layers.filter((layer) => layer.frame === frame);
    assert.deepEqual(
      found.map((layer) => layer.text),
      expected,
    );
    assert.equal(found.at(-1)?.tunnels.join(' '), tunnels ?? '');
    assert.ok(found.slice(1).every((layer) => layer.tunnels.length > 0));
  });
}

/** Captures made to show one fault, and how often each event must be noted. */
const faults: readonly (readonly [file: string, events: Record<string, number>])[] = [
  ['a4d9802bcb233e2a.pcap', { 'ipv4.unknown_protocol': 1 }],
  ['f09dc7b5f4731e7f.pcap', { 'ipv6.ipv4_in_ipv6_wrong_version': 1 }],
  ['c1a844f83781f87b.pcap', { 'udp.len_invalid': 1 }],
  ['46ac32874d003bbf.pcap', { 'icmpv4.unknown_type': 42, 'icmpv4.unknown_code': 4, 'ipv4.trunc_pkt': 2 }],
  ['19b978d0c20df969.pcap', { 'ipv4.opt_invalid_len': 1, 'ipv4.opt_pad_required': 1 }],
  ['8356ebfeeb31ce7e.pcap', { 'ipv6.exthdr_useless_fh': 1 }],
  ['5b654aef79ad9e57.pcap', { too_many_layers: 1 }],
  ['037c66a1aab7761d.pcap', { 'sctp.too_many_chunks': 1 }],
  ['08c3837517f207aa.pcap', { 'ipv4.opt_pad_required': 87 }],
  ['372295b6c30649fe.pcap', {}],
];

for (const [file, events] of faults) {
  test(`capture with faults: ${file}`, { skip }, () => {
    const { counters } = decode(file);
    const expected = Object.fromEntries(Object.entries(events).map(([name, n]) => [`decoder.${name}`, n]));
    assert.deepEqual(counters.eventCounts(), expected);
  });
}

test('capture: a fragmented datagram in a tunnel is put together', { skip }, () => {
  const { layers, counters } = decode('b5749b5f03cb5e3c.pcap');
  assert.ok(counters.get('ipv4_reassembled') > 0);
  const inner = layers.filter((layer) => layer.packet.reassembled && layer.packet.depth === 1);
  assert.ok(inner.length > 0);
  assert.ok(inner.every((layer) => layer.tunnels[0] === 'gtp-u' && layer.packet.base === -1));
});

test('capture: checksums of real traffic are right', { skip }, () => {
  const { counters } = decode('17ad230db1b6fd5d.pcap');
  assert.equal(counters.get('checksum_checked'), 60);
  assert.equal(counters.get('checksum_wrong'), 0);
});
