import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { familiesOf } from './families.ts';
import type { Family } from './family.ts';
import { Histogram } from './histogram.ts';
import { influxLines } from './influx.ts';
import { formatOf, renderMetrics } from './prometheus.ts';
import { Tally } from './tally.ts';

const ROOT = join(import.meta.dirname, '../../..');
const HOSTILE = 'a"b\\c\nd{e="f"} \u{1f600}\ud800,=';

/** All metrics, without any value but those that are always there. */
const NOTHING: readonly Family[] = familiesOf({
  sample: {
    atMs: 0,
    tookMs: 1,
    cpuSeconds: new Map(),
    status: {
      pid: 1,
      since: new Date(0).toISOString(),
      state: 'running',
      configuration: undefined,
      supervisorBytes: 1,
      processes: [],
      statistics: {},
      bus: { topics: [], subscribers: [] },
    },
  },
  tally: new Tally(),
  streams: { readers: 0, opened: 0, refused: 0, delivered: 0, missed: 0, queuedBytes: 0 },
});

function samples(): readonly Family[] {
  const histogram = new Histogram();
  for (const ms of [0.2, 3, 3, 70_000]) histogram.add(ms);
  return [
    { name: 'weir_a_total', help: 'With \\ and\na break.', type: 'counter', values: [{ value: 3 }] },
    {
      name: 'weir_b_bytes',
      help: 'B.',
      type: 'gauge',
      values: [
        { labels: { name: HOSTILE }, value: 1.5 },
        { labels: { name: '' }, value: Number.NaN },
      ],
    },
    { name: 'weir_c_seconds', help: 'C.', type: 'histogram', values: [{ histogram: histogram.figures() }] },
    {
      name: 'weir_d_seconds',
      help: 'D.',
      type: 'summary',
      values: [{ labels: { x: 'y' }, count: 2, quantiles: [[0.5, 0.1]] }],
    },
    { name: 'weir_empty_total', help: 'Not there.', type: 'counter', values: [] },
  ];
}

/** Reads the text format; asserts what it demands. */
function parse(text: string): Map<string, number> {
  const values = new Map<string, number>();
  const types = new Map<string, string>();
  assert.ok(text.endsWith('\n'));
  for (const line of text.slice(0, -1).split('\n')) {
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram|summary)$/.exec(line);
    if (type?.[1] !== undefined) {
      assert.ok(!types.has(type[1]), `${type[1]} comes twice`);
      types.set(type[1], type[2] ?? '');
      continue;
    }
    if (/^# HELP [a-z_]+ \S/.test(line)) continue;
    const sample = /^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (-?[\d.e+-]+|NaN|\+Inf)$/.exec(
      line,
    );
    assert.ok(sample, `not in the format: ${line}`);
    const [, name = '', labels = '', value = ''] = sample;
    const family = types.has(name) ? name : name.replace(/_(bucket|sum|count)$/, '');
    assert.ok(types.has(family), `${name} comes before its type`);
    assert.equal([...types.keys()].at(-1), family, 'the samples of a metric stay together');
    assert.ok(!values.has(name + labels), `${name}${labels} comes twice`);
    values.set(name + labels, Number(value));
  }
  return values;
}

test('metrics are written so that they can be read again, whatever labels hold', () => {
  const values = parse(renderMetrics(samples(), 'text'));
  assert.equal(values.get('weir_a_total'), 3);
  assert.equal(values.get('weir_b_bytes{name="a\\"b\\\\c\\nd{e=\\"f\\"} \u{1f600}\ufffd,="}'), 1.5);
  assert.equal(values.get('weir_c_seconds_bucket{le="0.00025"}'), 1);
  assert.equal(values.get('weir_c_seconds_bucket{le="0.005"}'), 3);
  assert.equal(values.get('weir_c_seconds_bucket{le="10"}'), 3);
  assert.equal(values.get('weir_c_seconds_bucket{le="+Inf"}'), 4);
  assert.equal(values.get('weir_c_seconds_count'), 4);
  assert.equal(values.get('weir_d_seconds{x="y",quantile="0.5"}'), 0.1);
  assert.ok(![...values.keys()].some((name) => name.startsWith('weir_empty')));
});

