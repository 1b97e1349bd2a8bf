import type { PackedFlows } from './packed-flow.ts';

/** A flow as the outputs see it. Read while the call lasts: the object behind it is reused. */
export interface FlowRecord {
  /** Identity within the run, below 2^53; and Zeek's form of it. */
  readonly id: number;
  readonly uid: string;
  /** IP version (0 where the flow is not IP) and protocol number. */
  readonly version: number;
  readonly protocol: number;
  readonly clientAddress: string;
  readonly serverAddress: string;
  /** Ports; for ICMP the type and the code, or the answer's type. */
  readonly clientPort: number;
  readonly serverPort: number;
  /** Community id, version 1. */
  readonly communityId: string;
  /** First and last packet, microseconds since 1970. */
  readonly startUs: number;
  readonly lastUs: number;
  /** Duration in Zeek's sense: without packets that trail behind the end. */
  readonly durationUs: number;
  /** By direction, to server and to client: packets, bytes of frames, bytes of IP datagrams, bytes of payload. */
  readonly packets: readonly [number, number];
  readonly bytes: readonly [number, number];
  readonly ipBytes: readonly [number, number];
  readonly payload: readonly [number, number];
  readonly state: 'new' | 'established' | 'closed' | 'bypassed';
  readonly reason: 'timeout' | 'shutdown' | 'forced' | 'tcp_reuse';
  /** Present for TCP. */
  readonly tcp: TcpRecord | undefined;
  readonly connState: string;
  readonly history: string;
  /** Bytes that are missing from the capture. */
  readonly missedBytes: number;
  /** Zeek's names of what was confirmed to be spoken, in order. */
  readonly services: readonly string[];
  /** Suricata's name of the application protocol: `failed` when detection gave up, undefined when nothing was tried. */
  readonly appProto: string | undefined;
  /** As detected for each direction, and before a change, where they differ from it. */
  readonly appProtoToServer: string | undefined;
  readonly appProtoToClient: string | undefined;
  readonly appProtoOriginal: string | undefined;
  readonly app: ApplicationRecord;
  readonly vlan: readonly number[];
  /** The tunnels around the flow, the outermost first. */
  readonly tunnels: readonly TunnelRecord[];
  /** MAC addresses of the first packet and those that came up later; undefined where the link has none. */
  readonly macs:
    | {
        readonly source: string;
        readonly destination: string;
        readonly further?:
          | { readonly source: readonly string[]; readonly destination: readonly string[] }
          | undefined;
      }
    | undefined;
  /** By direction: lowest and highest TTL. */
  readonly ttl: readonly [min0: number, max0: number, min1: number, max1: number];
  /** ICMP type and code of each direction's first packet; undefined for other protocols or no answer. */
  readonly icmp: { type: number; code: number; responseType?: number; responseCode?: number } | undefined;
  readonly midstream: boolean;
  /** TCP: a side's beginning was not seen, in Zeek's sense (a SYN that was missed alone does not count). */
  readonly partial: boolean;
  readonly transactions: number;
  /** Packets of the flow were cut by the capture's length limit. */
  readonly truncated: boolean;
  /** Number of the flow's first packet in the capture sequence. */
  readonly firstPacket: number;
  /** Writes the flow, or what the records of its packets say of it, to `to` from word `at` (an even number) on. */
  pack(to: PackedFlows, at: number): void;
  packHead(to: PackedFlows, at: number): void;
}

/** TCP's part of a flow. */
export interface TcpRecord {
  readonly flags: number;
  readonly flagsToServer: number;
  readonly flagsToClient: number;
  /** Suricata's name of the session's state. */
  readonly state: string;
  /** Handshake round trips in microseconds, to the server and to the client; undefined when not seen. */
  readonly rttServerUs: number | undefined;
  readonly rttClientUs: number | undefined;
  /** By direction. */
  readonly retransmissions: readonly [number, number];
  readonly outOfOrder: readonly [number, number];
  readonly zeroWindows: readonly [number, number];
  readonly gaps: readonly [number, number];
  readonly missed: readonly [number, number];
}

/** What is new of an open flow since it was told before. */
export interface FlowProgress {
  /** By direction, to server and to client. */
  readonly packets: readonly [number, number];
  readonly bytes: readonly [number, number];
  /** Time of the last packet that was told before, or of the flow's first; microseconds since 1970. */
  readonly sinceUs: number;
}

/** What application a flow carries, in nDPI's names. */
export interface ApplicationRecord {
  /** `TLS`, `DNS`, ... or `Unknown`. */
  readonly protocol: string;
  /** `Google`, ...; empty when there is none. */
  readonly application: string;
  readonly category: string;
  /** Which voice decided. */
  readonly confidence: 'parser' | 'host' | 'address' | 'port' | 'signature' | 'ndpi' | 'unknown';
  readonly risks: readonly string[];
  /** Server name as the client gave it, or as DNS answered it. */
  readonly name: string;
}

/** One tunnel around a flow. */
export interface TunnelRecord {
  readonly kind: string;
  readonly id: number;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly protocol: number;
}

/** When and where something was seen. */
export interface Occasion {
  readonly timeUs: number;
  /** Number of the packet in the capture sequence; 0 when it came up at a flow's end. */
  readonly packet: number;
  /** 0: source is the client; 1: source is the server. */
  readonly direction: 0 | 1;
  /** Index of the transaction in its flow; -1 when it is none. */
  readonly transaction: number;
}

/** Something that should not be in the traffic. */
export interface Anomaly {
  readonly type: 'decode' | 'stream' | 'applayer';
  /** Suricata's name of the event. */
  readonly event: string;
  /** For `applayer`: the protocol and where it was noticed. */
  readonly appProto?: string | undefined;
  readonly layer?: 'proto_parser' | 'proto_detect' | undefined;
}

/** A packet that belongs to no flow. */
export interface LoosePacket {
  /** 4, 6, or 0 where it is not IP: then it has no addresses. */
  readonly version: number;
  readonly etherType: number;
  /** Writes its addresses, ports and protocol as those of a flow's head, its sender being the client. */
  packHead(to: PackedFlows, at: number): void;
}
