import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { type EveRecord, timeOf } from '../../event/index.ts';
import type { Observation, Overflow } from '../evidence.ts';
import { parseDuration } from './duration.ts';
import { type EngineOptions, ScenarioEngine } from './engine.ts';
import { loadScenarios } from './loader.ts';
import { formatMistake } from './mistake.ts';
import { suggestion } from './nearest.ts';

/** What a test of scenarios came to. */
export interface ScenarioTestResult {
  readonly file: string;
  readonly name: string;
  readonly passed: boolean;
  /** What was expected and is not there, what is there and was not expected, what is wrong with the file. */
  readonly differences: readonly string[];
  readonly observations: number;
  readonly overflows: readonly Overflow[];
}

export interface ScenarioTestOptions {
  /** Turns a record into what scenarios see; without, tests with `records` cannot run. */
  readonly observe?: (record: EveRecord) => Iterable<Observation>;
  /** Where data files are, when the test names no folder. */
  readonly dataFolder?: string;
  readonly engine?: Partial<EngineOptions>;
}

const KEYS = [
  'name',
  'description',
  'scenarios',
  'data',
  'records',
  'observations',
  'start',
  'advance',
  'expect',
];
const OBSERVATION_KEYS = ['at', 'kind', 'address', 'target', 'meta', 'parsed', 'record', 'repeat', 'every'];
const EXPECTED_KEYS = [
  'scenario',
  'value',
  'scope',
  'target',
  'count',
  'times',
  'remediation',
  'threat',
  'evidence',
];
const MOST_OBSERVATIONS = 1_000_000;
const LARGEST_FILE = 256 * 1024 * 1024;
const DEFAULT_START = '2026-01-01T00:00:00Z';

type Fields = Readonly<Record<string, unknown>>;

/** A mistake of the test file itself. */
class CaseError extends Error {}

/**
 * Runs a test of scenarios, which is a file of YAML:
 *
 *     scenarios: [../ssh-bruteforce.yaml]
 *     observations:
 *       - {at: 0s, kind: ssh_failure, address: 192.0.2.1, repeat: 6, every: 1s}
 *     expect:
 *       - {scenario: weir/ssh-bruteforce, value: 192.0.2.1, count: 6}
 *
 * `records` names a file of EVE JSON, a line each, or holds such records. `{n}` in a text of a repeated observation is
 * its number. At the end the clock goes on by `advance` (24h), so that
 * counters run over. Every overflow has to be expected, and every expected one has to come, `times` times (1). Paths are
 * relative to the file. Does not throw for what is wrong with files: that is a difference.
 */
export function runScenarioTest(file: string, options: ScenarioTestOptions = {}): ScenarioTestResult {
  const overflows: Overflow[] = [];
  let observations = 0;
  let lastUs = 0;
  let name = file;
  let differences: readonly string[];
  try {
    const test = read(file);
    name = typeof test.name === 'string' ? test.name : file;
    const engine = engineOf(file, test, options);
    for (const observation of observationsOf(file, test, options)) {
      observations++;
      if (observations > MOST_OBSERVATIONS)
        throw new CaseError(`more than ${MOST_OBSERVATIONS} observations`);
      lastUs = Math.max(lastUs, observation.timeUs);
      overflows.push(...engine.take(observation));
    }
    overflows.push(...engine.advance(lastUs + nanosecondsOf(test.advance ?? '24h', 'advance') / 1000));
    const { failures, lastFailure } = engine.statistics();
    differences = compare(expectedOf(test), overflows);
    if (failures > 0) differences = [...differences, `${failures} expressions failed: ${lastFailure}`];
  } catch (error) {
    if (!(error instanceof CaseError)) throw error;
    differences = [`${file}: ${error.message}`];
  }
  return { file, name, passed: differences.length === 0, differences, observations, overflows };
}

function read(file: string): Fields {
  const test = parsedYaml(contentOf(file));
  known(test, KEYS, 'a test');
  return test;
}

