import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Configuration } from '../config/index.ts';
import type { ProcessState, ProcessStatus } from '../control/index.ts';
import type { Maker } from '../mirror/index.ts';
import { Backoff } from './backoff.ts';
import { type FromProcess, isFromProcess, type Run, type ToProcess } from './messages.ts';
import type { Launcher } from './privileges.ts';
import { shareOf, type Worker } from './workers.ts';

/** A process of the list that the supervisor keeps. */
export interface ProcessDescription {
  readonly name: string;
  /** The module that is run. */
  readonly module: URL;
  /** Which of several it is, which share what the configuration gives to all. */
  readonly worker?: Worker;
  /** Whose mirrors it takes away. */
  readonly maker?: Maker;
  /** The program that runs Node with fewer rights, and its arguments. */
  readonly launcher?: Launcher | undefined;
  /** Options of Node besides those of the supervisor; not with a launcher. */
  readonly flags?: readonly string[];
}

/** What the supervisor does with a process's news. */
export interface ProcessEvents {
  /** A new process; its channel carries the bus too. */
  forked(child: ChildProcess): void;
  ready(process: ManagedProcess): void;
  finished(process: ManagedProcess): void;
  reloaded(process: ManagedProcess, faults: readonly string[]): void;
  /** It asks something of the whole; resolves to the line of the answer. */
  asked(process: ManagedProcess, line: string): Promise<string>;
  /** It ended without being asked to; `waitMs`: until it is started again; undefined: it never worked. */
  crashed(process: ManagedProcess, how: string, waitMs: number | undefined): void;
}

/** Waits that are remembered. */
const REMEMBERED_WAITS = 16;
/** An answer is waited for so long where the question does not say otherwise. */
const ANSWER_MS = 2000;
/** Answers that may be waited for at once. */
const MOST_QUESTIONS = 64;

/** A process that is started again when it crashes. */
export class ManagedProcess {
  readonly name: string;
  state: ProcessState = 'stopped';
  configuration: Configuration;
  private readonly module: URL;
  private readonly launcher: Launcher | undefined;
  private readonly flags: readonly string[];
  /** Which of several it is. */
  readonly worker: Worker | undefined;
  private readonly run: Run;
  private readonly events: ProcessEvents;
  private readonly backoff: Backoff;
  private readonly questions = new Map<number, (value: unknown) => void>();
  private readonly waits: number[] = [];
  private child: ChildProcess | undefined;
  private timer: NodeJS.Timeout | undefined;
  private since = 0;
  private restarts = 0;
  private everReady = false;
  private reason = '';
  private lastEnd = '';
  private nextQuestion = 1;
  private ended: (() => void) | undefined;

  constructor(
    description: ProcessDescription,
    configuration: Configuration,
    run: Run,
    events: ProcessEvents,
  ) {
    this.name = description.name;
    this.module = description.module;
    this.launcher = description.launcher;
    this.flags = description.flags ?? [];
    this.worker = description.worker;
    this.configuration = configuration;
    this.run = { ...run, worker: description.worker, maker: description.maker };
    this.events = events;
    this.backoff = new Backoff(configuration.processes.restart, Math.random);
  }

  start(): void {
    const { NOTIFY_SOCKET: _socket, WATCHDOG_USEC: _usec, WATCHDOG_PID: _pid, ...env } = process.env;
    // Data goes to files and the store; words go to standard error.
    const child = fork(this.module, [], {
      serialization: 'advanced',
      stdio: ['ignore', 2, 2, 'ipc'],
      env,
      execArgv: [...process.execArgv, ...this.flags],
      ...this.launcher,
    });
    this.child = child;
    this.state = 'starting';
    this.since = Date.now();
    this.reason = '';
    child.on('message', (message) => {
      if (isFromProcess(message)) this.take(message);
    });
    child.once('error', (error) => {
      this.reason = error.message;
      // Without a process there is no exit.
      if (child.pid === undefined) this.exited(child, null, null);
    });
    child.once('exit', (code, signal) => this.exited(child, code, signal));
    this.events.forked(child);
    this.send({ control: 'start', configuration: this.share(), run: this.run });
  }

  /** Hands over a new configuration; a process that is not there gets it when it starts. */
  reload(configuration: Configuration): boolean {
    this.configuration = configuration;
    this.backoff.options = configuration.processes.restart;
    if (this.state !== 'running') return false;
    this.send({ control: 'reload', configuration: this.share() });
    return true;
  }

