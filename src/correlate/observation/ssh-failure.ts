import type { Flow } from './flow.ts';

/** Most packets to the server and to the client of a login that failed. */
interface Bound {
  readonly out: number;
  readonly in: number;
}

/**
 * OpenSSH's client asks without a method first, tells of extensions, and is acknowledged often. Measured with servers
 * of OpenSSH 9.2 and dropbear 2022.83: up to two wrong passwords or any number of wrong keys stay within 17 and 14
 * packets; the least session (`true`, by key) has 19 and 16.
 */
const OPENSSH: Bound = { out: 17, in: 14 };
/** libssh2, Go and the like: 9 to 11 and 7 to 9 packets for a wrong password; a session has 14 and 13 or more. */
const OTHERS: Bound = { out: 12, in: 11 };
/** Key exchange and one answer: what is less did not come to a login (a scan, or a server that was busy). */
const LEAST: Bound = { out: 8, in: 6 };
/** Both sides' lists of algorithms and the exchange, in bytes, at least and at most. */
const LEAST_BYTES = 1200;
const MOST_BYTES = 6000;
/** Servers give up a login after this (`LoginGraceTime`); what lasts longer is a session without traffic. */
const LONGEST_US = 125e6;

/**
 * Whether a connection of SSH that has ended looks like a login that failed: keys were exchanged, then there was room
 * for a few attempts, and none for a session. `client` is the client's software as it named itself, empty where it is
 * not known. Authentication itself is encrypted: what is longer is taken for a session, so a connection with many
 * attempts may be missed.
 */
export function isSshFailure(flow: Flow, client: string): boolean {
  if (flow.service !== 'ssh' || flow.proto !== 'TCP') return false;
  if (flow.state !== 'closed' || flow.endUs - flow.startUs > LONGEST_US) return false;
  const most = client.startsWith('OpenSSH') ? OPENSSH : OTHERS;
  if (flow.packetsOut < LEAST.out || flow.packetsIn < LEAST.in) return false;
  if (flow.packetsOut > most.out || flow.packetsIn > most.in) return false;
  return (
    Math.min(flow.bytesOut, flow.bytesIn) >= LEAST_BYTES &&
    Math.max(flow.bytesOut, flow.bytesIn) <= MOST_BYTES
  );
}
