import { connect, type Socket } from 'node:net';

/** A load that does not wait for its answers. */
export interface OpenLoop {
  readonly port: number;
  /** The whole request, as bytes. */
  readonly request: Buffer;
  readonly connections: number;
  readonly perSecond: number;
  /** Time that is not counted, and time that is. */
  readonly warmMs: number;
  readonly seconds: number;
}

/** What came of it; times in microseconds. */
export interface OpenLoopResult {
  /** All, also those that are not counted. */
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
}

/** Time in which the last answers may come. */
const LAST_MS = 2000;
const HEAD_END = Buffer.from('\r\n\r\n');

/** One connection: requests behind each other, each answered in its turn. */
class Line {
  readonly socket: Socket;
  readonly sentAt: number[] = [];
  private first = 0;
  private pending: Buffer = Buffer.alloc(0);
  private readonly answered: (status: number, microseconds: number) => void;

  constructor(port: number, answered: (status: number, microseconds: number) => void) {
    this.answered = answered;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (bytes: Buffer) => this.read(bytes));
    // Requests that get no answer are counted as failed at the end.
    this.socket.on('error', () => this.socket.destroy());
  }

  get waiting(): number {
    return this.sentAt.length - this.first;
  }

  send(request: Buffer): void {
    this.sentAt.push(performance.now());
    this.socket.write(request);
  }

  /** Answers have a Content-Length: those of the benchmark do. */
  private read(bytes: Buffer): void {
    this.pending = this.pending.length === 0 ? bytes : Buffer.concat([this.pending, bytes]);
    for (;;) {
      const end = this.pending.indexOf(HEAD_END);
      if (end < 0) return;
      const head = this.pending.toString('latin1', 0, end);
      const whole = end + 4 + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (this.pending.length < whole) return;
      this.pending = this.pending.subarray(whole);
      const sentAt = this.sentAt[this.first++] ?? 0;
      this.answered(Number(head.slice(9, 12)), (performance.now() - sentAt) * 1000);
    }
  }
}

/** Sends requests at a steady rate, whatever becomes of them, each over the connection with the fewest before it. */
export async function openLoop(load: OpenLoop): Promise<OpenLoopResult> {
  const times: number[] = [];
  let failed = 0;
  let counts = false;
  let sent = 0;
  const lines = Array.from(
    { length: load.connections },
    () =>
      new Line(load.port, (status, microseconds) => {
        if (!counts) return;
        if (status >= 200 && status < 400) times.push(microseconds);
        else failed++;
      }),
  );
  await Promise.all(
    lines.map(({ socket }) => new Promise<void>((resolve) => socket.once('connect', () => resolve()))),
  );
  const beganMs = performance.now();
  const endMs = beganMs + load.warmMs + load.seconds * 1000;
  let next = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const nowMs = performance.now();
      counts = nowMs >= beganMs + load.warmMs;
      const due = Math.floor(((Math.min(nowMs, endMs) - beganMs) / 1000) * load.perSecond);
      for (; sent < due; sent++) {
        // In turn, but not behind one that is still waiting where another one is not.
        for (let tries = 0; tries < lines.length; tries++) {
          next = (next + 1) % lines.length;
          if (lines[next]?.waiting === 0) break;
        }
        lines[next]?.send(load.request);
      }
      if (nowMs < endMs) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  const untilMs = performance.now() + LAST_MS;
  while (lines.some(({ waiting }) => waiting > 0) && performance.now() < untilMs) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  failed += lines.reduce((sum, { waiting }) => sum + waiting, 0);
  for (const { socket } of lines) socket.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { sent, answered: times.length, failed, p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999) };
}
