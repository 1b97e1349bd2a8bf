import { type BufferEntry, ControlError, type OpenFlow, type RunningWeir } from '../control/index.ts';
import { timeOf } from '../event/index.ts';
import type { EveRecord, FlowAnswer, Selection } from '../store/index.ts';
import { Problem } from './problem.ts';

/** The story of a conversation; see `ConversationSchema`. */
export interface Conversation {
  readonly communityId: string;
  readonly flows: readonly FlowAnswer[];
  readonly open: readonly OpenFlow[];
  readonly records: readonly EveRecord[];
  readonly requests: readonly BufferEntry[];
  readonly isCutOff: boolean;
}

const MOST_FLOWS = 50;
const MOST_RECORDS = 1000;
const MOST_REQUESTS = 20;
const MOST_OPEN = 10;
/** What belongs to a flow can be told so much before its first packet was, and after its last. */
const BEFORE_US = 5e6;
const AFTER_US = 120e6;

/** All that is known of a conversation, by its community id or its flow's number. Throws a {@link Problem}. */
export async function conversationOf(weir: RunningWeir, id: string): Promise<Conversation> {
  const selection: Selection = id.includes(':') ? { communityId: id } : { flowId: Number(id) };
  const [ended, open] = await Promise.all([
    weir.flowPage(selection, { limit: MOST_FLOWS, order: 'newest' }),
    unlessOff(() => weir.open(selection, MOST_OPEN)),
  ]);
  // Numbers of flows begin anew with each run: it is the latest flow of this number that is meant.
  const flows = selection.flowId === undefined ? ended.rows : ended.rows.slice(0, 1);
  const communityId = selection.communityId ?? open?.flows[0]?.communityId ?? flows[0]?.communityId ?? '';
  const part = { ...(communityId === '' ? selection : { communityId }), ...spanOf(flows, open?.flows ?? []) };
  const wish = { limit: MOST_RECORDS, order: 'oldest' } as const;
  const [wholeFlows, others] = [
    await weir.recordPage(['flow'], part, { limit: MOST_FLOWS, order: 'newest' }),
    await weir.recordPage(undefined, part, wish),
  ];
  if (flows.length + others.rows.length + (open?.matching ?? 0) === 0) {
    throw new Problem(
      404,
      'There is no such thing',
      `nothing is known of a flow ${id}: it may be too long ago`,
    );
  }
  const references = referencesOf(others.rows);
  const requests = await unlessOff(async () => {
    const found: BufferEntry[] = [];
    for (const reference of references.slice(0, MOST_REQUESTS)) {
      const entry = await weir.request(reference);
      if (entry !== undefined) found.push(entry);
    }
    return found;
  });
  return {
    communityId,
    flows,
    open: open?.flows ?? [],
    records: [...others.rows, ...wholeFlows.rows].sort(
      (a, b) => (timeOf(a.timestamp) ?? 0) - (timeOf(b.timestamp) ?? 0),
    ),
    requests: requests ?? [],
    isCutOff: others.next !== undefined || ended.next !== undefined || references.length > MOST_REQUESTS,
  };
}

/** From the first packet to the last of these flows, and to the end of time where one of them is open. */
function spanOf(flows: readonly FlowAnswer[], open: readonly OpenFlow[]): Selection {
  const starts = [
    ...flows.map(({ timeUs, durationUs = 0 }) => timeUs - durationUs),
    ...open.map(({ startUs }) => startUs),
  ];
  if (starts.length === 0) return {};
  const sinceUs = Math.max(0, Math.min(...starts) - BEFORE_US);
  if (open.length > 0) return { sinceUs };
  return { sinceUs, untilUs: Math.max(...flows.map(({ timeUs }) => timeUs)) + AFTER_US };
}

/** The references of web requests that records name. */
function referencesOf(records: readonly EveRecord[]): readonly string[] {
  const references = records.flatMap(({ web, waf }) =>
    [web, waf].flatMap((part) =>
      typeof part === 'object' && part !== null && 'reference' in part && typeof part.reference === 'string'
        ? [part.reference]
        : [],
    ),
  );
  return [...new Set(references)];
}

/** What is switched off has nothing to tell. */
async function unlessOff<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ControlError && error.code === 'off') return undefined;
    throw error;
  }
}
