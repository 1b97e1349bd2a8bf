import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import type { DataFiles } from './data-files.ts';
import { ScenarioDocument } from './document.ts';
import { parseDuration } from './duration.ts';
import { EVENT, LEAKY, OVERFLOW, QUEUE } from './event.ts';
import {
  BOOLEAN,
  compileExpression,
  type Environment,
  ExpressionError,
  type Program,
  TEXT,
  type Type,
} from './expression/index.ts';
import { FUNCTIONS } from './functions/index.ts';
import { consequencesOf } from './labels.ts';
import type { ScenarioMistake } from './mistake.ts';
import { suggestion } from './nearest.ts';
import { requiredTexts } from './requirements.ts';
import { type BayesianCondition, SCENARIO_TYPES, type Scenario, type ScenarioScope } from './scenario.ts';

const KEYS = [
  ...['type', 'name', 'description', 'format', 'version', 'author', 'references', 'debug', 'profiling'],
  ...['filter', 'groupby', 'distinct', 'capacity', 'leakspeed', 'duration', 'cache_size', 'blackhole'],
  ...[
    'overflow_filter',
    'cancel_on',
    'condition',
    'bayesian_prior',
    'bayesian_threshold',
    'bayesian_conditions',
  ],
  ...['reprocess', 'scope', 'labels', 'data', 'simulated', 'filename'],
];
const DATA_KEYS = ['source_url', 'dest_file', 'type', 'cache', 'strategy', 'size', 'ttl'];
const BAYESIAN_KEYS = ['condition', 'prob_given_evil', 'prob_given_benign', 'guillotine'];
const SCOPE_KEYS = ['type', 'expression'];
const LARGEST_TEXT = 1_048_576;
const MOST_DOCUMENTS = 1000;
const MOST_CONDITIONS = 64;
const LONGEST_CAPACITY = 1_000_000;

/**
 * Reads the scenarios of a YAML file of CrowdSec, several documents or one. What is mistaken is told, with its line,
 * and is not among the scenarios.
 */
