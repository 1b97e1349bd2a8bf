import type { ChildProcess } from 'node:child_process';

/** One end of a channel that carries messages in order. */
export interface Port {
  /** Sends a message; one that the other end can no longer take is lost, and `closed` says so. */
  send(message: object): void;
  /** Calls for each message; the messages are what the other end says they are, nothing is known of them. */
  onMessage(take: (message: unknown) => void): void;
  /** Calls once when the other end is gone. */
  onClosed(closed: () => void): void;
}

/** The channel to a forked process. */
export function childPort(child: ChildProcess): Port {
  return {
    // The error is the end of the channel, which `disconnect` tells.
    send: (message) => void (child.connected && child.send(message, () => undefined)),
    onMessage: (take) => void child.on('message', take),
    onClosed: (closed) => {
      child.once('disconnect', closed);
    },
  };
}

/** The channel of this process to the one that forked it. */
export function parentPort(): Port {
  return {
    send: (message) => void (process.connected && process.send?.(message, undefined, {}, () => undefined)),
    onMessage: (take) => void process.on('message', take),
    onClosed: (closed) => {
      process.once('disconnect', closed);
    },
  };
}

/** Two ends of a channel within one process. Messages come in a later turn, as they do between processes. */
export function portPair(): [Port, Port] {
  const listeners: ((message: unknown) => void)[][] = [[], []];
  const end = (own: 0 | 1): Port => ({
    send: (message) =>
      void setImmediate(() => {
        for (const take of listeners[1 - own] ?? []) take(message);
      }),
    onMessage: (take) => void listeners[own]?.push(take),
    onClosed: () => undefined,
  });
  return [end(0), end(1)];
}
