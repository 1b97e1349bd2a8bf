import type { Checksums } from './checksum.ts';
import type { FragmentTable } from './fragments.ts';
import type { Packet } from './packet.ts';

/**
 * What one layer's decoder needs of the rest: the packet that is being filled, the decoders of the layers that may
 * come next, and the ways to report. All positions index `packet.bytes`; `end` is where the captured bytes end.
 * Every decoder returns when it is done or cannot go on; nothing throws.
 */
export interface Layers {
  readonly packet: Packet;
  /** By `COUNTER`. */
  readonly counts: Float64Array;
  readonly fragments: FragmentTable;
  readonly checksums: Checksums;
  /** Kind of tunnel by UDP port, 0 where there is none. */
  readonly tunnelPorts: Uint8Array;

  /** Notes an event (number from events.ts) of the present layer. */
  event(event: number): void;
  /** One header more. False when the frame holds more than is allowed: the decoder must return. */
  nested(): boolean;
  /** Gives the present layer to the sink. */
  handOut(): void;
  /**
   * Gives the present layer to the sink as the carrier of a tunnel and goes into the tunnel. False when that would
   * be too deep: the layer was given out as an ordinary one, the decoder must return.
   * `id` is the tunnel's key for the record; `key` is what tells its flows from those of others (0: nothing).
   * The carried packet starts at `start` and was `length` bytes long on the wire.
   */
  enter(kind: string, id: number, key: number, start: number, length: number): boolean;
  /** Gives out what is left to report of the frame, as a layer that is not IP. */
  flush(): void;
  /** Remembers how deep in the frame the decoder is, to come back for the next of several packets in it. */
  mark(): Mark;
  back(mark: Mark): void;
  /** Decodes the datagram that the fragment table has just put together. */
  reassembled(): void;

  ethernet(start: number, end: number): void;
  etherType(type: number, start: number, end: number): void;
  ipv4(start: number, end: number): void;
  ipv6(start: number, end: number): void;
  /** IPv4 or IPv6 by the version in the first byte. */
  network(start: number, end: number): void;
  ppp(start: number, end: number): void;
  wlan(start: number, end: number): void;
  /** A frame of the given link type. */
  link(linkType: number, start: number, end: number): void;
}

/** A place in a frame. */
export interface Mark {
  readonly depth: number;
  readonly headers: number;
  readonly vlans: number;
  readonly tunnelId: number;
  readonly layerStart: number;
  readonly layerLength: number;
}
