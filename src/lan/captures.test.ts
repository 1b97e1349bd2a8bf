import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { CORPUS, withoutCorpus } from '../../test/support/corpus.ts';
import { eveRecords, type EveRecord as ParsedRecord } from '../../test/support/eve-records.ts';
import { formatAddress, parseAddress } from '../net/index.ts';
import { type EveRecord, LanView, loadVendors } from './index.ts';

const DEMO = join(import.meta.dirname, '../../demo/captures');

function fed(records: readonly ParsedRecord[], networks?: readonly string[]): LanView {
  const view = new LanView({ retentionSeconds: Number.POSITIVE_INFINITY, ...(networks && { networks }) });
  for (const record of records) view.take(record as EveRecord);
  return view;
}

const short = (address: string): string => {
  const { version, words } = parseAddress(address)!;
  return formatAddress(version, ...words);
};

test("each client's bytes are the sums of its flow records", async () => {
  const records = await eveRecords([DEMO]);
  const view = fed(records, ['192.0.2.0/24', '2001:db8:20::/64', 'fe80::/10']);
  const clients = view.clients();
  assert.ok(clients.length >= 4);
  for (const client of clients) {
    const own = new Set(client.addresses.map(({ address }) => address));
    let [up, down, flows] = [0, 0, 0];
    for (const record of records) {
      if (record.event_type !== 'flow') continue;
      const flow = record as unknown as {
        readonly src_ip: string;
        readonly dest_ip: string;
        readonly ether?: { readonly src_macs: readonly string[] };
        readonly flow: {
          readonly bytes_toserver: number;
          readonly bytes_toclient: number;
        };
      };
      const { bytes_toserver, bytes_toclient } = flow.flow;
      const macs = flow.ether?.src_macs ?? [];
      const nameless = /^[0:.]+$/.test(flow.src_ip) && macs.length === 1 && macs[0] === client.mac;
      if (own.has(short(flow.src_ip)) || nameless) {
        up += bytes_toserver;
        down += bytes_toclient;
        flows++;
      }
      if (own.has(short(flow.dest_ip))) {
        up += bytes_toclient;
        down += bytes_toserver;
        flows++;
      }
    }
    assert.deepEqual([client.flows, client.bytesUp, client.bytesDown], [flows, up, down], client.id);
  }
});

test('the demo shows its clients, its gateway and where they went without being told the networks', async () => {
  const view = fed(await eveRecords([DEMO]));
  const by = (name: string) => view.clients().find((client) => client.names.some((one) => one.name === name));
  const alice = by('alice');
  assert.equal(alice?.mac, '02:00:5e:00:53:01');
  assert.equal(alice.randomised, true);
  assert.equal(alice.names[0]?.source, 'dhcp');
  assert.deepEqual(
    alice.addresses.map(({ address }) => address),
    ['192.0.2.145', '2001:db8:20::5eff:fe00:5301', 'fe80::5eff:fe00:5301'],
  );
  assert.ok(alice.destinations.some(({ names, external }) => external && names.includes('www.example.com')));
  assert.equal(by('bob')?.mac, '02:00:5e:00:53:02');
  const gateway = view.clients().find(({ router }) => router);
  assert.equal(gateway?.mac, '02:00:5e:00:53:fe');
  assert.equal(gateway.addresses[0]?.address, '192.0.2.1');
  assert.deepEqual(view.statistics().addressesTurnedAway, 0);
});

/** Captures of real devices: file, vendor, name and where that is from. */
const DEVICES = [
  ['11d2ce14fcb893f3.pcap', 'Apple, Inc.', 'gemini.local', 'mdns'],
  ['7389885b99afa82f.pcap', 'Nintendo Co., Ltd.', 'Wii', 'dhcp'],
  ['b18e80d03175a7ae.pcapng', 'Hewlett Packard', 'MK03862', 'dhcp'],
  ['8e18b4c2aa872285.pcap', '3COM', 'sh1.iijlab.net', 'dns'],
] as const;

for (const [file, vendor, name, source] of DEVICES) {
  test(`${name} (${source}) is made by ${vendor}`, { skip: withoutCorpus(join('pcaps', file)) }, async () => {
    const clients = fed(await eveRecords([join(CORPUS, 'pcaps', file)])).clients();
    const client = clients.find((one) => one.names.some((other) => other.name === name));
    assert.equal(client?.vendor, vendor);
    assert.equal(client.names.find((other) => other.name === name)?.source, source);
  });
}

test('vendors are found in blocks of each size; a randomised address has none', () => {
  const vendors = loadVendors();
  assert.ok(vendors.size > 50_000);
  assert.equal(vendors.vendorOf('00:00:0c:12:34:56'), 'Cisco Systems, Inc');
  assert.equal(vendors.vendorOf('02:00:0c:12:34:56'), undefined);
  const registry = createRequire(import.meta.url)('oui-data') as Readonly<Record<string, string>>;
  for (const length of [7, 9]) {
    const block = Object.keys(registry).find((digits) => digits.length === length)!;
    const mac = block.toLowerCase().padEnd(12, '0').match(/../g)!.join(':');
    assert.equal(vendors.vendorOf(mac), registry[block]!.split('\n')[0]!.trim());
  }
});
