import { ControlError, type OpenFlowList } from '../../control/index.ts';
import { parseAddress } from '../../net/index.ts';
import type { FlowAnswer, Selection } from '../../store/index.ts';
import type { Backend } from '../backend.ts';
import { Problem } from '../problem.ts';

/** A flow id of weir, or a community id of version 1. */
export const FLOW_NAME = '^(?:\\d{1,16}|1:[A-Za-z0-9+/]{27}=)$';

/** A flow, and where its packets are to be looked for. */
export interface FlowPackets {
  readonly flow: FlowAnswer;
  readonly isOpen: boolean;
  /** Microseconds since 1970; both ends included. */
  readonly sinceUs: number;
  readonly untilUs: number | undefined;
  /** A pcap-filter expression. */
  readonly filter: string;
}

/** The latest flow of this name, of the history or open. Throws a {@link Problem}. */
export async function findFlow({ weir }: Backend, name: string): Promise<FlowPackets> {
  const selection: Selection = name.includes(':') ? { communityId: name } : { flowId: Number(name) };
  let off: ControlError | undefined;
  try {
    const { rows } = await weir.flowPage(selection, { limit: 1, order: 'newest' });
    const [flow] = rows;
    if (flow !== undefined) {
      const { timeUs, durationUs = 0 } = flow;
      return { flow, isOpen: false, sinceUs: timeUs - durationUs, untilUs: timeUs, filter: filterOf(flow) };
    }
  } catch (error) {
    if (!(error instanceof ControlError && error.code === 'off')) throw error;
    off = error;
  }
  const { flows }: OpenFlowList = await weir.open(selection, 1);
  const [open] = flows;
  if (open !== undefined) {
    const { startUs, bitsPerSecond: _, ...flow } = open;
    return { flow, isOpen: true, sinceUs: startUs, untilUs: undefined, filter: filterOf(flow) };
  }
  if (off !== undefined) throw off;
  throw new Problem(
    404,
    'There is no such thing',
    `no flow ${name} is kept: GET /api/v1/flows lists those that are`,
  );
}

const PORTS: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp']);

/**
 * Both directions of a flow, also behind VLAN tags. Its fragments are those of all flows between the two addresses, for
 * only the first of a packet has ports.
 */
export function filterOf(
  flow: Pick<FlowAnswer, 'source' | 'sourcePort' | 'destination' | 'destinationPort' | 'transport'>,
): string {
  const { sourcePort, destinationPort } = flow;
  const source = addressOf(flow.source);
  const destination = addressOf(flow.destination);
  const hosts = `host ${source} and host ${destination}`;
  const transport = flow.transport.toLowerCase();
  let filter: string;
  if (PORTS.has(transport) && sourcePort !== undefined && destinationPort !== undefined) {
    const there = `src host ${source} and src port ${sourcePort} and dst host ${destination} and dst port ${destinationPort}`;
    const back = `src host ${destination} and src port ${destinationPort} and dst host ${source} and dst port ${sourcePort}`;
    const fragments = source.includes(':')
      ? `ip6[6] = 44 and ${hosts}`
      : `ip proto \\${transport} and ip[6:2] & 0x1fff != 0 and ${hosts}`;
    filter = `(${transport} and ((${there}) or (${back}))) or (${fragments})`;
  } else {
    const family =
      transport === 'icmp'
        ? 'icmp'
        : transport.endsWith('icmp')
          ? 'icmp6'
          : source.includes(':')
            ? 'ip6'
            : 'ip';
    filter = `${family} and ${hosts}`;
  }
  // What stands behind the word vlan looks behind a tag: the second time behind two.
  return `(${filter}) or (vlan and ((${filter}) or (vlan and (${filter}))))`;
}

function addressOf(text: string): string {
  if (parseAddress(text) === undefined) throw new Problem(409, 'No packets', 'the flow has no addresses');
  return text;
}
