import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import Schema from 'typebox/schema';
import { parse } from 'yaml';
import { PRIVATE_NETWORKS } from '../lan/index.ts';
import {
  ConfigurationError,
  changes,
  defaultConfiguration,
  parseConfiguration,
  plan,
  readConfiguration,
} from './index.ts';
import { nearest } from './nearest.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from './quantity.ts';
import { SCHEMA } from './schema.ts';

const EXAMPLE = join(import.meta.dirname, '../../integrations/weir.yaml');

/** A bad file, and the beginning of each line that is said about it. */
const BAD: readonly { readonly name: string; readonly text: string; readonly mistakes: readonly string[] }[] =
  [
    {
      name: 'an unknown section, with the nearest one',
      text: 'captur:\n  interface: eth0\n',
      mistakes: ["1:1: unknown key 'captur'; did you mean 'capture'?"],
    },
    {
      name: 'an unknown key that is like none',
      text: 'control:\n  zzzzzzzz: 1\n',
      mistakes: ["2:3: unknown key 'zzzzzzzz' in control; known: folder"],
    },
    {
      name: 'a key given twice',
      text: 'capture:\n  flows: 100\n\n  flows: 200\n',
      mistakes: ["4:3: 'flows' is given twice, first in line 2"],
    },
    {
      name: 'a list instead of a text',
      text: 'capture:\n  interface: [eth0, eth1]\n',
      mistakes: ['2:14: capture.interface takes a text, not a list'],
    },
    {
      name: 'a number instead of a text',
      text: 'capture: {interface: 7}\n',
      mistakes: ["1:22: capture.interface takes a text, not '7'"],
    },
    {
      name: 'a text instead of a section',
      text: 'outputs:\n  eve: /var/log/eve.json\n',
      mistakes: ["2:8: outputs.eve takes settings (file, progress, dnsVersion), not '/var/log/eve.json'"],
    },
    {
      name: 'a text instead of a number',
      text: 'capture:\n    flows: many\n',
      mistakes: ["2:12: capture.flows takes a whole number, not 'many'"],
    },
    {
      name: 'numbers out of range, each of them',
      text: 'capture:\n  snaplen: 12\n  flows: 13000000\n',
      mistakes: [
        '2:12: capture.snaplen is out of range: from 64 to 262144, not 12',
        '3:10: capture.flows is out of range: from 16 to 12000000, not 13000000',
      ],
    },
    {
      name: 'a size and times out of range',
      text: 'store:\n  quota: 1MiB\n  retention:\n    dns: 1s\nlan: {retention: 1}\n',
      mistakes: [
        "2:10: store.quota: is out of range: from 16 MiB to 1024 TiB, not '1MiB'",
        "4:10: store.retention.dns: is out of range: from 1 h to 3650 d, not '1s'",
        "5:18: lan.retention: is out of range: from 10 s to 3650 d, not '1'",
      ],
    },
    {
      name: 'a size that is none',
      text: 'capture:\n  buffer: large\n',
      mistakes: ["2:11: capture.buffer: takes a size such as 2GiB or 500M, not 'large'"],
    },
    {
      name: 'a word that is not among those',
      text: 'capture:\n  mirror: {mode: sofware}\n',
      mistakes: [
        "2:18: capture.mirror.mode takes off, software, hardware, not 'sofware'; did you mean 'software'?",
      ],
    },
    {
      name: 'yes for true',
      text: 'store:\n  enabled: yes\n',
      mistakes: ["2:12: store.enabled takes true or false, not 'yes'"],
    },
    {
      name: 'a filter, at the place within it',
      text: 'capture:\n  filter: "tcp prot 80"\n',
      mistakes: ["2:16: capture.filter: 'and' or 'or' is missing before 'prot'"],
    },
    {
      name: 'networks, each at its place',
      text: 'lan:\n  networks:\n    - 10.0.0.0/8\n    - 10.0.0.0/99\n    - here\n',
      mistakes: ["4:7: lan.networks: '10.0.0.0/99' is no network", "5:7: lan.networks: 'here' is no network"],
    },
    {
      name: 'a path that is not absolute',
      text: 'store: {folder: data}\n',
      mistakes: ["1:17: store.folder: 'data' is no absolute path"],
    },
    {
      name: 'an interface that can be none',
      text: 'capture:\n  interface: ../../etc/passwd\n',
      mistakes: ["2:14: capture.interface: '../../etc/passwd' is no name of an interface"],
    },
    {
      name: 'broken YAML',
      text: 'capture:\n  filter: "not closed\n',
      mistakes: ['3:1: Missing closing "quote'],
    },
    { name: 'a list as the file', text: '- capture\n', mistakes: ['1:1: the file takes settings (capture'] },
    {
      name: 'anchors and aliases',
      text: 'lan: &x {enabled: true}\nstatus: *x\n',
      mistakes: ['1:9: lan: anchors are not taken', '2:9: status: aliases are not taken'],
    },
    {
      name: 'tags',
      text: 'store: {folder: !exec /tmp}\n',
      mistakes: ['1:17: Unresolved tag', '1:23: store.folder: tags are not taken'],
    },
  ];

