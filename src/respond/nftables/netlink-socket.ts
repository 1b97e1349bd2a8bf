import { closeSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import { kernelAddon } from '../../native/index.ts';
import type { MessageWriter } from './netlink-message.ts';

const NETFILTER = 12;
const TIMEOUT_MS = 30_000;

/** Errors of the kernel that have a meaning here. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  E2BIG: 7,
  EEXIST: 17,
  EINVAL: 22,
  ERESTART: 85,
  EOPNOTSUPP: 95,
} as const;

/** The kernel refused a message of a request. */
export class NetlinkError extends Error {
  /** `errno` of it. */
  readonly errno: number;
  /** Which message of the request it was, from 0. */
  readonly index: number;

  constructor(errno: number, index: number) {
    super(`the kernel refused: ${errnoWords(errno)}`);
    this.name = 'NetlinkError';
    this.errno = errno;
    this.index = index;
  }
}

/** What the kernel sent back. */
export interface Answers {
  readonly replies: Uint8Array;
  /** `errno` of each message, 0 where it was taken. */
  readonly errors: Int32Array;
}

/** A socket to netfilter. It stays in the network namespace in which it was made. */
export class NetlinkSocket {
  private readonly descriptor: number;
  private readonly addon: Required<Pick<NonNullable<ReturnType<typeof kernelAddon>>, 'exchangeNetlink'>>;
  private closed = false;

  private constructor(descriptor: number, addon: NetlinkSocket['addon']) {
    this.descriptor = descriptor;
    this.addon = addon;
  }

  /** Opens one; undefined where the addon is not there or cannot do it. Throws the system's error. */
  static open(): NetlinkSocket | undefined {
    const addon = kernelAddon();
    if (addon?.openNetlink === undefined || addon.exchangeNetlink === undefined) return undefined;
    const { exchangeNetlink } = addon;
    return new NetlinkSocket(addon.openNetlink(NETFILTER), { exchangeNetlink });
  }

  /** Sends what was written and waits for its answers, `most` bytes of them. Throws what the exchange fails with. */
  exchange(request: MessageWriter, most: number): Answers {
    const errors = new Int32Array(request.count);
    const bytes = request.finish();
    return {
      replies: this.addon.exchangeNetlink(this.descriptor, bytes, errors, most, TIMEOUT_MS),
      errors,
    };
  }

  /** The same; throws a {@link NetlinkError} for the first message that the kernel refused. */
  request(request: MessageWriter, most: number): Uint8Array {
    const { replies, errors } = this.exchange(request, most);
    const index = errors.findIndex((errno) => errno !== 0);
    if (index !== -1) throw new NetlinkError(errors[index] as number, index);
    return replies;
  }

  /** Closes it; harmless when it is closed. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.descriptor);
  }
}

/** `ENOENT (no such file or directory)` of a number. */
export function errnoWords(errno: number): string {
  const [name, words] = getSystemErrorMap().get(-errno) ?? ['errno', String(errno)];
  return `${name} (${words})`;
}
