import { compileFilter, FilterError } from '../tap/capture/filter/index.ts';
import { type CaptureOptions, openCaptures } from '../tap/capture/index.ts';
import { Engine } from '../tap/engine.ts';
import { DEFAULT_TIMEOUTS } from '../tap/flow/timeouts.ts';
import { http1With } from '../tap/protocol/http1/index.ts';
import { PROTOCOLS } from '../tap/protocol/registry.ts';
import { Sensor } from '../tap/sensor.ts';
import { type DecodedExchange, ExchangeCollector } from './conversation-exchanges.ts';
import {
  type ConversationFlow,
  type ConversationWish,
  type Segment,
  SegmentCollector,
} from './conversation-segments.ts';
import { BodyKeeper } from './kept-bodies.ts';
import { UsageError } from './usage.ts';

/** A part of a conversation, as JSON. */
export interface ConversationPart {
  readonly flow: ConversationFlow;
  /** Bytes of what was asked for, of all parts. */
  readonly total: number;
  readonly segments: readonly Segment[];
  /** Offset of the next part. */
  readonly next?: number;
  /** HTTP/1, decoded; empty for all else. */
  readonly exchanges: readonly DecodedExchange[];
  /** Index of the first exchange that there was no room for. */
  readonly nextExchange?: number;
}

/** What is read, and what of it. */
export interface ConversationQuestion extends ConversationWish {
  readonly captures: readonly string[];
  /** Packets outside of this time, or that do not match, are not looked at. */
  readonly sinceUs?: number;
  readonly untilUs?: number;
  readonly filter?: string;
  /** Index of the first exchange that is wanted. */
  readonly firstExchange: number;
}

/** Bytes that are kept of a body, and that a content encoding may make of it. */
const MOST_BODY = 64 << 10;
/** Few match where a filter was given. */
const FLOWS = 1 << 18;
const LIMITS = { bodyBytes: MOST_BODY, headerBytes: 64 << 10, pendingTransactions: 256 };
const REASSEMBLY = { policy: 'bsd', streamBytes: 4 << 20, totalBytes: 32 << 20 } as const;

/** Reads captures once for a part of one conversation; undefined where they do not have the flow. */
export async function readConversation(
  question: ConversationQuestion,
  onFinding: NonNullable<CaptureOptions['onFinding']>,
): Promise<ConversationPart | undefined> {
  const { captures, sinceUs, untilUs, flow, firstExchange } = question;
  const keeper = new BodyKeeper(MOST_BODY);
  const decoded = new ExchangeCollector(flow, firstExchange, keeper);
  const collected: SegmentCollector[] = [];
  const engine = new Engine({
    protocols: PROTOCOLS.map((one) => (one.name === 'http' ? http1With({ headers: true }) : one)),
    sink: decoded,
    files: keeper,
    maxFlows: FLOWS,
    seed: 0,
    communitySeed: 0,
    reassembly: REASSEMBLY,
    limits: LIMITS,
    timeouts: DEFAULT_TIMEOUTS,
    midstream: true,
    inspect: true,
    ignoreChecksums: false,
    reinspectSeconds: 0,
    payload: (tables) => {
      const collector = new SegmentCollector(tables, question);
      collected.push(collector);
      return collector;
    },
  });
  const sensor = new Sensor(engine, { decoder: {}, filter: filterOf(question.filter) });
  const sequence = await openCaptures(captures, {
    onFinding,
    ...(sinceUs === undefined ? {} : { sinceUs }),
    ...(untilUs === undefined ? {} : { untilUs }),
  });
  const [segments] = collected;
  try {
    for await (const batch of sequence.batches()) {
      sensor.batch(batch);
      if (segments?.isDone === true) break;
    }
    sensor.end();
  } finally {
    sequence.close();
  }
  if (segments?.flow === undefined) return undefined;
  const { next, total } = segments;
  return {
    flow: segments.flow,
    total,
    segments: segments.segments(),
    ...(next === undefined ? {} : { next }),
    exchanges: decoded.exchanges,
    ...(decoded.next === undefined ? {} : { nextExchange: decoded.next }),
  };
}

function filterOf(expression: string | undefined) {
  if (expression === undefined) return undefined;
  try {
    return compileFilter(expression);
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(`--filter: ${error.message}`);
    throw error;
  }
}
