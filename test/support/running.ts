import type { ChildProcess } from 'node:child_process';

/** No program of a test takes longer, in milliseconds. */
const PATIENCE_MS = 30_000;

/** What a program printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs beside the test. */
export class Running {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;

  /** After `patienceMs` the program is ended by force. */
  constructor(child: ChildProcess, patienceMs = PATIENCE_MS) {
    this.child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        resolve({ code, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Waits until the program has printed a text, on either output. Throws when it ends without. */
  async says(text: string): Promise<void> {
    let over = false;
    void this.ended.finally(() => {
      over = true;
    });
    while (!this.stdout.includes(text) && !this.stderr.includes(text)) {
      if (over) throw new Error(`ended without '${text}': ${this.stdout}${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Asks it to end and waits until it has. */
  end(signal: NodeJS.Signals): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}
