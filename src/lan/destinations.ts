import type { BoundedMap } from './bounded-map.ts';
import type { Host, Peer } from './host.ts';
import type { NameBook } from './name-book.ts';
import { bytesOf, type Traffic } from './traffic.ts';

/** A destination outside. Times in microseconds since 1970; counters are seen from the clients. */
export interface LanDestination extends Readonly<Traffic> {
  readonly address: string;
  /** Names by which clients asked for it. */
  readonly names: readonly string[];
  /** Ports there, as `443/tcp`; none where it only ever began the flows. */
  readonly ports: readonly string[];
  /** How many addresses of clients spoke with it. */
  readonly clients: number;
  readonly firstUs: number;
  readonly lastUs: number;
}

const MOST_NAMES = 4;

/** Destinations with their names and how many used them, those with the most bytes first. */
export function destinationsOf(
  destinations: BoundedMap<Peer>,
  hosts: Iterable<Host>,
  book: NameBook,
): LanDestination[] {
  const users = new Map<string, { count: number; readonly names: Set<string> }>();
  for (const host of hosts) {
    for (const [address, peer] of host.peers.tally.entries) {
      if (!peer.external) continue;
      let user = users.get(address);
      if (user === undefined) {
        user = { count: 0, names: new Set() };
        users.set(address, user);
      }
      user.count++;
      if (user.names.size < MOST_NAMES) {
        for (const name of book.answersFor(host.address, address)) user.names.add(name);
      }
    }
  }
  return [...destinations]
    .map(([address, peer]) => {
      const user = users.get(address);
      const { external: _, ...rest } = peer;
      const names = [...new Set([...peer.names, ...(user?.names ?? [])])].slice(0, MOST_NAMES);
      return { ...rest, address, names, clients: user?.count ?? 0 };
    })
    .toSorted((a, b) => bytesOf(b) - bytesOf(a) || (a.address < b.address ? -1 : 1));
}