test('OpenMetrics comes only to who asks for it', () => {
  const type = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5';
  assert.deepEqual([type, 'text/plain', undefined, '*/*'].map(formatOf), [
    'openmetrics',
    'text',
    'text',
    'text',
  ]);
  const text = renderMetrics(samples(), 'openmetrics');
  assert.match(text, /^# TYPE weir_a counter\nweir_a_total 3$/m);
  assert.ok(text.endsWith('\n# EOF\n'));
});

test('names say what is counted, and in which unit', () => {
  const names = NOTHING.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  const bare = names.map((name) => name.replace(/_total$/, ''));
  assert.equal(new Set(bare).size, bare.length, 'OpenMetrics leaves the end out');
  for (const { name, type, help } of NOTHING) {
    assert.match(name, /^weir_[a-z_]+$/);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    if (type === 'histogram' || type === 'summary') assert.match(name, /_seconds$/);
    assert.match(help, /\.$/);
  }
  parse(renderMetrics(NOTHING, 'text'));
});

const WITHOUT_PROMTOOL =
  spawnSync('promtool', ['--version']).error !== undefined && 'promtool is not installed';

test('promtool finds nothing to complain of', { skip: WITHOUT_PROMTOOL }, () => {
  for (const families of [NOTHING, samples()]) {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: renderMetrics(families, 'text'),
      encoding: 'utf8',
    });
    // Names of one letter are not what it is asked about.
    assert.equal(families === NOTHING ? `${stdout}${stderr}` : '', '');
    assert.notEqual(status, 1, stderr);
  }
});

test('lines of InfluxDB hold the same values, whatever labels hold', () => {
  const lines = influxLines(samples(), 1234.5);
  assert.equal(lines.length, 4);
  assert.equal(lines[0], 'weir_a_total value=3 1234');
  assert.equal(lines[1], 'weir_b_bytes,name=a"b/c\\ d{e\\="f"}\\ \u{1f600}\ufffd\\,\\= value=1.5 1234');
  assert.match(lines[2] ?? '', /^weir_c_seconds count=4,sum=70\.0062,le_0\.0001=0,.*le_10=3,le_inf=4 1234$/);
  assert.equal(lines[3], 'weir_d_seconds,x=y count=2,quantile_0.5=0.1 1234');
});

test('each metric is documented, and nothing else is', () => {
  const text = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8');
  const told = [...text.matchAll(/^\| `(weir_[a-z_]+)` \| (\w+) \|/gm)].map(
    ([, name, type]) => `${name} ${type}`,
  );
  assert.deepEqual(
    told,
    NOTHING.map(({ name, type }) => `${name} ${type}`),
  );
});

test('dashboards show only metrics that there are', () => {
  const all = dashboards();
  assert.ok(all.length >= 2);
  const known = new Map(NOTHING.map(({ name, type }) => [name, type]));
  for (const dashboard of all) {
    assert.ok(dashboard.templating.list.some(({ type }) => type === 'datasource'));
    const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    assert.ok(expressions.length > 5);
    for (const expression of expressions) {
      const names = expression.match(/\bweir_[a-z_]+/g) ?? [];
      assert.ok(names.length > 0, expression);
      for (const name of names) {
        const type = known.get(name) ?? known.get(name.replace(/_(bucket|sum|count)$/, ''));
        assert.ok(type !== undefined, `${name} is not served`);
        const isHistogram = type === 'histogram';
        assert.equal(isHistogram, isHistogram && !known.has(name), name);
      }
    }
    const ids = dashboard.panels.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  }
});

function dashboards(): readonly Dashboard[] {
  const folder = join(ROOT, 'integrations/grafana');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Dashboard);
}

test('expressions of dashboards are right', { skip: WITHOUT_PROMTOOL }, (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-dashboards-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const rules = dashboards().flatMap(({ panels }) =>
    panels.flatMap(({ targets = [] }) =>
      targets.map(({ expr }, at) => ({
        record: 'weir:test',
        labels: { at: String(at) },
        expr: expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', 'weir'),
      })),
    ),
  );
  const groups = rules.map((rule, at) => ({ name: `group${at}`, rules: [rule] }));
  // JSON is YAML.
  writeFileSync(join(folder, 'rules.yml'), JSON.stringify({ groups }));
  const { status, stderr } = spawnSync('promtool', ['check', 'rules', join(folder, 'rules.yml')], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr.slice(0, 500));
});

interface Dashboard {
  readonly templating: { readonly list: readonly { readonly type: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
}
