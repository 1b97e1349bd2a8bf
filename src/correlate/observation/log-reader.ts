import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { timeText } from '../../event/index.ts';
import type { Observation } from '../evidence.ts';
import { observation } from './make.ts';
import { Recent } from './recent.ts';
import { readSshLog } from './ssh-log.ts';

/** Most bytes that are read at one time; the rest waits for the next. */
const CHUNK = 256 * 1024;
/** A line that is longer is no line of a log: it is dropped up to its end. */
const LONGEST_LINE = 16 * 1024;
/** Connections of which it is remembered that their attempts were told. */
const CONNECTIONS = 4096;

export interface LogReaderOptions {
  /** The log of sshd or dropbear, such as `/var/log/auth.log`. */
  readonly path: string;
  /** Milliseconds since 1970: gives lines without a year theirs. */
  readonly now: () => number;
  /** From the first line of the file on; otherwise from its end, as it is at the first reading. */
  readonly fromStart?: boolean;
}

/**
 * Follows the log of an SSH server: each failed login is an observation `ssh_failed-auth`, with the names that CrowdSec's
 * parser gives it. A file that was rotated or cut is read from its beginning, one that is missing is waited for.
 */
export class LogReader {
  /** Why nothing could be read the last time; empty when it could. */
  problem = '';
  private readonly options: LogReaderOptions;
  private readonly told = new Recent<true>(CONNECTIONS);
  private readonly buffer = Buffer.alloc(CHUNK);
  private inode: number | undefined;
  private offset = 0;
  private rest = '';
  private skipping = false;

  constructor(options: LogReaderOptions) {
    this.options = options;
  }

  /** Reads what was added since the last time, up to 256 kB. */
  read(): readonly Observation[] {
    let file: number;
    try {
      file = openSync(this.options.path, 'r');
    } catch (error) {
      // Between two rotations there is no file, and it may never become readable: what is wrong is told by `problem`.
      this.problem = (error as Error).message;
      return [];
    }
    try {
      return this.readFrom(file);
    } finally {
      closeSync(file);
    }
  }

  private readFrom(file: number): Observation[] {
    const { ino, size } = fstatSync(file);
    if (this.inode === undefined) this.offset = this.options.fromStart === true ? 0 : size;
    else if (this.inode !== ino || size < this.offset) this.begin();
    this.inode = ino;
    const length = readSync(file, this.buffer, 0, CHUNK, this.offset);
    this.problem = '';
    this.offset += length;
    const lines = (this.rest + this.buffer.toString('latin1', 0, length)).split('\n');
    this.rest = lines.pop() ?? '';
    const made: Observation[] = [];
    for (const line of lines) {
      if (!this.skipping) made.push(...this.line(line));
      this.skipping = false;
    }
    if (this.rest.length > LONGEST_LINE) {
      this.rest = '';
      this.skipping = true;
    }
    return made;
  }

  private begin(): void {
    this.offset = 0;
    this.rest = '';
    this.skipping = false;
  }

  private line(text: string): Observation[] {
    const failure = readSshLog(text, this.options.now());
    if (failure === undefined) return [];
    const { timeUs, address, port, user, times, ending } = failure;
    const connection = `${address} ${port}`;
    if (ending && this.told.use(connection) !== undefined) return [];
    this.told.set(connection, true);
    const record = {
      timestamp: timeText(timeUs),
      event_type: 'ssh_log',
      src_ip: address,
      src_port: port,
      ssh_log: { user },
    };
    const one = observation({
      kind: 'ssh_failed-auth',
      timeUs,
      address,
      target: '',
      record,
      meta: { service: 'ssh', target_user: user, src_port: String(port) },
      parsed: { sshd_invalid_user: user },
    });
    return new Array<Observation>(times).fill(one);
  }
}
