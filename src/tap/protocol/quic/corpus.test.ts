import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { RecordingContext } from '../../../../test/support/recording-context.ts';
import type { ZeekValue } from '../../../event/index.ts';
import { type Direction, type Parser, TO_CLIENT, TO_SERVER } from '../parser.ts';
import { corpusFolder, readPayloads } from './captured-payloads.ts';
import { quic } from './index.ts';

const corpus = corpusFolder() ?? '';
const skip = corpus === '' && 'no corpus';

interface QuicFlow {
  readonly ports: string;
  readonly context: RecordingContext;
  /** EVE's records with the number of the packet that made them. */
  readonly records: [packet: number, record: Record<string, unknown>][];
  parser: Parser | undefined;
}

/** Tracks UDP flows as simply as possible and gives those that the probe takes to the parser. */
function quicFlows(capture: string): QuicFlow[] {
  const flows = new Map<string, QuicFlow>();
  for (const packet of readPayloads(join(corpus, capture))) {
    const { payload, sourcePort, destinationPort } = packet;
    if (packet.transport !== 'udp' || payload.length === 0) continue;
    const source = `${packet.source} ${sourcePort}`;
    const destination = `${packet.destination} ${destinationPort}`;
    const back = flows.get(`${destination} ${source}`);
    const direction: Direction = back ? TO_CLIENT : TO_SERVER;
    let flow = back ?? flows.get(`${source} ${destination}`);
    if (!flow) {
      const context = new RecordingContext('udp');
      context.clientPort = sourcePort;
      context.serverPort = destinationPort;
      flow = { ports: `${sourcePort} ${destinationPort}`, context, records: [], parser: undefined };
      flows.set(`${source} ${destination}`, flow);
    }
    const { context } = flow;
    const ports = { client: context.clientPort, server: context.serverPort };
    if (!flow.parser && quic.probe(payload, 0, payload.length, direction, ports) !== 'no')
      flow.parser = quic.create(context);
    if (!flow.parser) continue;
    const before = context.transactions.length;
    context.feed(flow.parser, direction, payload);
    for (const transaction of context.transactions.slice(before))
      if (!transaction.zeekOnly)
        flow.records.push([packet.number, transaction.eve().quic as Record<string, unknown>]);
  }
  const found = [...flows.values()].filter((flow) => flow.parser);
  for (const flow of found) flow.parser?.end?.();
  return found;
}

function cases<T>(suite: string, name: RegExp): [name: string, content: T][] {
  if (corpus === '') return [];
  return readdirSync(join(corpus, suite))
    .filter((file) => name.test(file))
    .map((file) => [file, JSON.parse(readFileSync(join(corpus, suite, file), 'utf8')) as T]);
}

function lookup(record: unknown, path: string): unknown {
  let value = record;
  for (const part of path.split(/[.[\]]+/).filter(Boolean)) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

test('Suricata: which packet makes a record, and what is in it', { skip }, () => {
  interface Case {
    readonly pcap: string;
    readonly checks: readonly { filter?: { count: number; match: Record<string, unknown> } }[];
  }
  let filters = 0;
  for (const [name, { pcap, checks }] of cases<Case>('suricata', /^quic-/)) {
    const records = quicFlows(pcap).flatMap((flow) => flow.records);
    for (const { filter } of checks) {
      if (filter?.match.event_type !== 'quic') continue;
      filters++;
      const matching = records.filter(([packet, record]) =>
        Object.entries(filter.match).every(
          ([key, value]) =>
            key === 'event_type' ||
            (key === 'pcap_cnt' ? packet === value : lookup({ quic: record }, key) === value),
        ),
      );
      assert.equal(matching.length, filter.count, `${name} ${JSON.stringify(filter)}`);
    }
  }
  assert.ok(filters >= 14);
});

test('Zeek: rows of quic.log and ssl.log', { skip }, () => {
  const text = (value: ZeekValue): string =>
    value === undefined
      ? '-'
      : value === ''
        ? '(empty)'
        : value === true
          ? 'T'
          : value === false
            ? 'F'
            : `${value}`;
  let compared = 0;
  for (const [name, { pcap, logs }] of cases<{ pcap: string; logs: Record<string, string> }>(
    'zeek',
    /\.quic\./,
  )) {
    const rows = quicFlows(pcap).flatMap(({ context }) =>
      context.transactions.flatMap((transaction) =>
        transaction.zeekOnly ? (transaction.zeek?.() ?? []) : [],
      ),
    );
    for (const [log, content] of Object.entries(logs)) {
      const lines = content.split('\n');
      const fields = lines
        .find((line) => line.startsWith('#fields'))
        ?.split('\t')
        .slice(1);
      if (!fields || !/^(quic|ssl)\.log$/.test(log)) continue;
      for (const line of lines.filter((each) => each !== '' && !each.startsWith('#'))) {
        const expected = new Map(line.split('\t').map((value, i) => [fields[i], value]));
        compared++;
        const equal = rows.some(
          (row) =>
            `${row.log.path}.log` === log &&
            row.log.columns.every(([column], i) => expected.get(column) === text(row.values[i])),
        );
        assert.ok(equal, `${name} ${log} ${line}`);
      }
    }
  }
  assert.ok(compared >= 14);
});

test('nDPI: server names and fingerprints', { skip }, () => {
  let compared = 0;
  for (const [name, { pcap, flows }] of cases<{ pcap: string; flows: string[] }>(
    'ndpi',
    /^(quic|doq|gquic|youtube_quic)/,
  )) {
    const found = quicFlows(pcap);
    for (const line of flows) {
      const ports = /UDP \S+:(\d+) <?-> \S+:(\d+) /.exec(line);
      if (!ports || !line.includes('QUIC') || line.includes('Match by port')) continue;
      const value = (key: string): string | undefined => new RegExp(`\\[${key}: ([^\\]]+)`).exec(line)?.[1];
      const records = found
        .filter(
          (flow) => flow.ports === `${ports[1]} ${ports[2]}` || flow.ports === `${ports[2]} ${ports[1]}`,
        )
        .flatMap((flow) => flow.records.map(([, record]) => record));
      const has = (path: string, wanted: string | undefined, shape = (text: string) => text): void => {
        if (wanted === undefined) return;
        compared++;
        const values = records
          .map((record) => lookup(record, path))
          .filter((each) => typeof each === 'string');
        assert.ok(
          values.some((each) => shape(each) === shape(wanted)),
          `${name} ${path} ${wanted} ${values}`,
        );
      };
      if (name.includes('fuzz')) continue;
      has('sni', value('Hostname/SNI'), (text) => text.toLowerCase());
      has('ja3.hash', value('JA3C'));
      has('ja3s.hash', value('JA3S'));
      // The first part differs where this nDPI takes other characters of ALPN than JA4 says.
      has('ja4', value('JA4'), (text) => text.replace(/^[^_]*/, ''));
    }
  }
  assert.ok(compared > 300);
});