for (const { name, text, mistakes } of BAD) {
  test(`line and column of ${name}`, () => {
    const found = mistakesOf(text);
    assert.equal(found.length, mistakes.length, found.join('\n'));
    for (const [i, mistake] of mistakes.entries()) {
      assert.equal(found[i]?.slice(0, mistake.length), mistake);
    }
  });
}

test('the example is good, says what the defaults are, and fits the schema', () => {
  assert.deepEqual(readConfiguration(EXAMPLE), defaultConfiguration());
  const value = parse(readFileSync(EXAMPLE, 'utf8'));
  const validator = Schema.Compile(SCHEMA);
  assert.ok(validator.Check(value), JSON.stringify(validator.Errors(value)));
});

test('the example names every setting', () => {
  const value = parse(readFileSync(EXAMPLE, 'utf8')) as Record<string, unknown>;
  const { retention: _all, ...store } = SCHEMA.properties.store.properties;
  for (const [name, section] of Object.entries(SCHEMA.properties)) {
    const properties = name === 'store' ? store : section.properties;
    for (const key of Object.keys(properties)) {
      assert.ok(key in (value[name] as object), `${name}.${key} is not in the example`);
    }
  }
});

test('what the file says is used, the rest has its default', () => {
  const text =
    'store: {quota: 500M, retention: {dns: 7d, default: 2w}}\ncapture: {interface: eth7, filter: tcp port 80}\n';
  const configuration = parseConfiguration(text, 'w.yaml');
  assert.equal(configuration.store.quota, 500_000_000);
  assert.deepEqual(configuration.store.retentionMs, { default: 14 * 86_400_000, dns: 7 * 86_400_000 });
  assert.equal(configuration.capture.interface, 'eth7');
  assert.equal(configuration.capture.buffer, 16 << 20);
  const words = plan(configuration).join('\n');
  assert.match(words, /captured on eth7/);
  assert.match(words, /dns 7 d, others 14 d/);
  assert.deepEqual(parseConfiguration('', 'w.yaml'), defaultConfiguration());
  assert.deepEqual(parseConfiguration('# nothing\nlan:\n', 'w.yaml'), defaultConfiguration());
});

test('files that are no configuration', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string): string => join(folder, name);
  mkdirSync(path('folder'));
  writeFileSync(path('large'), `# ${'x'.repeat(2 << 20)}`);
  writeFileSync(path('binary'), Buffer.of(0xff, 0xfe, 0x00, 0xd8));
  assert.throws(() => readConfiguration(path('folder')), /folder:1:1: is a folder/);
  assert.throws(() => readConfiguration(path('large')), /large:1:1: is larger than 1 MiB/);
  assert.throws(() => readConfiguration(path('binary')), /binary:1:1: is not UTF-8/);
  assert.throws(() => readConfiguration(path('missing')), /missing:1:1: there is no such file/);
});

