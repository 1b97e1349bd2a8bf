import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ReplayedFlow, replay } from '../../../../test/support/replay.ts';
import { dtls } from '../dtls/index.ts';
import { tls } from './index.ts';

const CORPUS = process.env.WEIR_CORPUS ?? join(import.meta.dirname, '../../../../../shared/corpus');
const skip = existsSync(CORPUS) ? false : `no corpus at ${CORPUS}`;

interface TlsRecord {
  readonly sni?: string;
  readonly client_alpns?: readonly string[];
  readonly ja3?: { readonly hash: string };
  readonly ja3s?: { readonly hash: string };
  readonly ja4?: string;
}

function* cases<T>(suite: string): Generator<[name: string, content: T & { pcap: string }]> {
  for (const file of readdirSync(join(CORPUS, suite)).sort())
    yield [file, JSON.parse(readFileSync(join(CORPUS, suite, file), 'utf8'))];
}

function replayed(pcap: string): ReplayedFlow[] {
  return replay(join(CORPUS, pcap), [tls, dtls]);
}

function records(flow: ReplayedFlow): TlsRecord[] {
  return flow.context.transactions.filter((t) => t.zeekOnly !== true).map((t) => t.eve().tls as TlsRecord);
}

function endpoints(transport: string, ...ends: string[]): string {
  return [transport.toLowerCase(), ...ends.sort()].join(' ');
}

test('JA4 as FoxIO has it', { skip }, () => {
  let right = 0;
  for (const [name, { pcap, expected }] of cases<{ expected: Record<string, string>[] }>('ja4')) {
    const flows = replayed(pcap);
    for (const stream of expected) {
      for (const [key, value] of Object.entries(stream)) {
        if (!/^JA4(\.\d+)?$/.test(key) || value.startsWith('q')) continue;
        const ports = [Number(stream.srcport), Number(stream.dstport)];
        const have = flows
          .filter(({ first }) => ports.includes(first.sourcePort) && ports.includes(first.destinationPort))
          .flatMap(records)
          .map((r) => r.ja4);
        assert.ok(have.includes(value), `${name} ${value} of ${have}`);
        right++;
      }
    }
  }
  assert.ok(right > 80);
});

/**
 * JA4 as nDPI made it in October 2024: `d` whenever the name is no address, even without a name; the first two
 * characters of the protocol instead of first and last; the hash of nothing instead of zeros.
 */
function asNdpi(record: TlsRecord): string {
  const mark = record.client_alpns?.[0]?.slice(0, 2) ?? '00';
  const numeric = /^[\d.]+$|:/.test(record.sni ?? '');
  return (record.ja4 ?? '')
    .replace(/^d00/, 'ds3')
    .replace(/^(...).(....)../, `$1${numeric ? 'i' : 'd'}$2${mark}`)
    .replace(/_000000000000$/, '_e3b0c44298fc');
}

test('fingerprints as nDPI has them', { skip }, () => {
  const wrong: string[] = [];
  let compared = 0;
  let unseen = 0;
  for (const [name, { pcap, flows: lines }] of cases<{ flows: string[] }>('ndpi')) {
    const wanted = lines.filter(
      (line) => /^\d+\s+(TCP|UDP .*DTLS)/.test(line) && /\[JA(3C|3S|4): [^q]/.test(line),
    );
    if (wanted.length === 0) continue;
    const seen = new Map<string, TlsRecord[]>();
    for (const flow of replayed(pcap)) {
      const { transport, source, sourcePort, destination, destinationPort } = flow.first;
      const key = endpoints(transport, `${source} ${sourcePort}`, `${destination} ${destinationPort}`);
      seen.set(key, [...(seen.get(key) ?? []), ...records(flow)]);
    }
    for (const line of wanted) {
      const [, transport, a, b] = /^\d+\s+(\S+)\s+(\S+)\s+<?->\s+(\S+)/.exec(line) ?? [];
      const end = (text = ''): string => text.replace(/[[\]]/g, '').replace(/:(\d+)$/, ' $1');
      const have = seen.get(endpoints(transport ?? '', end(a), end(b)));
      // Inside tunnels, or behind acknowledgements that carry padding as if it were payload.
      if (have === undefined || have.length === 0) {
        unseen++;
        continue;
      }
      const values: [string, (r: TlsRecord) => string | undefined][] = [
        ['JA3C', (r) => r.ja3?.hash],
        ['JA3S', (r) => r.ja3s?.hash],
        ['JA4', asNdpi],
      ];
      for (const [kind, value] of values) {
        const want = new RegExp(`\\[${kind}: ([0-9a-z_]+)`).exec(line)?.[1];
        if (want === undefined) continue;
        compared++;
        if (!have.map(value).includes(want)) wrong.push(`${name} ${kind} ${want} of ${have.map(value)}`);
      }
    }
  }
  assert.ok(compared > 1500, `${compared} compared`);
  assert.ok(unseen <= 12, `${unseen} flows not seen`);
  // A server that begins anew after its SYN, which is the flow engine's to sort out; and one value of nDPI's that
  // names a protocol that the hello does not have.
  assert.ok(wrong.length <= 2, wrong.join('\n'));
});

/** Columns that need what these tests do not have, or that only a policy script adds. */
const OTHER_COLUMNS = new Set([
  'ts',
  'uid',
  'subject',
  'issuer',
  'validation_status',
  'requested_client_certificate_authorities',
]);

function zeekText(value: unknown, type: string): string {
  if (value === undefined) return '-';
  if (Array.isArray(value)) return value.length === 0 ? '(empty)' : value.join(',');
  if (typeof value === 'boolean') return value ? 'T' : 'F';
  if (type === 'time') return (Number(value) / 1e6).toFixed(6);
  return String(value).replaceAll('\\', '\\\\');
}

test('ssl.log and x509.log as Zeek writes them', { skip }, () => {
  const wrong: string[] = [];
  let compared = 0;
  for (const [name, { pcap, logs }] of cases<{ logs: Record<string, string> }>('zeek')) {
    if ((logs['ssl.log'] ?? logs['x509.log']) === undefined || logs['quic.log'] !== undefined) continue;
    const have: Record<string, Record<string, string>[]> = { ssl: [], x509: [] };
    for (const { context, first } of replayed(pcap)) {
      for (const row of context.transactions.flatMap((t) => t.zeek?.() ?? [])) {
        const values = row.log.columns.map(([column, type], i) => [column, zeekText(row.values[i], type)]);
        const ids = row.log.connection
          ? [
              ['id.orig_h', first.source],
              ['id.orig_p', `${first.sourcePort}`],
              ['id.resp_h', first.destination],
              ['id.resp_p', `${first.destinationPort}`],
            ]
          : [];
        have[row.log.path]?.push(Object.fromEntries([...ids, ...values]));
      }
    }
    for (const path of ['ssl', 'x509']) {
      const lines = (logs[`${path}.log`] ?? '').split('\n');
      const fields =
        lines
          .find((line) => line.startsWith('#fields'))
          ?.split('\t')
          .slice(1) ?? [];
      for (const line of lines) {
        if (line === '' || line.startsWith('#') || fields.length === 0) continue;
        const cells = line.split('\t');
        compared++;
        const same = have[path]?.some((row) =>
          fields.every((field, i) => OTHER_COLUMNS.has(field) || row[field] === cells[i]),
        );
        if (!same) wrong.push(`${name} ${line}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(compared >= 30, `${compared} compared`);
});
