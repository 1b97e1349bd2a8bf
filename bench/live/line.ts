import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Running } from '../../test/support/running.ts';
import { Wire } from '../../test/support/wire.ts';

const SENDER = join(import.meta.dirname, 'send.ts');
/** No program is waited for longer, in milliseconds. */
const PATIENCE_MS = 90_000;

/** A pair of interfaces in a namespace of its own: the sender is on `left`, who captures on `right`. */
export class Line {
  private readonly wire = new Wire();
  private readonly programs = new Set<Running>();

  /** Starts a program in the namespace. */
  start(...command: readonly string[]): Running {
    const child = spawn('ip', ['netns', 'exec', this.wire.namespace, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const program = new Running(child, PATIENCE_MS);
    this.programs.add(program);
    void program.ended.finally(() => this.programs.delete(program)).catch(() => {});
    return program;
  }

  /** Sends as `send.ts` is told to, to its end; what it printed. */
  async send<T>(mode: string, ...numbers: readonly number[]): Promise<T> {
    const { code, stdout, stderr } = await this.start(
      process.execPath,
      SENDER,
      'left',
      mode,
      ...numbers.map(String),
    ).ended;
    if (code !== 0) throw new Error(`the sender ended with ${code}: ${stderr.trim()}`);
    return JSON.parse(stdout) as T;
  }

  /** Ends what runs and removes the namespace. */
  remove(): void {
    for (const { child } of this.programs) child.kill('SIGKILL');
    this.wire.remove();
  }
}