function contentOf(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (text.length > LARGEST_FILE) throw new CaseError(`${file} has more than ${LARGEST_FILE} characters`);
    return text;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    throw new CaseError(code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read: ${code}`);
  }
}

function parsedYaml(text: string): Fields {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw new CaseError(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
  return fieldsOf(value, 'a test');
}

function fieldsOf(value: unknown, what: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw new CaseError(`${what} has keys`);
}

function known(fields: Fields, keys: readonly string[], what: string): void {
  for (const key of Object.keys(fields)) {
    if (!keys.includes(key)) throw new CaseError(`${what} has no ${key}${suggestion(key, keys)}`);
  }
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : typeof value === 'string' ? [value] : fail(`${what} is a list`);
}

function fail(message: string): never {
  throw new CaseError(message);
}

function engineOf(file: string, test: Fields, options: ScenarioTestOptions): ScenarioEngine {
  const paths = listOf(test.scenarios, 'scenarios').map((path) => resolve(dirname(file), String(path)));
  if (paths.length === 0) throw new CaseError('scenarios is missing: the files that the test is about');
  const dataFolder = typeof test.data === 'string' ? resolve(dirname(file), test.data) : options.dataFolder;
  const { scenarios, mistakes } = loadScenarios(paths, { dataFolder });
  if (mistakes.length > 0) throw new CaseError(mistakes.map(formatMistake).join('\n'));
  return new ScenarioEngine(scenarios, options.engine);
}

function* observationsOf(file: string, test: Fields, options: ScenarioTestOptions): Generator<Observation> {
  for (const record of recordsOf(file, test)) {
    if (options.observe === undefined) throw new CaseError('records cannot be read here; give observations');
    yield* options.observe(record);
  }
  const start = startOf(test);
  for (const [i, item] of listOf(test.observations, 'observations').entries()) {
    yield* repeated(fieldsOf(item, `observation ${i + 1}`), `observation ${i + 1}`, start);
  }
}

function* recordsOf(file: string, test: Fields): Generator<EveRecord> {
  for (const each of listOf(test.records, 'records')) {
    if (typeof each !== 'string') {
      yield recordOf(each, 'records');
      continue;
    }
    const path = resolve(dirname(file), each);
    let number = 0;
    for (const line of contentOf(path).split('\n')) {
      number++;
      if (line.trim() !== '') yield recordOf(json(line, `${path}:${number}`), `${path}:${number}`);
    }
  }
}

function json(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new CaseError(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function recordOf(value: unknown, where: string): EveRecord {
  const fields = fieldsOf(value, where);
  const { timestamp, event_type } = fields;
  if (typeof timestamp === 'string' && typeof event_type === 'string')
    return { ...fields, timestamp, event_type };
  throw new CaseError(`${where}: a record has timestamp and event_type`);
}

function startOf(test: Fields): number {
  return timeOf(String(test.start ?? DEFAULT_START)) ?? fail('start is a time, as 2026-01-01T00:00:00Z');
}

function nanosecondsOf(value: unknown, what: string): number {
  return parseDuration(String(value)) ?? fail(`${what} is a duration, as 10s`);
}

function* repeated(fields: Fields, what: string, start: number): Generator<Observation> {
  known(fields, OBSERVATION_KEYS, what);
  if (typeof fields.kind !== 'string') throw new CaseError(`${what} has no kind`);
  const at = fields.at ?? '0s';
  const firstUs = timeOf(at) ?? start + nanosecondsOf(at, `at of ${what}`) / 1000;
  const everyUs = nanosecondsOf(fields.every ?? '0s', `every of ${what}`) / 1000;
  const count = Number(fields.repeat ?? 1);
  if (!Number.isInteger(count) || count < 1) throw new CaseError(`repeat of ${what} is a count`);
  for (let n = 0; n < count; n++) {
    const timeUs = firstUs + n * everyUs;
    const filled = (value: unknown) =>
      typeof value === 'string' ? value.replaceAll('{n}', String(n)) : value;
    const texts = Object.entries(fieldsOf(fields.meta ?? {}, `meta of ${what}`));
    const parsed = Object.entries(fieldsOf(fields.parsed ?? {}, `parsed of ${what}`));
    const timestamp = new Date(timeUs / 1000).toISOString();
    yield {
      timeUs,
      kind: fields.kind,
      address: String(filled(fields.address ?? '')),
      target: String(filled(fields.target ?? '')),
      meta: Object.fromEntries(texts.map(([key, value]) => [key, String(filled(value))])),
      parsed: Object.fromEntries(
        parsed.map(([key, value]) => [key, filled(value) as string | number | boolean]),
      ),
      record: { ...fieldsOf(fields.record ?? {}, `record of ${what}`), timestamp, event_type: fields.kind },
    };
  }
}

function expectedOf(test: Fields): readonly Fields[] {
  return listOf(test.expect, 'expect').flatMap((item, i) => {
    const fields = fieldsOf(item, `expect ${i + 1}`);
    known(fields, EXPECTED_KEYS, `expect ${i + 1}`);
    if (typeof fields.scenario !== 'string') throw new CaseError(`expect ${i + 1} names no scenario`);
    const { times = 1, ...wanted } = fields;
    if (!Number.isInteger(times) || Number(times) < 1)
      throw new CaseError(`times of expect ${i + 1} is a count`);
    return Array.from({ length: Math.min(Number(times), 10_000) }, () => wanted);
  });
}

function compare(expected: readonly Fields[], overflows: readonly Overflow[]): readonly string[] {
  const rest = [...overflows];
  const missing: Fields[] = [];
  for (const wanted of expected) {
    const at = rest.findIndex((overflow) => matches(wanted, overflow));
    if (at < 0) missing.push(wanted);
    else rest.splice(at, 1);
  }
  return [
    ...missing.map((wanted) => `expected, and did not come: ${shown(wanted)}${nearestOf(wanted, rest)}`),
    ...rest.map((overflow) => `came, and was not expected: ${shownOverflow(overflow)}`),
  ];
}

function matches(wanted: Fields, overflow: Overflow): boolean {
  return Object.entries(wanted).every(([key, value]) => overflow[key as keyof Overflow] === value);
}

/** What differs from the overflow of the same scenario that is nearest to it. */
function nearestOf(wanted: Fields, rest: readonly Overflow[]): string {
  const same = rest.filter(({ scenario }) => scenario === wanted.scenario);
  const near = same.find(({ value }) => value === wanted.value) ?? same[0];
  if (near === undefined) return '';
  const different = Object.keys(wanted).filter((key) => near[key as keyof Overflow] !== wanted[key]);
  return ` (there is one with ${different.map((key) => `${key} ${String(near[key as keyof Overflow])}`).join(', ')})`;
}

function shown(wanted: Fields): string {
  return Object.entries(wanted)
    .map(([key, value]) => (key === 'scenario' ? String(value) : `${key} ${String(value)}`))
    .join(', ');
}

function shownOverflow({ scenario, value, count, timeUs }: Overflow): string {
  return `${scenario}, value ${value}, count ${count}, at ${new Date(timeUs / 1000).toISOString()}`;
}
