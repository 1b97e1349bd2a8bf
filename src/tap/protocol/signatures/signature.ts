import type { Direction, Match } from '../parser.ts';

/**
 * What a signature says of one payload: a protocol parser's answers, and `likely`: it is this protocol, but later
 * payloads may say more of it (which application uses it).
 */
export type Verdict = Match | 'likely';

/** What a signature may know of the flow besides the payload. One object, reused for all flows. */
export interface Talk {
  direction: Direction;
  /** Ports of the flow, client's and server's. */
  client: number;
  server: number;
  /** Payloads of the flow that were shown before this one; over TCP, how often this direction was shown. */
  earlier: number;
  /** Number that a signature wants to find again at the flow's next payload; 0 at the first. */
  memory: number;
  /** How the flow has been named so far. */
  known: Recognition | undefined;
  /** What a signature that decides the application itself leaves here together with its yes. */
  application: string;
  /** Name in nDPI's table of networks of the server's address, or of the client's; empty when it is in none. */
  network(): string;
}

/** Looks at one payload of a flow, over TCP at all bytes since the beginning of a direction. Pure. */
export type Probe = (bytes: Uint8Array, start: number, end: number, talk: Talk) => Verdict;

/** How one protocol is told from all others by its first payload. */
export interface Signature {
  /** nDPI's name, for `app.protocol`. */
  readonly name: string;
  /** nDPI's name of the application where the signature stands for one. */
  readonly application?: string | undefined;
  /** Suricata's name, for `app_proto`; undefined where Suricata has no such protocol. */
  readonly suricata?: string | undefined;
  /** Zeek's name in conn.log's `service`. */
  readonly service?: string | undefined;
  readonly transports: readonly ('tcp' | 'udp')[];
  /** Asked only when one of the flow's ports is among these. */
  readonly ports?: readonly number[] | undefined;
  /** Values of the first byte that are possible, as numbers or as text; undefined: any. */
  readonly first?: readonly number[] | string | undefined;
  /** Bytes that the payload must have. */
  readonly least?: number | undefined;
  /** Payloads in a row that must look like it before the flow is named; one when undefined. */
  readonly payloads?: number | undefined;
  /** Asked only for flows that have been named so, to name them better. */
  readonly follows?: string | undefined;
  readonly probe: Probe;
}

/** Name that a flow gets from a signature. */
export interface Recognition {
  readonly name: string;
  readonly application: string;
  readonly suricata: string | undefined;
  readonly service: string | undefined;
}
