import { spawn } from 'node:child_process';
import { EnforcerError } from '../enforcer.ts';

const TIMEOUT_MS = 60_000;
/** Bytes that it may write: a list of two million elements. */
const MOST_OUTPUT = 256 << 20;
const MOST_WORDS = 64 << 10;

/** The program `nft` refused what it was given. */
export class NftError extends EnforcerError {
  /** What it wrote on standard error. */
  readonly words: string;

  constructor(words: string) {
    super(`nft: ${words.split('\n', 1)[0]?.replace(/^.*?Error: /, '') || 'failed without a word'}`);
    this.name = 'NftError';
    this.words = words;
  }

  /** Something that was named is not there. */
  get missing(): boolean {
    return this.words.includes('No such file or directory');
  }

  /** Something is not as the commands had it: missing, or there already. */
  get stale(): boolean {
    return this.missing || this.words.includes('File exists');
  }
}

/**
 * Runs `nft` and returns what it wrote. Throws a {@link NftError}, or an `EnforcerError` where it is not installed, not
 * permitted, or hangs.
 */
export function runNft(program: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    // Its folder is not on the path of every user; its words are looked at.
    const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' };
    const child = spawn(program, args, { env, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' });
    const parts: Buffer[] = [];
    let size = 0;
    let words = '';
    child.stdout.on('data', (part: Buffer) => {
      size += part.length;
      if (size > MOST_OUTPUT) child.kill('SIGKILL');
      else parts.push(part);
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      if (words.length < MOST_WORDS) words += part;
    });
    // It ends before it has read everything where something is wrong; its exit status tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', (error) => reject(new EnforcerError(startFailure(program, error), { cause: error })));
    child.on('close', (status, signal) => {
      if (status === 0) resolve(Buffer.concat(parts).toString('utf8'));
      else if (signal !== null) {
        reject(
          new EnforcerError(
            `nftables: ${program} was ended (${signal}): no answer in time, or too long a one`,
          ),
        );
      } else if (/Operation not permitted|Permission denied/.test(words)) {
        reject(new EnforcerError('nftables: not permitted; run it as root or with CAP_NET_ADMIN'));
      } else reject(new NftError(words));
    });
  });
}

function startFailure(program: string, error: Error): string {
  if ('code' in error && error.code === 'ENOENT') {
    return `nftables: the program ${program} is not there (Debian: apt-get install nftables)`;
  }
  return `nftables: the program ${program} does not start: ${error.message}`;
}
