import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { askSupervisor, type SystemStatus } from '../../src/control/index.ts';
import type { Line } from './line.ts';
import { memoryMb, type Up, whileUp } from './up.ts';

/** New flows must all be there before the first has been silent for 30 s. */
const SECONDS = 5;
const FASTEST = 100_000;
const SLOWEST = 10_000;
/** Every 10 s the sensor collects its garbage and gives back what it does not use. */
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
  /** What is resident, by what it is. */
  readonly parts: Parts;
}

/** Resident memory by mapping, MB (10^6 bytes). `other`: JavaScript's heap and everything else that has no name. */
interface Parts {
  ring: number;
  program: number;
  libraries: number;
  cHeap: number;
  other: number;
}

/** Takes /proc/PID/smaps apart. */
function partsOf(pid: number): Parts {
  const parts: Parts = { ring: 0, program: 0, libraries: 0, cHeap: 0, other: 0 };
  for (const mapping of readFileSync(`/proc/${pid}/smaps`, 'latin1').split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
    const name = mapping.slice(0, mapping.indexOf('\n')).split(/ +/)[5] ?? '';
    const bytes = Number(/^Rss:\s+(\d+) kB/m.exec(mapping)?.[1]) * 1024;
    parts[partOf(name)] += bytes / 1e6;
  }
  return parts;
}

function partOf(name: string): keyof Parts {
  if (name.startsWith('socket:')) return 'ring';
  if (name === '[heap]') return 'cHeap';
  if (/\.node$|\.so(\.|$)/.test(name)) return 'libraries';
  return name.startsWith('/') ? 'program' : 'other';
}

/** What the sensor of the weir with this control folder takes now. */
export async function sensorMemory(control: string): Promise<Memory> {
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
    parts: partsOf(pid),
  };
}

/** Brings flows to life, question and answer each, and looks at the process. */
export function memoryAt(line: Line, flows: number): Promise<Memory> {
  const work = async ({ control }: Up): Promise<Memory> => {
    if (flows > 0) {
      await line.send('flows', flows, Math.min(FASTEST, Math.max(SLOWEST, (2 * flows) / SECONDS)));
    }
    await wait(SETTLED_MS);
    return sensorMemory(control);
  };
  return whileUp(line, work, flows > DEFAULT_FLOWS ? { flows: flows + DEFAULT_FLOWS } : {});
}