export function parseScenarios(
  source: string,
  file: string,
  data: DataFiles,
): { readonly scenarios: readonly Scenario[]; readonly mistakes: readonly ScenarioMistake[] } {
  if (source.length > LARGEST_TEXT) {
    const message = `the file has ${source.length} characters; ${LARGEST_TEXT} are the limit`;
    return { scenarios: [], mistakes: [{ file, line: 0, column: 0, message }] };
  }
  const lines = new LineCounter();
  const documents = parseAllDocuments(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const scenarios: Scenario[] = [];
  const mistakes: ScenarioMistake[] = [];
  for (const document of [...documents].slice(0, MOST_DOCUMENTS)) {
    const found: ScenarioMistake[] = [];
    for (const error of document.errors) {
      const { line, col } = lines.linePos(error.pos[0]);
      found.push({ file, line, column: col, message: error.message.split('\n')[0] ?? '' });
    }
    const isEmpty =
      document.contents === null || (isScalar(document.contents) && document.contents.value === null);
    if (found.length === 0 && !isEmpty) {
      const place = { file, source, lines };
      const scenario = new Definition(new ScenarioDocument(document, place, found, KEYS), data).read();
      if (found.length === 0) scenarios.push(scenario);
    }
    mistakes.push(...found);
  }
  return { scenarios, mistakes };
}

const EVENT_NAMES: Environment['names'] = { evt: { type: EVENT, read: (frame) => frame.evt } };
const BUCKET_NAMES: Environment['names'] = {
  ...EVENT_NAMES,
  queue: { type: QUEUE, read: (frame) => frame.queue },
  leaky: { type: LEAKY, read: (frame) => frame.leaky },
};
const OVERFLOW_NAMES: Environment['names'] = {
  ...BUCKET_NAMES,
  signal: { type: OVERFLOW, read: (frame) => frame.signal },
};

/** Reads one document. */
class Definition {
  private readonly document: ScenarioDocument;
  private readonly data: DataFiles;

  constructor(document: ScenarioDocument, data: DataFiles) {
    this.document = document;
    this.data = data;
  }

  read(): Scenario {
    const { document, data } = this;
    this.format();
    this.dataFiles();
    const filter = this.expression('filter', EVENT_NAMES, BOOLEAN);
    const type = this.type();
    const overflowFilter = this.expression('overflow_filter', OVERFLOW_NAMES, BOOLEAN);
    const condition = this.expression('condition', BUCKET_NAMES, BOOLEAN);
    const bayesian = this.bayesian();
    const labels = this.labels();
    const within = new Set<string>();
    const consequences = consequencesOf(labels, (key, message) => {
      if (!within.has(key)) document.wrongAt('labels', message);
      within.add(key);
    });
    const scenario: Scenario = {
      name: this.required('name'),
      description: this.required('description'),
      type,
      file: document.file,
      line: document.line,
      filter: filter ?? NOTHING,
      groupBy: this.expression('groupby', EVENT_NAMES, TEXT),
      distinct: this.expression('distinct', EVENT_NAMES, TEXT),
      capacity: this.capacity(type),
      leakUs: this.duration('leakspeed'),
      durationUs: this.duration('duration'),
      cacheSize: this.cacheSize(),
      blackholeUs: this.duration('blackhole'),
      overflowFilter,
      cancelOn: this.expression('cancel_on', EVENT_NAMES, BOOLEAN),
      condition,
      prior: this.share('bayesian_prior'),
      threshold: this.share('bayesian_threshold'),
      bayesian,
      reprocess: document.boolean('reprocess'),
      scope: this.scope(),
      labels,
      ...consequences,
      simulated: consequences.simulated || document.boolean('simulated'),
      kinds: filter === undefined ? undefined : requiredTexts(filter.tree, 'log_type'),
      services: filter === undefined ? undefined : requiredTexts(filter.tree, 'service'),
      looksBack: [overflowFilter, condition, ...bayesian.map((each) => each.condition)].some(looksBack),
      data,
    };
    this.validate(scenario);
    return scenario;
  }

  private format(): void {
    const format = this.document.text('format');
    if (format !== undefined && !/^[1-3](?:\.\d+)?$/.test(format)) {
      this.document.wrong(this.document.node('format'), `format ${format} is not known; 1.0 to 3.0 are`);
    }
    this.document.boolean('debug');
  }

  private type(): Scenario['type'] {
    const text = this.document.text('type');
    const type = SCENARIO_TYPES.find((each) => each === text);
    if (text === undefined)
      this.document.wrongAt('type', 'type is missing: leaky, trigger, counter, conditional or bayesian');
    else if (type === undefined) {
      const near = suggestion(text, SCENARIO_TYPES);
      this.document.wrong(
        this.document.node('type'),
        `type is one of ${SCENARIO_TYPES.join(', ')}, and not ${text}${near}`,
      );
    }
    return type ?? 'trigger';
  }

  private required(key: string): string {
    const text = this.document.text(key);
    if (text === undefined || text === '') this.document.wrongAt(key, `${key} is missing`);
    return text ?? '';
  }

  private expression(key: string, names: Environment['names'], wanted: Type): Program | undefined {
    const text = this.document.text(key);
    const node = this.document.node(key);
    if (text === undefined || node === undefined || node === null) {
      if (key === 'filter')
        this.document.wrongAt(key, 'filter is missing: which events the scenario is about');
      return undefined;
    }
    if (text.trim() === '' && key !== 'filter') return undefined;
    return this.compiled(key, text, node, names, wanted);
  }

  private compiled(
    key: string,
    text: string,
    node: Node,
    names: Environment['names'],
    wanted: Type,
  ): Program | undefined {
    const dataFile = (name: string, kind: 'string' | 'regexp') => this.data.load(name, kind);
    try {
      return compileExpression(text, { names, functions: FUNCTIONS, dataFile }, wanted);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      this.document.wrongWithin(node, error.line, error.column, `${key}: ${error.message}`);
      return undefined;
    }
  }

  private capacity(type: Scenario['type']): number {
    const capacity = this.document.number('capacity') ?? 0;
    const complaint = capacityComplaint(type, capacity);
    if (complaint !== undefined) this.document.wrongAt('capacity', complaint);
    return capacity;
  }

  /** Microseconds; 0 without. */
  private duration(key: string): number {
    const text = this.document.text(key);
    if (text === undefined || text === '') return 0;
    const ns = parseDuration(text);
    if (ns === undefined || ns < 0) {
      this.document.wrong(
        this.document.node(key),
        `${key} is a duration, as 30s, 5m and 1h30m, and not ${text}`,
      );
      return 0;
    }
    return Math.round(ns / 1000);
  }

  private cacheSize(): number {
    const size = this.document.number('cache_size') ?? 0;
    if (!Number.isInteger(size) || size < 0)
      this.document.wrongAt('cache_size', 'cache_size is a count of events');
    return size;
  }

  private share(key: string): number {
    const share = this.document.number(key) ?? 0;
    if (share < 0 || share > 1) this.document.wrongAt(key, `${key} is between 0 and 1`);
    return share;
  }

  private scope(): ScenarioScope {
    const node = this.document.node('scope');
    if (node === undefined || node === null) return { kind: 'address', name: 'Ip', expression: undefined };
    const parts = this.parts(node, SCOPE_KEYS, 'scope');
    const name = String(parts.get('type')?.value ?? '');
    const text = parts.get('expression');
    let expression: Program | undefined;
    if (text !== undefined)
      expression = this.compiled('scope', String(text.value), text.node, EVENT_NAMES, TEXT);
    const lower = name.toLowerCase();
    if (lower === '' || lower === 'ip') return { kind: 'address', name: 'Ip', expression };
    if (lower === 'range') return { kind: 'range', name: 'Range', expression };
    if (text === undefined) this.document.wrong(node, `scope ${name} needs an expression that says of whom`);
    return { kind: 'other', name, expression };
  }

  private labels(): Readonly<Record<string, unknown>> {
    const node = this.document.node('labels');
    if (node === undefined || node === null) return {};
    if (!isMap(node)) {
      this.document.wrong(node, 'labels has keys, as service and remediation');
      return {};
    }
    return Object.freeze(node.toJSON()) as Readonly<Record<string, unknown>>;
  }

  private dataFiles(): void {
    const node = this.document.node('data');
    if (node === undefined || node === null) return;
    if (!isSeq(node)) {
      this.document.wrong(node, 'data is a list of files');
      return;
    }
    for (const item of node.items as Node[]) {
      const parts = this.parts(item, DATA_KEYS, 'data');
      const name = parts.get('dest_file');
      const type = parts.get('type');
      const kind = kindOfFile(type?.value);
      if (name === undefined)
        this.document.wrong(item, 'dest_file is missing: the name of the file in the data folder');
      else if (kind === undefined) {
        this.document.wrong(
          type?.node ?? item,
          `type of a data file is string or regexp, and not ${String(type?.value)}`,
        );
      } else {
        const complaint = kind === 'none' ? undefined : this.data.load(String(name.value), kind);
        if (complaint !== undefined) this.document.wrong(name.node, complaint);
      }
    }
  }

  private bayesian(): readonly BayesianCondition[] {
    const node = this.document.node('bayesian_conditions');
    if (node === undefined || node === null) return [];
    if (!isSeq(node) || node.items.length > MOST_CONDITIONS) {
      this.document.wrong(node, `bayesian_conditions is a list of at most ${MOST_CONDITIONS}`);
      return [];
    }
    return (node.items as Node[]).map((item) => {
      const parts = this.parts(item, BAYESIAN_KEYS, 'bayesian_conditions');
      const share = (key: string): number => {
        const value = parts.get(key)?.value;
        if (typeof value === 'number' && value >= 0 && value <= 1) return value;
        this.document.wrong(parts.get(key)?.node ?? item, `${key} is between 0 and 1`);
        return 0;
      };
      const text = parts.get('condition');
      if (text === undefined) this.document.wrong(item, 'condition is missing');
      const condition =
        text === undefined
          ? undefined
          : this.compiled('condition', String(text.value), text.node, BUCKET_NAMES, BOOLEAN);
      return {
        condition: condition ?? NOTHING,
        givenEvil: share('prob_given_evil'),
        givenBenign: share('prob_given_benign'),
        guillotine: parts.get('guillotine')?.value === true,
      };
    });
  }

  /** The scalars of a map whose keys are known. */
  private parts(
    node: Node,
    known: readonly string[],
    where: string,
  ): ReadonlyMap<string, { readonly value: unknown; readonly node: Node }> {
    const parts = new Map<string, { readonly value: unknown; readonly node: Node }>();
    if (!isMap(node)) {
      this.document.wrong(node, `${where} has keys: ${known.join(', ')}`);
      return parts;
    }
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      if (!known.includes(name)) {
        this.document.wrong(key as Node, `${where} has no ${name}${suggestion(name, known)}`);
      } else if (isScalar(value) && value.value !== null)
        parts.set(name, { value: value.value, node: value });
    }
    return parts;
  }

  /** What the types want of each other's keys. */
  private validate(scenario: Scenario): void {
    const { document } = this;
    const need = (isThere: boolean, key: string, why: string): void => {
      if (!isThere) document.wrongAt(document.has(key) ? key : 'type', `a ${scenario.type} scenario ${why}`);
    };
    switch (scenario.type) {
      case 'leaky':
        need(scenario.leakUs > 0, 'leakspeed', 'needs a leakspeed above 0');
        need(scenario.durationUs === 0, 'duration', 'has no duration: counter has');
        return;
      case 'trigger':
        return;
      case 'counter':
        need(scenario.durationUs > 0, 'duration', 'needs a duration above 0');
        return;
      case 'conditional':
        need(scenario.condition !== undefined, 'condition', 'needs a condition');
        need(scenario.leakUs > 0, 'leakspeed', 'needs a leakspeed above 0');
        return;
      case 'bayesian':
        need(scenario.bayesian.length > 0, 'bayesian_conditions', 'needs bayesian_conditions');
        need(scenario.prior > 0, 'bayesian_prior', 'needs a bayesian_prior above 0');
        need(scenario.threshold > 0, 'bayesian_threshold', 'needs a bayesian_threshold above 0');
        need(scenario.leakUs > 0, 'leakspeed', 'needs a leakspeed above 0');
        return;
      default:
        scenario.type satisfies never;
    }
  }
}

