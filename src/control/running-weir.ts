import type { ExceptionUse } from '../correlate/exception/index.ts';
import type { Incident } from '../correlate/incident/index.ts';
import type {
  EveRecord,
  FieldValue,
  FlowAnswer,
  Page,
  PageWish,
  Position,
  Selection,
  SeriesPoint,
  Subject,
  TopAnswer,
  TopList,
} from '../store/index.ts';
import { askOnMachine } from './api-socket.ts';
import { ControlError } from './control-socket.ts';
import {
  type Changed,
  type ContextAnswer,
  type CorrelationAnswer,
  type CorrelationFigures,
  isChanged,
  isContextAnswer,
  isCorrelationAnswer,
  isCorrelationStatistics,
  isExceptions,
  isIncidents,
  isProposals,
  isReputationAnswer,
  isThreatList,
  isTuning,
  type NamedProposal,
  type ReputationAnswer,
  type ThreatList,
  type Tuning,
} from './correlation-answer.ts';
import { isLanPicture, type LanPicture } from './lan-picture.ts';
import { FLOW_FIELDS, isOpenFlowList, type OpenFlowList } from './open-flow.ts';
import type { Question, RequestSelection, RuleChoice } from './question.ts';
import type {
  CorrelationSelection,
  CorrelationWord,
  ExceptionWish,
  IncidentFilter,
} from './question-correlation.ts';
import type { DecisionFilter, DecisionWish } from './question-response.ts';
import {
  type DecisionList,
  type DecisionOutcome,
  isDecisionList,
  isDecisionOutcome,
  isLifted,
  isResponsePlan,
  type Lifted,
  type ResponsePlan,
} from './response-answer.ts';
import { isScenarioList, isScenarioText, type ScenarioList, type ScenarioText } from './scenario-answer.ts';
import { fields, list, maybe, number, type Shape, text } from './shape.ts';
import { isSystemStatus, type SystemStatus } from './status.ts';
import {
  type ConfigurationChange,
  type ConfigurationText,
  type ConfigurationVersion,
  isConfigurationChange,
  isConfigurationText,
  isMirrorOutcome,
  isVersionList,
  isVersionText,
  type MirrorOutcome,
} from './system-answer.ts';
import {
  type AddressContext,
  type BufferEntry,
  type BufferFigures,
  type Erased,
  isAddressContext,
  isBufferEntry,
  isBufferFigures,
  isErased,
  isRejudgeReport,
  isResendReport,
  isRulesInForce,
  type RejudgeReport,
  type ResendReport,
  type RulesInForce,
} from './web-answer.ts';

/** Puts a question to the running weir; resolves to its value, rejects with a {@link ControlError}. */
export type Ask = (question: Question) => Promise<unknown>;

/** Asks the weir that runs as one asks its store; every answer is checked. Errors are {@link ControlError}s. */
export class RunningWeir {
  private readonly put: Ask;

  /** `put`: the way to it. */
  constructor(put: Ask) {
    this.put = put;
  }

  /** Asks over the sockets of a folder: that of the API, without one that of the supervisor. */
  static at(folder: string): RunningWeir {
    return new RunningWeir((question) => askOnMachine(folder, question));
  }

  /** The value of the answer to any question, whose shape is the caller's to check. */
  answer(question: Question): Promise<unknown> {
    return this.put(question);
  }

  /** How it is. */
  status(): Promise<SystemStatus> {
    return this.ask({ ask: 'status' }, isSystemStatus);
  }

  /** Flows of its history, the newest first; `limit` is 1 to 10,000. */
  flows(selection: Selection, limit: number): Promise<readonly FlowAnswer[]> {
    return this.ask({ ask: 'flows', selection, limit }, list(flow));
  }

  /** Flows of its history, page by page; see `Store.flowPage`. */
  flowPage(selection: Selection, page: PageWish): Promise<Page<FlowAnswer>> {
    return this.ask({ ask: 'flow-page', selection, page }, pageOf(flow));
  }

  /** Whole records of its history, page by page; see `Store.recordPage`. */
  recordPage(
    types: readonly string[] | undefined,
    selection: Selection,
    page: PageWish,
  ): Promise<Page<EveRecord>> {
    return this.ask(
      { ask: 'record-page', ...(types === undefined ? {} : { types }), selection, page },
      pageOf(record),
    );
  }

  /** Values of a field in its history; see `Store.values`. */
  values(field: string, prefix: string, selection: Selection, limit: number): Promise<readonly FieldValue[]> {
    return this.ask({ ask: 'values', field, prefix, selection, limit }, list(fieldValue));
  }

  /** Flows that are open, those that carry the most at the moment first; `limit` is 0 to 10,000. */
  open(selection: Selection, limit: number): Promise<OpenFlowList> {
    return this.ask({ ask: 'open', selection, limit }, isOpenFlowList);
  }

  /** The most of its history; `limit` is 1 to 10,000. */
  top(
    subject: Subject,
    selection: Selection,
    { by = 'bytes', limit = 10 }: { readonly by?: 'bytes' | 'flows'; readonly limit?: number },
  ): Promise<TopList> {
    return this.ask({ ask: 'top', subject, selection, by, limit }, topList);
  }

