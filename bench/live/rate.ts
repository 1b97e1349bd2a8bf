import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Line } from './line.ts';
import type { Receiver } from './receivers.ts';

/** The slowest rate that is tried, packets per second. */
const SLOWEST = 5000;
/** A sender that reaches less of the rate it was told is the limit itself. */
const KEPT_PACE = 0.95;
/** Clock ticks in a second of /proc/PID/stat. */
const TICKS = 100;

/** What a search found. */
export interface Found {
  /** Packets per second that all arrived; 0 where even the slowest lost some. */
  readonly perSecond: number;
  /** The sender could not send more. */
  readonly senderLimited: boolean;
  /** Nanoseconds of all threads of the program for each packet, at that rate. */
  readonly cpuNs: number;
}

/** How a search goes. */
export interface SearchOptions {
  readonly seconds: number;
  readonly steps: number;
  readonly say: (words: string) => void;
}

/** The highest rate of frames of a length without loss: all that can be sent, then ever smaller steps between. */
export async function search(
  line: Line,
  receiver: Receiver,
  length: number,
  { seconds, steps, say }: SearchOptions,
): Promise<Found> {
  let low = 0;
  let high = 0;
  let cost = 0;
  for (let step = 0, asked = 0; step < steps; step++) {
    const { sent, lost, perSecond, cpuNs } = await attempt(line, receiver, length, asked, seconds);
    say(
      `${receiver.name}, ${length} bytes: ${Math.round(perSecond)} packets/s, ${lost === 0 ? 'none' : lost} of ${sent} lost`,
    );
    if (lost === 0) {
      if (asked === 0 || perSecond < asked * KEPT_PACE) return { perSecond, senderLimited: true, cpuNs };
      low = perSecond;
      cost = cpuNs;
    } else {
      high = perSecond;
    }
    asked = low === 0 ? high / 2 : Math.sqrt(low * high);
    if (asked < SLOWEST) break;
  }
  return { perSecond: low, senderLimited: false, cpuNs: cost };
}

async function attempt(line: Line, receiver: Receiver, length: number, perSecond: number, seconds: number) {
  const program = await receiver.start(line);
  const before = cpuSeconds(program.child.pid);
  const sent = await line.send<{ packets: number; seconds: number }>('rate', length, perSecond, seconds);
  // What waits in the ring is taken.
  await wait(400);
  const cpuNs = ((cpuSeconds(program.child.pid) - before) * 1e9) / sent.packets;
  const { packets, dropped } = await receiver.end(program);
  const lost = Math.max(dropped, sent.packets - packets);
  return { sent: sent.packets, lost, perSecond: sent.packets / sent.seconds, cpuNs };
}

/** User and system time that a process has had. */
function cpuSeconds(pid: number | undefined): number {
  // Behind the name in parentheses: fields 14 and 15 of proc_pid_stat(5).
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
