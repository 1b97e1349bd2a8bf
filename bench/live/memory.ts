import { setTimeout as wait } from 'node:timers/promises';
import { askSupervisor, type SystemStatus } from '../../src/control/index.ts';
import type { Line } from './line.ts';
import { memoryMb, type Up, whileUp } from './up.ts';

/** New flows must all be there before the first has been silent for 30 s. */
const SECONDS = 5;
const FASTEST = 100_000;
const SLOWEST = 10_000;
/** The sensor gives back what it does not use every 10 s. */
const SETTLED_MS = 11_000;

/** Flows that `capture.flows` allows where it is not set. */
const DEFAULT_FLOWS = 250_000;

/** Memory of the sensor of `weir up` with so many flows alive, MB (10^6 bytes). */
export interface Memory {
  /** Flows that were alive when it was measured. */
  readonly flows: number;
  readonly dropped: number;
  readonly residentMb: number;
  readonly privateMb: number;
}

/** Brings flows to life, question and answer each, and looks at the process. */
export function memoryAt(line: Line, flows: number): Promise<Memory> {
  const work = async ({ control }: Up): Promise<Memory> => {
    if (flows > 0) {
      await line.send('flows', flows, Math.min(FASTEST, Math.max(SLOWEST, (2 * flows) / SECONDS)));
    }
    await wait(SETTLED_MS);
    const { processes, statistics } = (await askSupervisor(control, { ask: 'status' })) as SystemStatus;
    const pid = processes.find(({ name }) => name === 'sensor')?.pid;
    if (pid === undefined) throw new Error('the sensor does not run');
    const sensor = statistics.sensor as {
      readonly flowsAlive: number;
      readonly capture: { readonly dropped: number };
    };
    return {
      flows: sensor.flowsAlive,
      dropped: sensor.capture.dropped,
      residentMb: memoryMb(pid, 'Rss'),
      privateMb: memoryMb(pid, 'Private_Clean', 'Private_Dirty'),
    };
  };
  return whileUp(line, work, flows > DEFAULT_FLOWS ? { flows: flows + DEFAULT_FLOWS } : {});
}