  /** Traffic of its history by interval; in all, or by protocol or application. */
  series(
    intervalSeconds: number,
    selection: Selection,
    by?: 'protocol' | 'application',
  ): Promise<readonly SeriesPoint[]> {
    return this.ask(
      { ask: 'series', intervalSeconds, selection, ...(by === undefined ? {} : { by }) },
      list(point),
    );
  }

  /** Its view of the local network; `top`: the most entries of each client's lists, undefined: all. */
  lan(top?: number): Promise<LanPicture> {
    return this.ask(top === undefined ? { ask: 'lan' } : { ask: 'lan', top }, isLanPicture);
  }

  /** Its last web requests, the newest first; `limit` is 1 to 10,000. */
  requests(selection: RequestSelection, limit: number): Promise<readonly BufferEntry[]> {
    return this.ask({ ask: 'requests', selection, limit }, list(isBufferEntry));
  }

  /** One of them; undefined where it is not kept. `raw` shows its secrets. */
  async request(reference: string, raw = false): Promise<BufferEntry | undefined> {
    const entry = await this.ask({ ask: 'request', reference, raw }, orNothing(isBufferEntry));
    return entry ?? undefined;
  }

  /** What an address, or a network, did in the last seconds. */
  behaviour(address: string, seconds: number): Promise<AddressContext> {
    return this.ask({ ask: 'behaviour', address, seconds }, isAddressContext);
  }

  /** How its buffer of requests is. */
  buffer(): Promise<BufferFigures> {
    return this.ask({ ask: 'buffer' }, isBufferFigures);
  }

  /** Removes its stored requests: all, or those of an address or a network. */
  erase(address?: string): Promise<Erased> {
    return this.ask(address === undefined ? { ask: 'erase' } : { ask: 'erase', address }, isErased);
  }

  /** Which rules web requests are judged by. */
  rules(): Promise<RulesInForce> {
    return this.ask({ ask: 'rules' }, isRulesInForce);
  }

  /** Judges stored requests with other rules: what would change. */
  rejudge(selection: RequestSelection, rules: RuleChoice): Promise<RejudgeReport> {
    return this.ask({ ask: 'rejudge', selection, rules }, isRejudgeReport);
  }

  /** Sends stored requests to a sandbox. */
  resend(selection: RequestSelection, origin: string): Promise<ResendReport> {
    return this.ask({ ask: 'resend', selection, origin }, isResendReport);
  }

  /** Decisions that are in force, the newest first; about an address or a network, or all. */
  decisions(value: string, limit: number, filter: DecisionFilter = {}): Promise<DecisionList> {
    return this.ask({ ask: 'decisions', value, limit, filter }, isDecisionList);
  }

  /** Takes a decision; `force`: against guards that only programs must obey. */
  ban(wish: DecisionWish, force: boolean): Promise<DecisionOutcome> {
    return this.ask({ ask: 'ban', wish, force }, isDecisionOutcome);
  }

  /** Lifts decisions: one by its identifier, or all about an address, a network or a session. */
  unban(value: string, author: string): Promise<Lifted> {
    return this.ask({ ask: 'unban', value, author }, isLifted);
  }

  /** Takes back what was done last. */
  undo(author: string): Promise<Lifted> {
    return this.ask({ ask: 'undo', author }, isLifted);
  }

  /** What enforcing a decision would do, or what enforces those that are there. */
  plan(wish: DecisionWish | undefined): Promise<ResponsePlan> {
    return this.ask(wish === undefined ? { ask: 'plan' } : { ask: 'plan', wish }, isResponsePlan);
  }

  /** Addresses, networks and JA4s by their reputation, the worst first. */
  threats(limit: number, minimalScore: number): Promise<ThreatList> {
    return this.ask({ ask: 'threats', limit, minimalScore }, isThreatList);
  }

  /** All that is known of an address. */
  context(address: string, limit: number): Promise<ContextAnswer> {
    return this.ask({ ask: 'context', address, limit }, isContextAnswer);
  }

  /** A reputation, each point explained. */
  reputation(subject: string): Promise<ReputationAnswer> {
    return this.ask({ ask: 'reputation', subject }, isReputationAnswer);
  }

  /** Correlations, the newest first; `after`: only those behind this one, by its `correlationKey`. */
  correlations(selection: CorrelationSelection, limit: number, after?: string): Promise<CorrelationAnswer> {
    const place = after === undefined ? {} : { after };
    return this.ask({ ask: 'correlations', selection, limit, ...place }, isCorrelationAnswer);
  }

  /** How many correlations there are. */
  correlationStatistics(): Promise<CorrelationFigures> {
    return this.ask({ ask: 'correlation-statistics' }, isCorrelationStatistics);
  }

  /** Incidents, the latest first; empty: of all addresses. */
  incidents(address: string, limit: number, filter: IncidentFilter = {}): Promise<readonly Incident[]> {
    return this.ask({ ask: 'incidents', address, limit, filter }, isIncidents);
  }

