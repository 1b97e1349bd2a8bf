/** Connections that the kernel tracks (linux/netfilter/nfnetlink_conntrack.h): found by address, and forgotten. */
import { readFileSync } from 'node:fs';
import { type Prefix, prefixContains } from '../../net/index.ts';
import { bitsOf } from './element-set.ts';
import { FLAG, MessageReader, MessageWriter, SUBSYSTEM } from './netlink-message.ts';
import { ERRNO, NetlinkError, type NetlinkSocket } from './netlink-socket.ts';

const MESSAGE = { new: 0, get: 1, delete: 2 } as const;
const CONNECTION = { original: 1, reply: 2, id: 12, zone: 18, filter: 25 } as const;
const TUPLE_IP = 1;
const IP = { source4: 1, destination4: 2, source6: 3, destination6: 4 } as const;
const FILTER = { original: 1, reply: 2 } as const;
/** Flags of a filter: which part of the tuple is to be the same. */
const SAME = { source: 1, destination: 2 } as const;
const AF_INET = 2;
const AF_INET6 = 10;
/** Bytes of a list at most: some half a million connections. */
const MOST_BYTES = 256 << 20;
/** Connections that one request removes: their acknowledgements must fit in the socket. */
const EACH = 256;

/**
 * Each list goes through the kernel's whole table, which takes it some 10 ms however few there are. Of so few, one list of
 * all of them is sooner read than four that are filtered.
 */
const FEW = 5000;
const COUNT = '/proc/sys/net/netfilter/nf_conntrack_count';

/**
 * Forgets all connections with an address of the network at either end, before or behind address translation; how many
 * there were. Throws what the exchange fails with.
 */
export function cutConnections(socket: NetlinkSocket, prefix: Prefix): number {
  const connections = findConnections(socket, prefix);
  let removed = 0;
  for (let at = 0; at < connections.length; at += EACH) {
    const writer = new MessageWriter();
    for (const { original, id, zone } of connections.slice(at, at + EACH)) {
      writer.begin((SUBSYSTEM.conntrack << 8) | MESSAGE.delete, FLAG.ack, familyOf(prefix));
      writer.raw(CONNECTION.original | 0x8000, original);
      if (zone !== undefined) writer.raw(CONNECTION.zone, zone);
      if (id !== undefined) writer.raw(CONNECTION.id, id);
      writer.end();
    }
    for (const [index, errno] of socket.exchange(writer, 1 << 20).errors.entries()) {
      if (errno === 0) removed++;
      // It has ended by itself.
      else if (errno !== ERRNO.ENOENT) throw new NetlinkError(errno, index);
    }
  }
  return removed;
}

function findConnections(socket: NetlinkSocket, prefix: Prefix): Connection[] {
  const tracked = trackedConnections();
  if (tracked === 0) return [];
  const found = new Map<string, Connection>();
  const list = (request: MessageWriter): number => {
    const { replies, errors } = socket.exchange(request, MOST_BYTES);
    for (const connection of readConnections(replies, prefix)) found.set(connection.key, connection);
    return errors[0] ?? 0;
  };
  const isFiltered = prefix.length === bitsOf(prefix.version) && tracked > FEW;
  for (const request of isFiltered ? filtered(prefix) : [unfiltered(prefix)]) {
    let errno = list(request);
    // A kernel that knows of filters but not of this one says so.
    if (errno === ERRNO.EOPNOTSUPP || errno === ERRNO.EINVAL) errno = list(unfiltered(prefix));
    // A list that changed while it was read may lack what came meanwhile; that is dropped by the rules anyway.
    if (errno !== 0 && errno !== ERRNO.EINTR) throw new NetlinkError(errno, 0);
  }
  return [...found.values()];
}

