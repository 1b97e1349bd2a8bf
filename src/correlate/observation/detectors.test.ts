import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EveRecord } from '../../event/index.ts';
import { Observer } from './observer.ts';
import { type FlowParts, flowRecord, HOST, NEIGHBOUR, progressRecord, SERVER, sshRecord } from './testing.ts';

function observed(records: readonly EveRecord[], kind: string): number {
  const observer = new Observer();
  return records.flatMap((record) => observer.observe(record)).filter((made) => made.kind === kind).length;
}

/** Connections to the same server, by their times in seconds. */
function calls(times: readonly number[], parts: FlowParts = {}): EveRecord[] {
  return times.map((at, i) =>
    flowRecord({ at, fromPort: 1000 + i, from: HOST, to: SERVER, port: 443, ...parts }),
  );
}

const regular = Array.from({ length: 12 }, (_, i) => 60 * i + (i % 3) * 0.5);
const irregular = Array.from({ length: 12 }, (_, i) => 60 * i + ((i * 7919) % 53));

test('regular calls to a server without a name are a beacon, told once', () => {
  assert.equal(observed(calls(regular), 'beacon'), 1);
  assert.equal(observed(calls(regular, { name: 'a.example', risks: ['Self-signed Cert'] }), 'beacon'), 1);
  assert.equal(observed([...calls(regular)].reverse(), 'beacon'), 1, 'whatever the order in which they end');
});

test('what is irregular, seldom, large, inside, or of a server with a name is none', () => {
  assert.equal(observed(calls(irregular), 'beacon'), 0);
  assert.equal(observed(calls(regular.slice(0, 7)), 'beacon'), 0);
  assert.equal(observed(calls(regular, { bytes: [500, 90_000] }), 'beacon'), 0);
  assert.equal(observed(calls(regular, { to: NEIGHBOUR }), 'beacon'), 0);
  assert.equal(observed(calls(regular, { name: 'news.example' }), 'beacon'), 0);
  assert.equal(observed(calls(regular, { service: 'ssh', port: 22 }), 'beacon'), 0, 'SSH names no server');
  assert.equal(
    observed(calls(regular, { service: 'tls', port: 993 }), 'beacon'),
    0,
    'mail is asked for regularly',
  );
  assert.equal(observed(calls(regular, { proto: 'UDP', port: 123 }), 'beacon'), 0);
  const sizes = calls(regular).map((record, i) =>
    flowRecord({
      at: regular[i] as number,
      fromPort: i,
      from: HOST,
      to: SERVER,
      bytes: [300 + 400 * (i % 4), 900],
      more: { dest_port: record.dest_port },
    }),
  );
  assert.equal(observed(sizes, 'beacon'), 0);
});

test('a server with a name has to be called for longer', () => {
  const hour = Array.from({ length: 60 }, (_, i) => 60 * i);
  assert.equal(observed(calls(hour, { name: 'cdn.example' }), 'beacon'), 1);
});

test('much that goes out to one address is told once, also while it goes on', () => {
  const upload = { from: HOST, to: SERVER, port: 443, name: 'up.example', state: 'established' };
  const parts = [1, 2, 3, 4].map((i) =>
    progressRecord({
      ...upload,
      at: 10 * i,
      seconds: 10 * i,
      packets: [1e5 * i, 1e4],
      bytes: [200e6 * i, 1e6],
    }),
  );
  assert.equal(observed(parts, 'exfiltration'), 1);
  assert.equal(observed(parts.slice(0, 2), 'exfiltration'), 0);
});

test('to a server with a self-signed certificate less is much; what is fetched is not sent', () => {
  const sent = { from: HOST, to: SERVER, port: 443, packets: [300, 80], bytes: [316_000, 6400] } as const;
  assert.equal(observed([flowRecord({ ...sent, risks: ['Self-signed Cert'] })], 'exfiltration'), 1);
  assert.equal(observed([flowRecord(sent)], 'exfiltration'), 0);
  assert.equal(
    observed(
      [flowRecord({ ...sent, risks: ['Self-signed Cert'], bytes: [316_000, 300_000] })],
      'exfiltration',
    ),
    0,
  );
  assert.equal(
    observed([flowRecord({ ...sent, to: NEIGHBOUR, risks: ['Self-signed Cert'] })], 'exfiltration'),
    0,
  );
});

/** Client, packets out and in, bytes out and in, whether it failed: as recorded between real programs. */
const SHAPES: readonly (readonly [string, number, number, number, number, boolean])[] = [
  // OpenSSH 9.2 and dropbear 2022.83
  ['OpenSSH_9.2p1', 13, 11, 2774, 1856, true],
  ['OpenSSH_9.2p1', 14, 12, 2840, 1922, true],
  ['OpenSSH_9.2p1', 14, 14, 2868, 2098, true],
  ['OpenSSH_9.2p1', 19, 15, 3414, 2300, false],
  ['OpenSSH_9.2p1', 19, 17, 3362, 2532, false],
  ['OpenSSH_9.2p1', 21, 20, 3774, 3086, false],
  // OpenSSH 9.2 on both sides
  ['OpenSSH_9.2p1', 16, 13, 4132, 3755, true],
  ['OpenSSH_9.2p1', 17, 14, 4234, 4585, true],
  ['OpenSSH_9.2p1', 21, 16, 4890, 4417, false],
  ['OpenSSH_9.2p1', 19, 18, 3854, 4797, false],
  ['OpenSSH_9.2p1', 20, 17, 3600, 3715, false],
  // libssh2 1.10 (nmap) and dropbear: a guess, and connections that the server closed at once
  ['libssh2_1.10.0', 9, 8, 1978, 1522, true],
  ['libssh2_1.10.0', 11, 9, 2110, 1588, true],
  ['libssh2_1.10.0', 3, 3, 230, 206, false],
];

test('logins of SSH that fail have a shape that sessions have not', () => {
  for (const [client, out, back, bytesOut, bytesIn, failed] of SHAPES) {
    const parts = {
      at: 1,
      port: 22,
      service: 'ssh',
      packets: [out, back],
      bytes: [bytesOut, bytesIn],
    } as const;
    const records = [sshRecord(0.5, client), flowRecord(parts)];
    assert.equal(observed(records, 'ssh_failure'), failed ? 1 : 0, `${client} ${out} ${back}`);
    // The same while the flow is kept for what may trail behind it; then once.
    const early = [sshRecord(0.5, client), progressRecord({ ...parts, state: 'closed' }), flowRecord(parts)];
    assert.equal(observed(early, 'ssh_failure'), failed ? 1 : 0);
  }
});

test('without the key exchange, or while it is open, nothing is said of a login', () => {
  const parts = { at: 1, port: 22, service: 'ssh', packets: [13, 11], bytes: [2774, 1856] } as const;
  assert.equal(observed([flowRecord(parts)], 'ssh_failure'), 0);
  assert.equal(
    observed(
      [sshRecord(0, 'OpenSSH_9.2p1'), progressRecord({ ...parts, state: 'established' })],
      'ssh_failure',
    ),
    0,
  );
  assert.equal(
    observed([sshRecord(0, 'OpenSSH_9.2p1'), flowRecord({ ...parts, at: 900, seconds: 900 })], 'ssh_failure'),
    0,
  );
});
