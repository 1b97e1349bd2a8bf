import { spawn } from 'node:child_process';

/** A notification is given up after so long. */
const PATIENCE_MS = 5000;

/**
 * Tells systemd what the service is at (sd_notify(3)). Node has no datagram sockets of the unix family, so the program
 * systemd-notify says it; the unit needs `NotifyAccess=all`. Without a notification socket nothing is done.
 */
export class ServiceNotifier {
  /** Half of what systemd waits for a sign of life; undefined: it does not wait. */
  readonly watchdogMs: number | undefined;
  private readonly socket: string | undefined;
  private readonly report: (message: string) => void;
  private last: Promise<void> = Promise.resolve();
  private failed = false;

  /** `report` is told once when notifying does not work. */
  constructor(environment: NodeJS.ProcessEnv, report: (message: string) => void) {
    this.socket = environment.NOTIFY_SOCKET;
    this.report = report;
    const micros = Number(environment.WATCHDOG_USEC ?? 0);
    const ours = environment.WATCHDOG_PID === undefined || Number(environment.WATCHDOG_PID) === process.pid;
    this.watchdogMs = this.socket !== undefined && ours && micros > 0 ? micros / 2000 : undefined;
  }

  /** All processes work. */
  ready(status: string): Promise<void> {
    return this.send('READY=1', `STATUS=${status}`);
  }

  /** The configuration is read anew; `ready` follows. */
  reloading(): Promise<void> {
    const micros = process.hrtime.bigint() / 1000n;
    return this.send('RELOADING=1', `MONOTONIC_USEC=${micros}`);
  }

  /** The end has begun. */
  stopping(): Promise<void> {
    return this.send('STOPPING=1');
  }

  /** A sign of life. */
  alive(): Promise<void> {
    return this.send('WATCHDOG=1');
  }

  /** One after the other: READY must not pass RELOADING. */
  private send(...words: readonly string[]): Promise<void> {
    if (this.socket === undefined) return this.last;
    this.last = this.last.then(() => this.run(words));
    return this.last;
  }

  private run(words: readonly string[]): Promise<void> {
    return new Promise((resolve) => {
      const child = spawn('systemd-notify', [`--pid=${process.pid}`, ...words], {
        stdio: 'ignore',
        timeout: PATIENCE_MS,
      });
      child.once('error', (error) => {
        this.fail(error.message);
        resolve();
      });
      child.once('exit', (code) => {
        if (code !== 0) this.fail(`it ended with ${code ?? 'a signal'}`);
        resolve();
      });
    });
  }

  private fail(reason: string): void {
    if (this.failed) return;
    this.failed = true;
    this.report(`systemd cannot be told how weir is: systemd-notify: ${reason}`);
  }
}
