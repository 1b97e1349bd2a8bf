import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Line } from './line.ts';
import { weirOn } from './receivers.ts';
import { whileUp } from './up.ts';

/** Mean milliseconds between two exchanges; not a divisor of any interval at which something is written out. */
const GAP_MS = 7;
/** The first exchanges find code that was never run, and are not counted. */
const WARM_UP = 50;
/** The last records are waited for so long. */
const PATIENCE_MS = 4000;

/** Milliseconds from an answer on the wire to its record. */
export interface Latency {
  readonly exchanges: number;
  readonly records: number;
  readonly p50: number;
  readonly p99: number;
}

/** When the record of each answer was seen, by the number in its name; nanoseconds of the monotonic clock. */
class Seen {
  readonly ns = new Map<number, bigint>();
  private rest = '';

  take(text: string): void {
    const now = process.hrtime.bigint();
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.includes('"event_type":"dns"') || !/"type":"(answer|response)"/.test(line)) continue;
      const number = /m(\d+)\.latency\.example/.exec(line)?.[1];
      if (number !== undefined && !this.ns.has(Number(number))) this.ns.set(Number(number), now);
    }
  }
}

/** Of `weir read --eve -`, by its standard output. */
export async function readLatency(line: Line, exchanges: number): Promise<Latency> {
  const seen = new Seen();
  const program = await weirOn(line, '--eve', '-');
  program.child.stdout?.on('data', (text: string) => seen.take(text));
  const result = await exchange(line, exchanges, seen);
  await program.end('SIGINT');
  return result;
}

/** Of `weir up`, by its file of EVE records, which is looked at each millisecond. */
export function upLatency(line: Line, exchanges: number): Promise<Latency> {
  return whileUp(line, async ({ eve }) => {
    const seen = new Seen();
    const file = openSync(eve, 'r');
    const chunk = Buffer.alloc(1 << 20);
    const timer = setInterval(() => {
      const length = readSync(file, chunk);
      if (length > 0) seen.take(chunk.toString('latin1', 0, length));
    }, 1);
    try {
      return await exchange(line, exchanges, seen);
    } finally {
      clearInterval(timer);
      closeSync(file);
    }
  });
}

async function exchange(line: Line, exchanges: number, seen: Seen): Promise<Latency> {
  const all = exchanges + WARM_UP;
  const { sentNs } = await line.send<{ sentNs: string[] }>('dns', all, GAP_MS);
  const deadline = performance.now() + PATIENCE_MS;
  while (seen.ns.size < all && performance.now() < deadline) await wait(20);
  const times = sentNs.flatMap((sent, number) => {
    const at = seen.ns.get(number);
    return at === undefined || number < WARM_UP ? [] : [Number(at - BigInt(sent)) / 1e6];
  });
  times.sort((a, b) => a - b);
  const at = (part: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
  return { exchanges, records: times.length, p50: at(0.5), p99: at(0.99) };
}
