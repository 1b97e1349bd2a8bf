import { EnforcerError } from '../enforcer.ts';
import type { ElementSet, Elements, SetChange } from './element-set.ts';
import { type ElementStore, type Reading, StaleSets } from './element-store.ts';
import {
  readElements,
  readGeneration,
  writeChanges,
  writeGeneration,
  writeRead,
} from './netlink-elements.ts';
import type { MessageWriter } from './netlink-message.ts';
import { ERRNO, NetlinkError, type NetlinkSocket } from './netlink-socket.ts';
import type { Lookup } from './ruleset.ts';

/** Bytes of a set's elements at most: some two million. */
const MOST_BYTES = 128 << 20;
/** Acknowledgements only. */
const FEW_BYTES = 1 << 20;
/** Times that a set is read again because it changed meanwhile. */
const ATTEMPTS = 10;

/** Elements of a table by raw netlink. */
export class NetlinkStore implements ElementStore {
  private readonly socket: NetlinkSocket;
  private readonly table: string;

  constructor(socket: NetlinkSocket, table: string) {
    this.socket = socket;
    this.table = table;
  }

  async read(sets: readonly ElementSet[], nowMs: number): Promise<Reading> {
    const generation = this.generation();
    return { elements: new Map(sets.map((set) => [set, this.readSet(set, nowMs)])), generation };
  }

  async change(
    changes: readonly SetChange[],
    nowMs: number,
    generation?: number,
    lookups: readonly Lookup[] = [],
  ): Promise<void> {
    this.request(writeChanges(changes, this.table, nowMs, generation, lookups), FEW_BYTES);
  }

  generation(): number | undefined {
    return readGeneration(this.request(writeGeneration(), FEW_BYTES));
  }

  close(): void {
    this.socket.close();
  }

  private readSet(set: ElementSet, nowMs: number): Elements {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { replies, errors } = this.exchange(writeRead(set, this.table), MOST_BYTES);
      const [errno = 0] = errors;
      if (errno === ERRNO.EINTR) continue;
      if (errno === ERRNO.ENOENT) return new Map();
      if (errno !== 0) throw explain(new NetlinkError(errno, 0));
      return readElements(set, replies, nowMs);
    }
    throw new EnforcerError(`nftables: the set ${set.name} changed each time that it was read; try again`);
  }

  private exchange(request: MessageWriter, most: number) {
    try {
      return this.socket.exchange(request, most);
    } catch (error) {
      throw explain(error);
    }
  }

  private request(request: MessageWriter, most: number): Uint8Array {
    try {
      return this.socket.request(request, most);
    } catch (error) {
      throw explain(error);
    }
  }
}

/** An error of the kernel in words that say what to do. */
export function explain(error: unknown): Error {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
  switch (errno) {
    case ERRNO.EPERM:
      return new EnforcerError('nftables: not permitted; run it as root or with CAP_NET_ADMIN', {
        cause: error,
      });
    case ERRNO.ENOENT:
    case ERRNO.EEXIST:
    case ERRNO.ERESTART:
      return new StaleSets({ cause: error });
    default:
      return new EnforcerError(`nftables: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
  }
}
