import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFilters, parseLinks, parseQdiscs, UnknownFormat } from './traffic-control.ts';

const U32 = `filter protocol all pref 1000 u32 chain 0 
filter protocol all pref 1000 u32 chain 0 fh 800: ht divisor 1 
filter protocol all pref 1000 u32 chain 0 fh 800::7e1 order 2017 key ht 800 bkt 0 terminal flowid skip_hw not_in_hw 
  match 00000000/00000000 at 0
	action order 1: mirred (Egress Mirror to device weir0-in) continue
	index 1 ref 1 bind 1 installed 0 sec firstused 0 sec
	Action statistics:
	Sent 148 bytes 2 pkt (dropped 1, overlimits 3 requeues 0) 
	backlog 0b 0p requeues 0
	cookie 05be24fc074f29b5394c7cef40d073e7

`;

test('u32: the list, its hash table and the filter', () => {
  const filters = parseFilters(U32);
  assert.deepEqual(
    filters.map(({ handle }) => handle),
    [undefined, undefined, '800::7e1'],
  );
  assert.deepEqual(filters[2], {
    protocol: 'all',
    preference: 1000,
    kind: 'u32',
    handle: '800::7e1',
    mirrorsTo: 'weir0-in',
    cookie: '05be24fc074f29b5394c7cef40d073e7',
    packets: 2,
    bytes: 148,
    dropped: 4,
  });
});

test('matchall, bpf, and a mirror whose target is gone', () => {
  const filters = parseFilters(`filter protocol all pref 1000 matchall chain 0 
filter protocol all pref 1000 matchall chain 0 handle 0x7e1 
  skip_hw
  not_in_hw
	action order 1: mirred (Egress Mirror to device *) continue
	index 1 ref 1 bind 1
	cookie 00ff

filter parent ffff: protocol ip pref 49152 bpf chain 0 handle 0x1 direct-action not_in_hw bytecode '1,6 0 0 2'
filter protocol ipv6 pref 7 flower
`);
  assert.deepEqual(
    filters.map(({ kind, preference, handle, mirrorsTo }) => [kind, preference, handle, mirrorsTo]),
    [
      ['matchall', 1000, undefined, undefined],
      ['matchall', 1000, '0x7e1', '*'],
      ['bpf', 49152, '0x1', undefined],
      ['flower', 7, undefined, undefined],
    ],
  );
});

test('nothing is no filter, and what is not understood is not passed over', () => {
  assert.deepEqual(parseFilters('\n'), []);
  assert.throws(() => parseFilters('filter of another tc\n'), UnknownFormat);
  assert.throws(() => parseQdiscs('qdisc what\n'), UnknownFormat);
  assert.throws(() => parseLinks('1: lo: <LOOPBACK>'), UnknownFormat);
  assert.throws(() => parseLinks('{}'), UnknownFormat);
  assert.throws(() => parseLinks('[{"ifname":7}]'), UnknownFormat);
});

test('disciplines with what stands behind them', () => {
  const text = `qdisc htb 1: root refcnt 2 r2q 10 default 0x10 direct_packets_stat 0 direct_qlen 1000
qdisc clsact ffff: parent ffff:fff1 ingress_block 21 
qdisc ingress ffff: parent ffff:fff1 ---------------- 
`;
  assert.deepEqual(
    parseQdiscs(text).map(({ kind, handle, rest }) => [kind, handle, rest.slice(0, 17)]),
    [
      ['htb', '1:', 'root refcnt 2 r2q'],
      ['clsact', 'ffff:', 'parent ffff:fff1 '],
      ['ingress', 'ffff:', 'parent ffff:fff1 '],
    ],
  );
});

test('links, also those of which ip may not tell', () => {
  const text = JSON.stringify([
    {},
    { ifindex: 1, ifname: 'lo', flags: ['LOOPBACK'], link_type: 'loopback', address: '00:00:00:00:00:00' },
    {
      ifindex: 4,
      ifname: 'weir0',
      link: 'weir0-in',
      flags: ['BROADCAST', 'UP'],
      link_type: 'ether',
      address: '02:75:8b:3f:94:8c',
      linkinfo: { info_kind: 'veth' },
      stats64: { tx: { dropped: 3 } },
    },
    { ifindex: 5, ifname: 'wg0', flags: ['UP'], link_type: 'none' },
  ]);
  assert.deepEqual(parseLinks(text), [
    {
      index: 1,
      name: 'lo',
      kind: '',
      layer: 'loopback',
      address: '00:00:00:00:00:00',
      up: false,
      sendDrops: 0,
    },
    {
      index: 4,
      name: 'weir0',
      kind: 'veth',
      layer: 'ether',
      address: '02:75:8b:3f:94:8c',
      up: true,
      sendDrops: 3,
    },
    { index: 5, name: 'wg0', kind: '', layer: 'none', address: '', up: true, sendDrops: 0 },
  ]);
});
