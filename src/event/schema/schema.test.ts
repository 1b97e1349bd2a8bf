import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { CORPUS, withoutCorpus } from '../../../test/support/corpus.ts';
import { allFields, type EventType, type EveRecord, nodeOf, RECORDS, recordFaults } from './index.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TYPES = Object.keys(RECORDS) as EventType[];
/** Faults that a failing test shows. */
const SHOWN = 10;

/** Record types that tell of a live sensor, of the active stream or of `weir up`, and of no capture. */
const LIVE_TYPES: ReadonlySet<EventType> = new Set<EventType>([
  ...(['stats', 'flow_progress', 'web_http', 'waf'] as const),
  ...(['correlation', 'decision', 'crowdsec', 'replay'] as const),
]);

/** Captures of the corpus that show every record type, and nearly every field that any of them shows. */
const CAPTURES = `
  0481b05d3a7083bc 08c327ee962cd6ba 0bbf91d8545630fc 11d2ce14fcb893f3 1363ab24ccce422b 14b4251489af5b66
  2010314d6a34c359 2b56dec940106df3 2c003ad125a8230b 36f01c5d8d9eb315 37127d4d6cba8599 37333ec781fb6c67
  3f297801ef2f9c7d 40879cc805fd6d58 46c9d6129578a352 4ae07cbcfdd3fb61 4d89c204e785e4a7 4daef75ba54d18f0
  4fa457a986453767 508b8c3e449e7aad 54b2a0b4e7703eb1 5f72746a5b572a68 6690b3f5c86ff16c 673f584fd936a36c
  68cced05f8414c47 69ac45a42a6e3197 6aa574ff5b837911 6d615bdbf871d4dc 6f950a523d98d38f 7389885b99afa82f
  7954870d76d20e7b 7b44194445c0934b 7be25659357f12c4 7d8de27e2c1b9979 8e18b4c2aa872285 8ec304d47094e7b9
  95c91476123f23d9 9d99b246366e3970 a1680fa5c847813d a3cd9e6e09bfe6ac ad21b2713e240916 ae1d0e6a28ac3f9b
  bc7c4ab2758fa753 c43965c380e174b7 c9d792b4e380276e cfa50d6b35104a79 d174d287090874ea ddc5ce65e0a34a06
  e1c6247ea40f84b2 e27589f0848a8b96 e4e3c30509d08062 e54dd3047fba0823 e77d41f973fb716a ee93b93f7ea330e8
`;
const CAPTURES_NG = `
  4fd754dacd72b390 5a0c9f3d0f437e16 bba64836129b4076 c1c76e4c6f7d5925 e0c7de05f6993a72 e47f667c226a3f74
`;

test('the demo captures: every record is as its schema says', () => {
  const records = read([join(ROOT, 'demo/captures')]);
  assert.ok(records.length > 100);
  assert.deepEqual(faults(records), []);
});

test('captures of the corpus: every record is as its schema says', { skip: withoutCorpus('pcaps') }, () => {
  const records = read([...paths(CAPTURES, 'pcap'), ...paths(CAPTURES_NG, 'pcapng')]);
  assert.deepEqual(faults(records), []);
  const seen = new Set(records.map((record) => record.event_type));
  assert.deepEqual(
    TYPES.filter((type) => !seen.has(type) && !LIVE_TYPES.has(type)),
    [],
    'record types that no capture shows',
  );
});

describe('a record that is not as its schema says', () => {
  const ssh: EveRecord<'ssh'> = {
    timestamp: '2026-01-02T03:04:05.000006+0000',
    event_type: 'ssh',
    pcap_cnt: 7,
    pkt_src: 'wire/pcap',
    flow_id: 1,
    community_id: '1:aSv0fQcMWnPc/SE5c4KqdiuBLOg=',
    ip_v: 4,
    src_ip: '192.0.2.1',
    src_port: 50000,
    dest_ip: '192.0.2.2',
    dest_port: 22,
    proto: 'TCP',
    tx_id: 0,
    app_proto: 'ssh',
    ssh: { client: { proto_version: '2.0', software_version: 'OpenSSH_9.6' } },
  };

  test('is one that is right without its change', () => {
    assert.deepEqual(recordFaults(ssh), []);
  });

  test('has a field that nobody knows', () => {
    const record = { ...ssh, ssh: { client: { proto_version: '2.0', protocol: '2.0' } } };
    assert.deepEqual(recordFaults(record), ['ssh.client.protocol: no such field']);
  });

  test('has a field of another type', () => {
    assert.deepEqual(recordFaults({ ...ssh, src_port: '50000' }), ['src_port: must be integer']);
  });

  test('lacks a field', () => {
    const { community_id: _, ...rest } = ssh;
    assert.deepEqual(recordFaults(rest), ['ssh: must have required properties community_id']);
  });

  test('is of no type', () => {
    assert.deepEqual(recordFaults({ ...ssh, event_type: 'telnet' }), [
      'event_type: no such record type: "telnet"',
    ]);
  });
});

test('every field has a description', () => {
  for (const type of TYPES) {
    const root = nodeOf(RECORDS[type]);
    assert.ok(root.description, type);
    for (const { path, node } of allFields(root)) assert.ok(node.description, `${type}: ${path}`);
  }
});

/** Every record of captures, of all types, as a user gets them. */
function read(captures: readonly string[]): { readonly [name: string]: unknown }[] {
  // nDPI is there on some machines only.
  const args = ['read', ...captures, '--quiet', '--no-ndpi', '--eve', '-', '--eve-types', TYPES.join(',')];
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'weir'), args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly [name: string]: unknown });
}

function faults(records: readonly { readonly [name: string]: unknown }[]): string[] {
  const found: string[] = [];
  for (const record of records) {
    const wrong = recordFaults(record);
    if (wrong.length > 0) found.push(`${wrong.join('; ')} in ${JSON.stringify(record)}`);
    if (found.length === SHOWN) break;
  }
  return found;
}

function paths(stems: string, extension: string): string[] {
  return stems
    .split(/\s+/)
    .filter((stem) => stem !== '')
    .map((stem) => join(CORPUS, 'pcaps', `${stem}.${extension}`));
}
