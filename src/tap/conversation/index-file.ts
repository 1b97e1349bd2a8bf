import { resolve } from 'node:path';
import type { PayloadMap } from '../flow/payload-map.ts';
import type { FlowView } from '../flow/view.ts';

/**
 * The index that `weir read --index` writes and `weir cat` reads: JSON lines, one for each flow with the packed map
 * of its payload in base64, and one for each file of the capture sequence.
 */
export interface IndexedFlow {
  readonly id: number;
  readonly community_id: string;
  readonly proto: number;
  readonly src: string;
  readonly sport: number;
  readonly dst: string;
  readonly dport: number;
  /** Microseconds since 1970. */
  readonly start: number;
  readonly app: string;
  readonly map: string;
}

export interface IndexedFile {
  readonly file: number;
  readonly path: string;
}

/** The line of a flow. */
export function indexFlowLine(flow: FlowView, map: PayloadMap): string {
  const entry: IndexedFlow = {
    id: flow.id,
    community_id: flow.communityId,
    proto: flow.protocol,
    src: flow.clientAddress,
    sport: flow.clientPort,
    dst: flow.serverAddress,
    dport: flow.serverPort,
    start: flow.startUs,
    app: flow.appProto ?? '',
    map: Buffer.from(map.packed()).toString('base64'),
  };
  return `${JSON.stringify(entry)}\n`;
}

/** The line of a capture. */
export function indexFileLine(number: number, path: string): string {
  const entry: IndexedFile = { file: number, path: path === '-' ? path : resolve(path) };
  return `${JSON.stringify(entry)}\n`;
}
