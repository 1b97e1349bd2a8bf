import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { FlowRecord, Highlight, Occasion, TcpRecord, Transaction } from '../../event/index.ts';
import { formatBytes, formatDuration, formatShort, formatTiming, printable } from './format.ts';
import { renderSummary } from './render.ts';
import { SummaryCollector } from './summary.ts';
import { Sums, Top } from './top.ts';

const TCP: TcpRecord = {
  flags: 0x1b,
  flagsToServer: 0x1b,
  flagsToClient: 0x1b,
  state: 'closed',
  rttServerUs: 20_000,
  rttClientUs: 100,
  retransmissions: [0, 0],
  outOfOrder: [0, 0],
  zeroWindows: [0, 0],
  gaps: [0, 0],
  missed: [0, 0],
};

function flow(changes: Partial<FlowRecord> = {}, name = '', risks: readonly string[] = []): FlowRecord {
  return {
    id: 4711,
    uid: 'C1',
    version: 4,
    protocol: 6,
    clientAddress: '10.0.0.1',
    serverAddress: '192.0.2.7',
    clientPort: 40000,
    serverPort: 80,
    communityId: '1:x',
    startUs: 1_700_000_000_000_000,
    lastUs: 1_700_000_002_000_000,
    durationUs: 2_000_000,
    packets: [5, 5],
    bytes: [500, 1500],
    ipBytes: [400, 1400],
    payload: [100, 1000],
    state: 'closed',
    reason: 'shutdown',
    tcp: TCP,
    connState: 'SF',
    history: 'ShADadFf',
    missedBytes: 0,
    services: [],
    appProto: 'http',
    appProtoToServer: undefined,
    appProtoToClient: undefined,
    appProtoOriginal: undefined,
    app: { protocol: 'HTTP', application: '', category: 'Web', confidence: 'parser', risks, name },
    vlan: [],
    tunnels: [],
    macs: undefined,
    ttl: [64, 64, 64, 64],
    icmp: undefined,
    midstream: false,
    partial: false,
    transactions: 1,
    truncated: false,
    firstPacket: 1,
    pack: () => {},
    packHead: () => {},
    ...changes,
  };
}

function telling(highlight: Highlight, type = 'fileinfo'): Transaction {
  return { type, eve: () => ({}), highlight: () => highlight };
}

function file(name: string, mime: string, bytes: number, sha256 = name): Highlight {
  return { kind: 'file', name, mime, bytes, complete: true, sha256: () => sha256 };
}

const TO_CLIENT: Occasion = { timeUs: 0, packet: 1, direction: 1, transaction: 0 };
const FIGURES = { files: 2, packets: 10, bytesRead: 3000, seconds: 0.5, findings: [], paths: ['a b'] };

suite('summary', () => {
  test('sums by protocol, client and server; what is inside of a tunnel counts once', () => {
    const collector = new SummaryCollector();
    collector.flow(flow({}, 'www.example.com'));
    const tunnel = { kind: 'vxlan', id: 1, source: '', destination: '', sourcePort: 0, destinationPort: 0 };
    collector.flow(flow({ tunnels: [{ ...tunnel, protocol: 17 }] }));
    const summary = collector.summary(10);
    assert.equal(summary.flows, 2);
    assert.equal(summary.bytes, 2000);
    assert.deepEqual(summary.protocols, [{ key: 'HTTP', bytes: 4000, packets: 20, flows: 2 }]);
    assert.deepEqual(
      summary.destinations.map(({ key }) => key),
      ['192.0.2.7', 'www.example.com'],
    );
  });

  test('tells a scan from failures here and there', () => {
    const collector = new SummaryCollector();
    const refused = { payload: [0, 0], packets: [1, 1] } as const;
    for (let i = 0; i < 30; i++) {
      collector.flow(flow({ ...refused, clientAddress: '198.51.100.6', serverPort: i }));
      collector.flow(flow(i < 5 ? refused : {}));
    }
    const { scans } = collector.summary(10);
    assert.deepEqual(scans, [{ client: '198.51.100.6', connections: 30, flows: 30, target: '192.0.2.7' }]);
  });

  test('puts programs before documents before the rest, each content once', () => {
    const collector = new SummaryCollector();
    const add = (found: Highlight): void => collector.transaction(flow(), telling(found), TO_CLIENT);
    add(file('/big.html', 'text/html', 90_000));
    add(file('/a.pdf', 'application/pdf', 500));
    add(file('/b.exe?x=1', 'application/x-dosexec', 100));
    add(file('/again.exe', 'application/x-dosexec', 100, '/b.exe?x=1'));
    const { files, fileCount } = collector.summary(10);
    assert.deepEqual(
      files.map(({ name }) => name),
      ['/b.exe?x=1', '/a.pdf', '/big.html'],
    );
    assert.equal(fileCount, 4);
    assert.ok(files[0]?.executable);
  });

  test('makes no digest of a file that is not shown', () => {
    const collector = new SummaryCollector();
    for (let i = 0; i < 256; i++) {
      collector.transaction(flow(), telling(file(`/${i}`, 'application/pdf', 1000)), TO_CLIENT);
    }
    const dull: Highlight = {
      ...(file('/x.txt', 'text/plain', 5) as object),
      sha256: () => assert.fail(),
    } as never;
    collector.transaction(flow(), telling(dull), TO_CLIENT);
    assert.equal(collector.summary(1000).files.length, 256);
  });

  test('knows the slowest server by its slowest answer, then by its handshake', () => {
    const collector = new SummaryCollector();
    const asked = (waitUs: number, request: string): Transaction =>
      telling({ kind: 'answer', waitUs, request: () => request }, 'http');
    const web = flow({}, 'www.example.com');
    collector.transaction(web, asked(3_000, 'GET /'), TO_CLIENT);
    collector.transaction(web, asked(2_000_000, 'GET /slow'), TO_CLIENT);
    collector.flow(web);
    collector.flow(flow({ tcp: { ...TCP, rttServerUs: 90_000, retransmissions: [1, 1] } }));
    const [first, second] = collector.summary(10).slowest;
    assert.equal(first?.slowestRequest, 'GET /slow');
    assert.equal(first?.slowestAnswerUs, 2_000_000);
    assert.equal(second?.meanHandshakeUs, 90_000);
    assert.equal(second?.retransmissions, 2);
  });

  test('grades risks and names whose they are', () => {
    const collector = new SummaryCollector();
    for (let i = 0; i < 3; i++) collector.flow(flow({}, 'a.test', ['Error Code']));
    collector.flow(flow({}, 'b.test', ['TLS Cert Expired']));
    const [first, second] = collector.summary(10).risks;
    assert.deepEqual(first, {
      risk: 'TLS Cert Expired',
      severity: 2,
      flows: 1,
      serverCount: 1,
      servers: ['b.test'],
    });
    assert.equal(second?.risk, 'Error Code');
  });
});

