import type { Static } from 'typebox';
import { ControlError } from '../../control/index.ts';
import type { EveRecord } from '../../store/index.ts';
import type { Backend } from '../backend.ts';
import { type FlowPackets, findFlow } from '../packets/flow-packets.ts';
import type { PacketReader } from '../packets/packet-reader.ts';
import {
  ConversationPayloadQuery,
  ConversationPayloadSchema,
  type DecodedExchangeSchema,
  type SegmentSchema,
} from '../schema/conversations.ts';
import { ConversationParams } from '../schema/flow.ts';
import type { Api } from '../server.ts';
import { goneOf } from './captures.ts';

const MOST_RECORDS = 200;
/** A record of a flow can be written so long after its last packet. */
const AFTER_US = 120e6;

/** What `weir cat --json` says. */
interface Part {
  readonly flow: {
    readonly clientBytes: number;
    readonly serverBytes: number;
    readonly missingBytes: number;
    readonly packets: number;
    readonly protocol: string;
  };
  readonly total: number;
  readonly segments: readonly Static<typeof SegmentSchema>[];
  readonly next?: number;
  readonly exchanges: readonly Static<typeof DecodedExchangeSchema>[];
  readonly nextExchange?: number;
}

/** What was said in flows. */
export function conversationsRoutes(api: Api, backend: Backend, packets: PacketReader): void {
  api.get(
    '/api/v1/conversations/:id',
    {
      config: { access: 'operator' },
      exposeHeadRoute: false,
      schema: {
        summary: 'The payload of a flow, in the order in which it went, and what could be decoded of it',
        description: 'Read from the packets that are kept: without them the answer is 410.',
        tags: ['captures'],
        params: ConversationParams,
        querystring: ConversationPayloadQuery,
        response: { 200: ConversationPayloadSchema },
      },
    },
    async ({ params: { id }, query: { side, offset, limit, exchange } }, reply) => {
      const found = await findFlow(backend, id);
      const options = [
        `--offset=${offset}`,
        `--limit=${limit}`,
        `--exchange=${exchange}`,
        ...(side === 'both' ? [] : [`--${side}`]),
      ];
      const { flow, isOpen, filter, sinceUs, untilUs } = found;
      const gone = goneOf(reply);
      const read = (wished: string | undefined) =>
        packets.conversation(flow.communityId, options, { filter: wished, sinceUs, untilUs }, gone);
      // A filter does not look into tunnels: only where it finds nothing all packets of the time are looked at.
      const part = ((await read(filter)) ?? (await read(undefined))) as Part | undefined;
      if (part === undefined) throw packets.gone();
      const { flow: figures, ...rest } = part;
      return { flow, isOpen, ...figures, ...rest, records: await recordsOf(backend, found) };
    },
  );
}

/** Without a history there are none. */
async function recordsOf(
  { weir }: Backend,
  { flow, isOpen, sinceUs }: FlowPackets,
): Promise<readonly EveRecord[]> {
  const { flowId, communityId, timeUs } = flow;
  const selection = {
    ...(flowId === undefined ? { communityId } : { flowId }),
    sinceUs,
    ...(isOpen ? {} : { untilUs: timeUs + AFTER_US }),
  };
  try {
    return (await weir.recordPage(undefined, selection, { limit: MOST_RECORDS, order: 'oldest' })).rows;
  } catch (error) {
    if (error instanceof ControlError && error.code === 'off') return [];
    throw error;
  }
}
