import { closeSync, constants, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs';
import type { TLSSocket } from 'node:tls';

/** A key log that cannot be written; the message says where and why. */
export class KeyLogError extends Error {
  override name = 'KeyLogError';
}

/**
 * Writes the secrets of TLS connections into a file, one line each, in the format that tshark and others read (NSS key
 * log). Whoever reads the file can read the connections: it is made with mode 0600, and only where the user asks.
 * Lines are written at once, so that who captures the packets has them in time.
 */
export class KeyLog {
  readonly path: string;
  private handle: number | undefined;
  private readonly onFailure: (error: KeyLogError) => void;
  private count = 0;

  /**
   * Opens the file for appending. Throws a {@link KeyLogError} for a file that is none, is a link, or belongs to
   * somebody else. `onFailure` is told once, of a full disk say: nothing more is written then, connections go on.
   */
  constructor(path: string, onFailure: (error: KeyLogError) => void) {
    this.path = path;
    this.onFailure = onFailure;
    this.handle = open(path);
  }

  /** Lines that were written. */
  get lines(): number {
    return this.count;
  }

  /** Logs the secrets of one connection, ours to a client or ours to a server. Before its handshake. */
  attach(socket: TLSSocket): void {
    if (this.handle !== undefined) socket.on('keylog', this.write);
  }

  /** Takes a line, as the event `keylog` of sockets and agents gives it. */
  readonly write = (line: Buffer): void => {
    if (this.handle === undefined) return;
    try {
      // One write of the whole line: with O_APPEND lines of several processes do not mix.
      writeSync(this.handle, line);
      this.count++;
    } catch (error) {
      this.close();
      const why = error instanceof Error ? error.message : String(error);
      this.onFailure(new KeyLogError(`${this.path}: the key log is given up: ${why}`));
    }
  };

  /** Ends it; lines that come later are left out. */
  close(): void {
    if (this.handle === undefined) return;
    closeSync(this.handle);
    this.handle = undefined;
  }
}

function open(path: string): number {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = constants;
  let handle: number;
  try {
    handle = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new KeyLogError(`${path}: cannot be written as a key log: ${why}`);
  }
  const status = fstatSync(handle);
  if (status.isFile() && status.uid === process.geteuid?.()) {
    fchmodSync(handle, 0o600);
    return handle;
  }
  closeSync(handle);
  throw new KeyLogError(`${path}: a key log goes into a file of one's own only`);
}