suite('summary as text', () => {
  test('keeps to 80 columns and one screen, whatever the traffic calls itself', () => {
    const collector = new SummaryCollector();
    for (let i = 0; i < 50; i++) {
      const name = `\u001b[31m${'very-long-label.'.repeat(8)}${i}.test`;
      const served = flow({ clientAddress: `2001:db8:1111:2222:3333:4444:5555:${i}` }, name, [
        `Risk ${name}`,
      ]);
      collector.flow({ ...served, app: { ...served.app, protocol: `P${i}`, application: `${name} app` } });
      collector.transaction(
        served,
        telling(file(`/${name}`, 'application/x-dosexec', 1e9 + i, `${i}`.repeat(64))),
        TO_CLIENT,
      );
      const answer: Highlight = { kind: 'answer', waitUs: i * 1e6, request: () => `GET /${name}` };
      collector.transaction(served, telling(answer, `type-${i}`), TO_CLIENT);
      collector.anomaly({ type: 'decode', event: `${name}` }, TO_CLIENT, served, undefined);
    }
    const text = renderSummary(collector.summary(6), FIGURES, false);
    const lines = text.trimEnd().split('\n');
    assert.ok(lines.length <= 56, `${lines.length} lines`);
    for (const line of lines.slice(1)) assert.ok(line.length <= 80, `${line.length}: ${line}`);
    assert.ok(!text.includes('\u001b'));
  });

  test('is short where there is nothing', () => {
    const text = renderSummary(new SummaryCollector().summary(6), { ...FIGURES, paths: [] }, false);
    assert.match(text, /^10 packets, 0 B, 0 flows in 2 files/);
  });

  test('ends with commands that a shell takes', () => {
    const collector = new SummaryCollector();
    collector.transaction(flow(), telling(file('/x', 'application/pdf', 5)), TO_CLIENT);
    assert.match(renderSummary(collector.summary(6), FIGURES, false), /weir cat 4711 'a b'\n$/);
  });
});

suite('figures', () => {
  test('have units that fit', () => {
    assert.deepEqual([0, 999, 1000, 999_600, 1_070_000_000].map(formatBytes), [
      '0 B',
      '999 B',
      '1.00 kB',
      '1.00 MB',
      '1.07 GB',
    ]);
    assert.deepEqual([7, 999, 1000, 9_960, 1_100_000].map(formatShort), ['7', '999', '1.0k', '10k', '1.1M']);
    assert.deepEqual([90, 84_300, 2_010_000].map(formatTiming), ['90 µs', '84.3 ms', '2.01 s']);
    assert.deepEqual([59_940_000, 59_960_000, 3_600_000_000].map(formatDuration), [
      '59.9 s',
      '1 min 0 s',
      '1 h 0 min',
    ]);
  });

  test('names command no terminal', () => {
    assert.equal(printable('a\u001b[2J\u202eb\u009b'), 'a?[2J?b?');
  });
});

suite('the heaviest of many', () => {
  test('are found among more keys than are kept, by one flow or by many', () => {
    const top = new Top((key) => new Sums(key));
    for (let i = 0; i < 200_000; i++) {
      top.add(`light-${i}`, 300, 2);
      if (i % 20 === 0) top.add('often', 200, 1);
      if (i === 150_000) top.add('once', 1e9, 1);
    }
    const [first, second] = top.heaviest(2);
    assert.deepEqual([first?.key, second?.key], ['once', 'often']);
    assert.ok((second?.flows ?? 0) > 9_000);
    assert.ok([...top.values()].length <= 16384);
  });
});
