import type {
  AddressContext,
  BufferCopy,
  BufferEntry,
  RejudgeReport,
  ResendReport,
} from '../mitm/buffer/index.ts';
import { fields, flag, list, maybe, number, type Shape, text, word } from './shape.ts';

export type { AddressContext, BufferEntry, RejudgeReport, ResendReport };

/** How buffer B is. */
export type BufferFigures = Awaited<ReturnType<BufferCopy['statistics']>>;

/** The rules that requests are judged by, as the configuration names them. */
export interface RulesInForce {
  readonly enabled: boolean;
  /** `detection`: nothing is blocked. */
  readonly mode: 'on' | 'detection';
  readonly paranoia: number;
  /** Answers are judged, too. */
  readonly responses: boolean;
  /** Folder of the Core Rule Set; empty: Debian's, where no files are named. */
  readonly crs: string;
  readonly files: readonly string[];
}

/** See {@link RulesInForce}. */
export const isRulesInForce = fields<RulesInForce>({
  enabled: flag,
  mode: word('on', 'detection'),
  paranoia: number,
  responses: flag,
  crs: text,
  files: list(text),
});

const anything: Shape<unknown> = (value): value is unknown => value !== undefined;
const count = fields<{ name: string; count: number }>({ name: text, count: number });
const endpoint = fields<BufferEntry['client']>({ address: text, port: number });
const pair = (value: unknown): value is readonly [string, string] =>
  Array.isArray(value) && value.length === 2 && value.every(text);

/** What is shown of these is checked; the rest is passed on in JSON. */
export const isBufferEntry = fields<
  Pick<
    BufferEntry,
    | 'reference'
    | 'timeUs'
    | 'client'
    | 'server'
    | 'method'
    | 'host'
    | 'path'
    | 'query'
    | 'headers'
    | 'userAgent'
    | 'action'
    | 'reason'
    | 'blocked'
    | 'ruleIds'
    | 'analysed'
    | 'score'
    | 'categories'
    | 'findings'
    | 'body'
    | 'response'
  >
>({
  reference: text,
  timeUs: number,
  client: endpoint,
  server: endpoint,
  method: text,
  host: text,
  path: text,
  query: list(pair),
  headers: list(pair),
  userAgent: text,
  action: text as Shape<BufferEntry['action']>,
  reason: text,
  blocked: flag,
  ruleIds: list(number),
  analysed: flag,
  score: number,
  categories: list(text),
  findings: list(
    fields<BufferEntry['findings'][number]>({
      kind: text as Shape<BufferEntry['findings'][number]['kind']>,
      category: text,
      score: number,
      reason: text,
      ruleIds: list(number),
    }),
  ),
  body: fields<BufferEntry['body']>({ preview: text, hash: text, hashedBytes: number, bytes: number }),
  response: maybe(
    fields<NonNullable<BufferEntry['response']>>({
      status: number,
      bytes: number,
      type: text,
      latencyMs: number,
    }),
  ),
}) as Shape<unknown> as Shape<BufferEntry>;

/** What an address did. */
export const isAddressContext = fields<
  Pick<
    AddressContext,
    | 'address'
    | 'requests'
    | 'blocked'
    | 'highestScore'
    | 'hosts'
    | 'paths'
    | 'statuses'
    | 'categories'
    | 'userAgents'
    | 'sessionCount'
    | 'firstUs'
    | 'lastUs'
  >
>({
  address: text,
  requests: number,
  blocked: number,
  highestScore: number,
  hosts: list(count),
  paths: list(count),
  statuses: list(count),
  categories: list(count),
  userAgents: list(count),
  sessionCount: number,
  firstUs: number,
  lastUs: number,
}) as Shape<unknown> as Shape<AddressContext>;

/** How buffer B is. */
export const isBufferFigures = fields<{ copy: unknown; reader: unknown }>({
  copy: fields<Pick<BufferFigures['copy'], 'taken' | 'stored' | 'dropped' | 'pending' | 'lagMs'>>({
    taken: number,
    stored: number,
    dropped: number,
    pending: number,
    lagMs: number,
  }),
  reader: fields<
    Pick<
      BufferFigures['reader'],
      | 'stored'
      | 'analysed'
      | 'threats'
      | 'blocked'
      | 'categories'
      | 'topHosts'
      | 'topClients'
      | 'oldestUs'
      | 'newestUs'
    > & { ring: unknown }
  >({
    ring: anything,
    stored: number,
    analysed: number,
    threats: number,
    blocked: number,
    categories: list(count),
    topHosts: list(count),
    topClients: list(count),
    oldestUs: number,
    newestUs: number,
  }),
}) as Shape<unknown> as Shape<BufferFigures>;

/** What was removed, and whether what it was sealed with is gone too. */
export interface Erased {
  readonly entries: number;
  readonly isKeyReplaced: boolean;
}

/** See {@link Erased}. */
export const isErased = fields<Erased>({ entries: number, isKeyReplaced: flag });

const change = fields<
  Pick<
    RejudgeReport['newlyDenied'][number],
    'reference' | 'method' | 'host' | 'path' | 'before' | 'after' | 'ruleId' | 'client'
  >
>({
  reference: text,
  method: text,
  host: text,
  path: text,
  client: text,
  before: list(number),
  after: list(number),
  ruleId: number,
});

/** What would change with other rules. */
export const isRejudgeReport = fields<
  Pick<
    RejudgeReport,
    'judged' | 'left' | 'deniedBefore' | 'deniedAfter' | 'newlyDeniedCount' | 'noLongerDeniedCount' | 'tookMs'
  > & {
    newlyDenied: unknown;
    noLongerDenied: unknown;
  }
>({
  judged: number,
  left: number,
  deniedBefore: number,
  deniedAfter: number,
  newlyDenied: list(change),
  newlyDeniedCount: number,
  noLongerDenied: list(change),
  noLongerDeniedCount: number,
  tookMs: number,
}) as Shape<unknown> as Shape<RejudgeReport>;

/** What a sandbox answered. */
export const isResendReport = fields<
  Pick<
    ResendReport,
    'sent' | 'answered' | 'failed' | 'otherStatus' | 'otherLength' | 'skipped' | 'left' | 'tookMs'
  >
>({
  sent: number,
  answered: number,
  failed: number,
  otherStatus: number,
  otherLength: number,
  skipped: number,
  left: number,
  tookMs: number,
}) as Shape<unknown> as Shape<ResendReport>;
