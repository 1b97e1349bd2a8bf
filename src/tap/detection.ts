import type { Direction, Match, PortPair, Protocol } from './protocol/parser.ts';

/** What looking at first bytes came to: a protocol, none of them, or too early to say. */
export type Detection = Protocol | 'none' | 'undecided';

/** Finds which protocol is spoken by the first bytes of a direction. */
export class Detector {
  private readonly tcp: readonly Protocol[];
  private readonly udp: readonly Protocol[];
  private readonly sctp: readonly Protocol[];
  private readonly byName = new Map<string, Protocol>();
  private readonly ports = new Set<number>();

  constructor(protocols: readonly Protocol[]) {
    this.tcp = protocols.filter((p) => p.transports.includes('tcp'));
    this.udp = protocols.filter((p) => p.transports.includes('udp'));
    this.sctp = protocols.filter((p) => p.transports.includes('sctp'));
    for (const protocol of protocols) {
      this.byName.set(protocol.name, protocol);
      for (const port of protocol.ports ?? []) this.ports.add(port);
    }
  }

  /** The protocol of a name, if there is one. */
  named(name: string): Protocol | undefined {
    return this.byName.get(name);
  }

  /** True for a port that a server of one of the protocols usually has. */
  isServerPort(port: number): boolean {
    return this.ports.has(port);
  }

  /**
   * Asks each protocol of the transport. The first yes wins; without one, a protocol that may be it and whose port
   * this is wins once `last` says that no more bytes will be shown.
   */
  detect(
    transport: 'tcp' | 'udp' | 'sctp',
    bytes: Uint8Array,
    start: number,
    end: number,
    direction: Direction,
    port: PortPair,
    last: boolean,
  ): Detection {
    let undecided: Protocol | undefined;
    let perhaps = false;
    for (const protocol of this[transport]) {
      const match: Match = protocol.probe(bytes, start, end, direction, port);
      if (match === 'yes') return protocol;
      if (match === 'no') continue;
      perhaps = true;
      if (undecided === undefined && protocol.ports !== undefined) {
        if (protocol.ports.includes(port.server) || protocol.ports.includes(port.client))
          undecided = protocol;
      }
    }
    if (!perhaps) return 'none';
    if (!last) return 'undecided';
    return undecided ?? 'none';
  }

  /**
   * Which side says these first bytes, by their content alone; undefined when both sides could, or neither. For flows
   * whose beginning was not seen: `source` and `destination` are the ports of the packet.
   */
  sender(
    transport: 'tcp' | 'udp' | 'sctp',
    bytes: Uint8Array,
    start: number,
    end: number,
    source: number,
    destination: number,
  ): Direction | undefined {
    const fromClient = { client: source, server: destination };
    const fromServer = { client: destination, server: source };
    let client = false;
    let server = false;
    for (const protocol of this[transport]) {
      client ||= protocol.probe(bytes, start, end, 0, fromClient) === 'yes';
      server ||= protocol.probe(bytes, start, end, 1, fromServer) === 'yes';
    }
    return client === server ? undefined : client ? 0 : 1;
  }
}