  /** Says that a correlation was false, or true. */
  mark(id: string, as: 'false' | 'true', author: string, note: string): Promise<Changed> {
    return this.ask({ ask: 'mark', id, as, author, note }, isChanged);
  }

  /** What does not count. */
  exceptions(): Promise<readonly ExceptionUse[]> {
    return this.ask({ ask: 'exceptions' }, isExceptions);
  }

  /** What weir proposes to change. */
  proposals(): Promise<readonly NamedProposal[]> {
    return this.ask({ ask: 'proposals' }, isProposals);
  }

  /** Adds an exception. */
  except(exception: ExceptionWish): Promise<Changed> {
    return this.ask({ ask: 'except', exception }, isChanged);
  }

  /** Removes one. */
  unexcept(id: string, author: string): Promise<Changed> {
    return this.ask({ ask: 'unexcept', id, author }, isChanged);
  }

  /** Takes up a proposal; with `preview` only what would have been different. */
  accept(id: string, author: string, preview: boolean): Promise<Changed> {
    return this.ask({ ask: 'accept', id, author, preview }, isChanged);
  }

  /** Forgets what speaks against an address. */
  reset(address: string, author: string): Promise<Changed> {
    return this.ask({ ask: 'reset', address, author }, isChanged);
  }

  /** Says something against an address; no correlation where that is excepted. */
  correlate(word: CorrelationWord): Promise<CorrelationAnswer> {
    return this.ask({ ask: 'correlate', word }, isCorrelationAnswer);
  }

  /** Has all reputations fade, as in an hour with a decay of so many points (0 to 50). */
  fade(points: number): Promise<Changed> {
    return this.ask({ ask: 'fade', points }, isChanged);
  }

  /** The scenarios that run, and how often each ran over. */
  scenarios(): Promise<ScenarioList> {
    return this.ask({ ask: 'scenarios' }, isScenarioList);
  }

  /** One of them with its text. */
  scenario(name: string): Promise<ScenarioText> {
    return this.ask({ ask: 'scenario', name }, isScenarioText);
  }

  /** What reputations and bans by them go by at present. */
  tuning(): Promise<Tuning> {
    return this.ask({ ask: 'tuning' }, isTuning);
  }

  /** Its configuration as it stands. */
  configuration(): Promise<ConfigurationText> {
    return this.ask({ ask: 'configuration' }, isConfigurationText);
  }

  /** Gives it another one; with `dry` only what that would change. `basis`: digest of the text it was made from. */
  configure(change: {
    readonly text: string;
    readonly author: string;
    readonly note: string;
    readonly basis: string;
    readonly dry: boolean;
  }): Promise<ConfigurationChange> {
    return this.ask({ ask: 'configure', ...change }, isConfigurationChange);
  }

  /** Earlier texts of its configuration, the newest first. */
  versions(): Promise<readonly ConfigurationVersion[]> {
    return this.ask({ ask: 'versions' }, isVersionList);
  }

  /** One of them. */
  version(version: number): Promise<{ readonly text: string }> {
    return this.ask({ ask: 'version', version }, isVersionText);
  }

  /** What is mirrored. */
  mirror(): Promise<MirrorOutcome> {
    return this.ask({ ask: 'mirror' }, isMirrorOutcome);
  }

  /** Mirrors an interface; empty: that of the default route. */
  startMirror(source: string): Promise<MirrorOutcome> {
    return this.ask({ ask: 'mirror-start', source }, isMirrorOutcome);
  }

  /** Ends a mirror; empty: all. */
  stopMirror(source: string): Promise<MirrorOutcome> {
    return this.ask({ ask: 'mirror-stop', source }, isMirrorOutcome);
  }

  private async ask<T>(question: Question, shape: Shape<T>): Promise<T> {
    const value = await this.put(question);
    if (shape(value)) return value;
    throw new ControlError(
      'the answer of the running weir has another form than this weir knows: is another version running?',
    );
  }
}

const flow = fields<FlowAnswer>(FLOW_FIELDS);

/** Its time and its type tell a record from anything else. */
const record = fields<Pick<EveRecord, 'timestamp' | 'event_type'>>({
  timestamp: text,
  event_type: text,
}) as Shape<unknown> as Shape<EveRecord>;

const fieldValue = fields<FieldValue>({ value: text, count: number });

const position = fields<Position>({ timeUs: number, tie: text, skip: number });

function pageOf<T>(row: Shape<T>): Shape<Page<T>> {
  return fields<{ rows: readonly T[]; next: Position | undefined }>({
    rows: list(row),
    next: maybe(position),
  }) as Shape<unknown> as Shape<Page<T>>;
}

const topList = fields<TopList>({
  rows: list(
    fields<TopAnswer>({
      key: text,
      name: text,
      bytesToServer: number,
      bytesToClient: number,
      packets: number,
      flows: number,
      clients: number,
      firstUs: number,
      lastUs: number,
    }),
  ),
  totalBytes: number,
  totalFlows: number,
});

const point = fields<SeriesPoint>({
  timeUs: number,
  key: text,
  bytes: number,
  packets: number,
  flows: number,
});

function orNothing<T>(shape: Shape<T>): Shape<T | null> {
  return (value): value is T | null => value === null || shape(value);
}