  /** Lets the process end its work; resolves to true when it ended by itself before the signal said to end it. */
  async stop(deadline: AbortSignal): Promise<boolean> {
    clearTimeout(this.timer);
    const { child } = this;
    if (child === undefined) {
      this.state = 'stopped';
      return true;
    }
    this.state = 'stopping';
    const end = new Promise<void>((resolve) => {
      this.ended = resolve;
    });
    let clean = true;
    const kill = (): void => {
      clean = false;
      child.kill('SIGKILL');
    };
    deadline.addEventListener('abort', kill, { once: true });
    if (deadline.aborted) kill();
    this.send({ control: 'drain' });
    await end;
    deadline.removeEventListener('abort', kill);
    return clean;
  }

  /** Asks the process; undefined when it does not answer in time, ends before, or does not run. */
  ask(question: string, patienceMs = ANSWER_MS): Promise<unknown> {
    if (this.state !== 'running' || this.questions.size >= MOST_QUESTIONS) return Promise.resolve(undefined);
    const id = this.nextQuestion++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(undefined), patienceMs);
      const settle = (value: unknown): void => {
        clearTimeout(timer);
        this.questions.delete(id);
        resolve(value);
      };
      this.questions.set(id, settle);
      this.send({ control: 'ask', id, question });
    });
  }

  status(): ProcessStatus {
    const pid = this.child?.pid;
    const { residentBytes, uid } = measure(pid);
    const { user } = this.run;
    return {
      name: this.name,
      state: this.state,
      pid,
      since: pid === undefined ? undefined : new Date(this.since).toISOString(),
      restarts: this.restarts,
      waitsMs: [...this.waits],
      lastEnd: this.lastEnd,
      residentBytes,
      user: uid === user?.uid && user !== undefined ? user.name : uid === 0 ? 'root' : `${uid ?? ''}`,
    };
  }

  private take(message: FromProcess): void {
    switch (message.control) {
      case 'ready':
        if (this.state !== 'starting') return;
        this.state = 'running';
        this.everReady = true;
        this.events.ready(this);
        break;
      case 'failed':
        this.reason = message.reason;
        break;
      case 'finished':
        this.events.finished(this);
        break;
      case 'reloaded':
        this.events.reloaded(this, message.faults);
        break;
      case 'answer':
        this.questions.get(message.id)?.(message.value);
        break;
      case 'question': {
        const { id, line } = message;
        const { child } = this;
        void this.events.asked(this, line).then((answer) => {
          // The one that asked, not the one that has taken its place.
          if (child === this.child) this.send({ control: 'told', id, answer });
        });
        break;
      }
      default:
        message satisfies never;
    }
  }

  private exited(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.child !== child) return;
    this.child = undefined;
    for (const settle of this.questions.values()) settle(undefined);
    const how = this.reason === '' ? (signal ?? `exit code ${code}`) : this.reason;
    this.lastEnd = how;
    if (this.state === 'stopping') {
      this.state = 'stopped';
      this.ended?.();
      return;
    }
    if (!this.everReady) {
      this.state = 'stopped';
      this.events.crashed(this, how, undefined);
      return;
    }
    if (Date.now() - this.since >= this.configuration.processes.restart.healthyMs) this.backoff.reset();
    const wait = this.backoff.next();
    this.waits.push(wait);
    if (this.waits.length > REMEMBERED_WAITS) this.waits.shift();
    this.state = 'waiting';
    this.timer = setTimeout(() => {
      this.restarts++;
      this.start();
    }, wait);
    this.events.crashed(this, how, wait);
  }

  private share(): Configuration {
    const { worker } = this;
    return worker === undefined ? this.configuration : shareOf(this.configuration, worker);
  }

  private send(message: ToProcess): void {
    // An error means that the process has gone, which `exit` tells.
    if (this.child?.connected) this.child.send(message, () => undefined);
  }
}

/** Memory and user of a process as the kernel sees them. */
function measure(pid: number | undefined): { residentBytes: number; uid: number | undefined } {
  if (pid === undefined) return { residentBytes: 0, uid: undefined };
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return {
      residentBytes: Number(/^VmRSS:\s*(\d+)/m.exec(text)?.[1] ?? 0) * 1024,
      uid: Number(/^Uid:\s*(\d+)/m.exec(text)?.[1]),
    };
  } catch (error) {
    // It ended a moment ago.
    if (error instanceof Error && 'code' in error) return { residentBytes: 0, uid: undefined };
    throw error;
  }
}