/** Stands for an expression that could not be read; a scenario with one is not used. */
const NOTHING: Program = {
  text: 'false',
  tree: { kind: 'constant', at: 0, value: false },
  run: () => false,
};

function looksBack(program: Program | undefined): boolean {
  return program !== undefined && /\b(?:queue|leaky)\b/.test(program.text);
}

function kindOfFile(type: unknown): 'string' | 'regexp' | 'none' | undefined {
  if (type === undefined) return 'none';
  if (type === 'string' || type === 'ip') return 'string';
  return type === 'regexp' || type === 'regex' ? 'regexp' : undefined;
}

function capacityComplaint(type: Scenario['type'], capacity: number): string | undefined {
  if (!Number.isInteger(capacity) || capacity < -1 || capacity > LONGEST_CAPACITY) {
    return `capacity is a whole number up to ${LONGEST_CAPACITY}, or -1`;
  }
  switch (type) {
    case 'leaky':
      return capacity > 0 ? undefined : 'capacity of a leaky scenario is above 0';
    case 'trigger':
      return capacity === 0 ? undefined : 'capacity of a trigger is 0: it runs over at once';
    case 'counter':
    case 'bayesian':
      return capacity === -1 ? undefined : `capacity of a ${type} scenario is -1`;
    case 'conditional':
      return undefined;
    default:
      return type satisfies never;
  }
}