test('hostile texts end in mistakes, soon', () => {
  const many = Array.from({ length: 5000 }, (_, i) => `key${i}: ${i}`).join('\n');
  assert.equal(mistakesOf(many).length, 100);
  assert.equal(mistakesOf(`${'x'.repeat(100_000)}: 1`).length, 1);
  assert.ok(mistakesOf(`capture: {interface: "\u001b]0;title\u0007"}`)[0]?.includes("'?]0;title?'"));
  assert.ok(mistakesOf('['.repeat(2000)).length > 0);
});

test('changes name what differs, and whether it can be taken over', () => {
  const before = defaultConfiguration();
  const after = parseConfiguration(
    'outputs: {eve: {file: /e}}\ncapture: {flows: 20}\nprocesses: {drain: 1s}',
    'f',
  );
  assert.deepEqual(changes(before, after), [
    { name: 'capture.flows', live: false },
    { name: 'outputs.eve.file', live: true },
    { name: 'processes.drain', live: true },
  ]);
  assert.deepEqual(changes(before, before), []);
});

test('the packet ring on disk', () => {
  const off = defaultConfiguration();
  assert.equal(off.capture.ring.folder, '');
  assert.ok(plan(off).includes('No packets are kept on disk.'));
  const on = parseConfiguration(
    'capture: {ring: {folder: /packets, size: 1GiB, age: 2h, file: 512MiB}}',
    'f',
  );
  assert.deepEqual(on.capture.ring, {
    folder: '/packets',
    sizeBytes: 2 ** 30,
    ageMs: 7_200_000,
    fileBytes: 2 ** 29,
  });
  assert.ok(
    plan(on).includes('Packets are kept in /packets, at most 1 GiB and 2 h, in files of 256 MiB.'),
    plan(on).join(),
  );
  assert.deepEqual(changes(off, on)[0], { name: 'capture.ring.folder', live: false });
  assert.ok(changes(off, on).some(({ name }) => name === 'capture.ring.size'));
});

test('sizes and times are read and written', () => {
  assert.deepEqual(['4096', '2GiB', '1.5k', '3 MiB', '1TB'].map(parseSize), [
    4096,
    2 ** 31,
    1500,
    3 << 20,
    1e12,
  ]);
  assert.ok(['', 'GiB', '-1', '1 XB', '1e3'].map(parseSize).every(Number.isNaN));
  assert.deepEqual(
    ['500ms', '30s', '2h', '1w', 1.5].map(parseDuration),
    [500, 30_000, 7_200_000, 604_800_000, 1500],
  );
  assert.ok(['5', 'ms', '-1s', Number.NaN, -1].map(parseDuration).every(Number.isNaN));
  assert.deepEqual([2 ** 31, 1000, 3 << 10].map(formatSize), ['2 GiB', '1000 bytes', '3 KiB']);
  assert.deepEqual([1500, 90_000, 86_400_000].map(formatDuration), ['1500 ms', '90 s', '1 d']);
});

test('the nearest name', () => {
  assert.equal(nearest('interfce', ['interface', 'filter']), 'interface');
  assert.equal(nearest('fitler', ['interface', 'filter']), 'filter');
  assert.equal(nearest('qqqqq', ['interface', 'filter']), undefined);
});

test('clients are those of private networks and of the link, as in the view of captures', () => {
  assert.deepEqual(defaultConfiguration().lan.networks, PRIVATE_NETWORKS);
  for (const network of ['169.254.0.0/16', 'fe80::/10']) assert.ok(PRIVATE_NETWORKS.includes(network));
});

function mistakesOf(text: string): string[] {
  try {
    parseConfiguration(text, 'w.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.mistakes.map(({ line, column, message }) => `${line}:${column}: ${message}`);
  }
}