/** How many connections are tracked in this namespace; infinity where the kernel does not tell. */
function trackedConnections(): number {
  try {
    return Number(readFileSync(COUNT, 'latin1'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Number.POSITIVE_INFINITY;
    throw error;
  }
}

interface Connection {
  readonly key: string;
  readonly original: Uint8Array;
  readonly id: Uint8Array | undefined;
  readonly zone: Uint8Array | undefined;
}

function familyOf({ version }: Prefix): number {
  return version === 4 ? AF_INET : AF_INET6;
}

function beginList(prefix: Prefix): MessageWriter {
  const writer = new MessageWriter();
  writer.begin((SUBSYSTEM.conntrack << 8) | MESSAGE.get, FLAG.dump, familyOf(prefix));
  return writer;
}

function unfiltered(prefix: Prefix): MessageWriter {
  const writer = beginList(prefix);
  writer.end();
  return writer;
}

/**
 * Lists of one address, that the kernel (5.8 and newer) filters itself: one for each end of each direction. An older one
 * passes over the filter, which is why answers are looked at in any case. Networks it cannot filter.
 */
function filtered(prefix: Prefix): MessageWriter[] {
  const ends =
    prefix.version === 4
      ? { source: IP.source4, destination: IP.destination4 }
      : { source: IP.source6, destination: IP.destination6 };
  return (['original', 'reply'] as const).flatMap((direction) =>
    (['source', 'destination'] as const).map((end) => {
      const writer = beginList(prefix);
      const tuple = writer.open(CONNECTION[direction]);
      const ip = writer.open(TUPLE_IP);
      writer.address(ends[end], prefix.version, prefix.words);
      writer.close(ip);
      writer.close(tuple);
      const filter = writer.open(CONNECTION.filter);
      writer.hostU32(FILTER.original, direction === 'original' ? SAME[end] : 0);
      writer.hostU32(FILTER.reply, direction === 'reply' ? SAME[end] : 0);
      writer.close(filter);
      writer.end();
      return writer;
    }),
  );
}

function* readConnections(replies: Uint8Array, prefix: Prefix): Generator<Connection> {
  const messages = new MessageReader(replies).overMessages();
  const attributes = new MessageReader(replies);
  while (messages.next()) {
    if (messages.type !== ((SUBSYSTEM.conntrack << 8) | MESSAGE.new)) continue;
    attributes.overAttributes(messages.from, messages.to);
    let original: Uint8Array | undefined;
    let id: Uint8Array | undefined;
    let zone: Uint8Array | undefined;
    let concerned = false;
    while (attributes.next()) {
      const { type, from, to } = attributes;
      if (type === CONNECTION.original) original = replies.subarray(from, to);
      if (type === CONNECTION.id) id = replies.subarray(from, to);
      if (type === CONNECTION.zone) zone = replies.subarray(from, to);
      if (type === CONNECTION.original || type === CONNECTION.reply) {
        concerned ||= hasAddress(replies, from, to, prefix);
      }
    }
    if (concerned && original !== undefined) {
      const key =
        Buffer.from(original).toString('latin1') +
        (zone === undefined ? '' : Buffer.from(zone).toString('latin1'));
      yield { key, original, id, zone };
    }
  }
}

/** Whether an address of a tuple lies in the network. */
function hasAddress(bytes: Uint8Array, from: number, to: number, prefix: Prefix): boolean {
  const parts = new MessageReader(bytes).overAttributes(from, to);
  while (parts.next()) {
    if (parts.type !== TUPLE_IP) continue;
    const addresses = new MessageReader(bytes).overAttributes(parts.from, parts.to);
    while (addresses.next()) {
      const length = addresses.to - addresses.from;
      const { view, from: at } = addresses;
      if (length === 4 && prefixContains(prefix, 4, view.getInt32(at), 0, 0, 0)) return true;
      if (length !== 16) continue;
      const [second, third, last] = [view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12)];
      if (prefixContains(prefix, 6, view.getInt32(at), second, third, last)) return true;
    }
  }
  return false;
}
