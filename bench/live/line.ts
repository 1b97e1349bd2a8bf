import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Wire } from '../../test/support/wire.ts';

const SENDER = join(import.meta.dirname, 'send.ts');
/** No program is waited for longer, in milliseconds. */
const PATIENCE_MS = 90_000;

/** What a program said, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program at an end of the line. */
export class Program {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(command: readonly string[]) {
    const [program = '', ...args] = command;
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), PATIENCE_MS);
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => {
        clearTimeout(timer);
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Waits until it has said something. Throws when it ends without. */
  async says(text: string): Promise<void> {
    while (!this.stderr.includes(text) && !this.stdout.includes(text)) {
      if (this.child.exitCode !== null) throw new Error(`ended without '${text}': ${this.stderr.trim()}`);
      await wait(10);
    }
  }

  end(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** A pair of interfaces in a namespace of its own: the sender is on `left`, who captures on `right`. */
export class Line {
  private readonly wire = new Wire();
  private readonly programs = new Set<Program>();

  /** Starts a program in the namespace. */
  start(...command: readonly string[]): Program {
    const program = new Program(['ip', 'netns', 'exec', this.wire.namespace, ...command]);
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
