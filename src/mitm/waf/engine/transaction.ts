import { type BodyParts, NO_PARTS } from '../body/body.ts';
import { parseUrlEncoded } from '../body/urlencoded.ts';
import type { HttpRequest, HttpResponse } from '../request.ts';
import type { Target } from '../seclang/target.ts';
import { VARIABLES } from '../variable/index.ts';
import type { Stage, Variable } from '../variable/variable.ts';
import { type Cookie, cookiesOf } from './cookies.ts';
import type { Record as CollectionRecord, PersistentCollections } from './persistent.ts';
import type { EngineMode, EngineSettings, Rule, RuleSelection } from './rule.ts';
import { type Target as ParsedTarget, parseTarget } from './uri.ts';
import { Text, type Texts, Value } from './value.ts';

/** The most variables that rules may set for one request. */
const MOST_SET = 4096;
const NOTHING: readonly Value[] = [];

/** Arguments, with where they came from. */
export interface Argument {
  readonly name: string;
  readonly value: string;
  readonly from: 'query' | 'body';
}

/** A target that rules took out for what is left of the request. */
export interface RemovedTarget {
  readonly select: RuleSelection;
  readonly target: Target;
}

/** What a rule's operator found last. */
export interface Matched {
  readonly name: string;
  readonly text: string;
}

/** No rule matched last. */
export const NOTHING_MATCHED: Matched = { name: '', text: '' };

/** The state of one request and its answer while rules run over them. */
export class Transaction {
  readonly request: HttpRequest;
  readonly settings: EngineSettings;
  readonly texts: Texts;
  readonly target: ParsedTarget;
  readonly startedMs: number;
  /** Of the request among all that are judged with the same rules. */
  readonly number: number;
  readonly uniqueId: string;
  readonly store: PersistentCollections;

  mode: EngineMode;
  response: HttpResponse | undefined;
  /** Name of the processor of the request's body, in upper case: what the headers say, or what a rule wants. */
  bodyProcessor: string;
  bodyAccess: boolean;
  responseBodyAccess: boolean;
  /** A rule wants the body as it is, too. */
  forceBodyVariable = false;
  /** The body as far as the limit lets it be looked at. */
  body = '';
  bodyTooLong = false;
  responseBody = '';
  responseBodyTooLong = false;
  parts: BodyParts = NO_PARTS;
  readonly arguments: Argument[] = [];
  badEscapes = false;
  argumentsTooMany = false;

  /** Variables of `TX`, by name in lower case. */
  readonly variables = new Map<string, string>();
  readonly records = new Map<string, CollectionRecord>();
  matched: Matched = NOTHING_MATCHED;
  matchedAll: Matched[] = [];
  highestSeverity = 255;
  readonly removedTargets: RemovedTarget[] = [];
  /** One of them is a variable of `TX`. */
  removesVariables = false;
  /** The rule that is being run. */
  rule: Rule | undefined;

  /** Variables of `TX` that rules cannot change; undefined where there are none. */
  pinned: ReadonlyMap<string, string> | undefined;
  private readonly cache: (readonly Value[] | undefined)[] = [];
  private allCookies: readonly Cookie[] | undefined;

  constructor(
    request: HttpRequest,
    settings: EngineSettings,
    texts: Texts,
    store: PersistentCollections,
    identity: { readonly number: number; readonly uniqueId: string; readonly nowMs: number },
  ) {
    this.request = request;
    this.settings = settings;
    this.texts = texts;
    this.store = store;
    this.number = identity.number;
    this.uniqueId = identity.uniqueId;
    this.startedMs = identity.nowMs;
    this.mode = settings.mode;
    this.bodyAccess = settings.requestBodyAccess;
    this.responseBodyAccess = settings.responseBodyAccess;
    this.target = parseTarget(request.target);
    this.bodyProcessor = processorOf(this.header('content-type'));
    if (this.target.query !== '') this.addArguments(this.target.query, 'query');
  }

  /** The first header of a name, given in lower case; empty without one. */
  header(name: string): string {
    return headerOf(this.request.headers, name);
  }

  get cookies(): readonly Cookie[] {
    this.allCookies ??= cookiesOf(this.request.headers);
    return this.allCookies;
  }

  /** Adds the arguments of a form. */
  addArguments(form: string, from: Argument['from']): void {
    const room = this.settings.argumentsLimit - this.arguments.length;
    const { args, invalid } = parseUrlEncoded(form, this.settings.argumentSeparator, room + 1);
    if (invalid) this.badEscapes = true;
    for (const [name, value] of args) this.addArgument(name, value, from);
  }

  addArgument(name: string, value: string, from: Argument['from']): void {
    if (this.arguments.length < this.settings.argumentsLimit) this.arguments.push({ name, value, from });
    else this.argumentsTooMany = true;
  }

  /** What a variable holds. */
  members(variable: Variable): readonly Value[] {
    if (variable.stage === 'rules') return variable.members(this);
    const known = this.cache[variable.number];
    if (known !== undefined) return known;
    const found = variable.members(this);
    this.cache[variable.number] = found;
    return found;
  }

  /** Forgets what the fixed variables of a stage held: there is more of it now. */
  changed(stage: Stage): void {
    for (const variable of VARIABLES.values()) {
      if (variable.stage === stage) this.cache[variable.number] = undefined;
    }
  }

  /** A member of a variable. */
  value(variable: string, name: string, text: string): Value {
    return new Value(variable, name, this.texts.of(text));
  }

  /** The one member of a variable; none where `text` is undefined. */
  single(variable: string, text: string | undefined): readonly Value[] {
    return text === undefined ? NOTHING : [new Value(variable, '', this.texts.of(text))];
  }

  /** A member whose text changes from rule to rule: it is not kept. */
  passing(variable: string, name: string, text: string): Value {
    return new Value(variable, name, new Text(text));
  }

  /** Takes a target out of rules from here on. */
  removeTarget(removed: RemovedTarget): void {
    this.removedTargets.push(removed);
    if (removed.target.variable === 'TX') this.removesVariables = true;
  }

  /** Sets variables of `TX` that rules cannot change. */
  pin(variables: ReadonlyMap<string, string>): void {
    if (variables.size === 0) return;
    for (const [key, value] of variables) this.variables.set(key, value);
    this.pinned = variables;
  }

  /** Whether rules cannot change a variable of `TX`. */
  isPinned(key: string): boolean {
    return this.pinned?.has(key) === true;
  }

  /** Sets a variable of `TX`; what is beyond the bound is not set. */
  setVariable(key: string, value: string): void {
    if (this.isPinned(key)) return;
    if (this.variables.size < MOST_SET || this.variables.has(key)) this.variables.set(key, value);
  }
}

/** The first header of a name, given in lower case; empty without one. */
export function headerOf(headers: HttpRequest['headers'], name: string): string {
  for (const [key, value] of headers) {
    if (key.length === name.length && key.toLowerCase() === name) return value;
  }
  return '';
}

function processorOf(contentType: string): string {
  const type = contentType.toLowerCase();
  if (type.startsWith('multipart/form-data')) return 'MULTIPART';
  return type.startsWith('application/x-www-form-urlencoded') ? 'URLENCODED' : '';
}
