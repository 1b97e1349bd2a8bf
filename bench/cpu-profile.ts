/** Reads the CPU profiles that `node --cpu-prof` writes (the DevTools protocol's Profiler.Profile). */

import { median } from './measure.ts';

/** Where the time of one function, file or folder went. */
export interface SelfTime {
  /** The function with its file and line, the file, or the folder. */
  readonly name: string;
  readonly milliseconds: number;
  /** Part of all samples in which the thread was not idle, 0 to 1. */
  readonly share: number;
}

/** Self time, the largest first. */
export interface ProfileSummary {
  readonly milliseconds: number;
  readonly functions: readonly SelfTime[];
  readonly files: readonly SelfTime[];
  readonly folders: readonly SelfTime[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Sums up a profile; paths are shown from `root` on. Throws when the text is no profile. */
export function summariseProfile(text: string, root: string): ProfileSummary {
  const profile = JSON.parse(text) as Partial<Profile>;
  const { nodes, samples, timeDeltas } = profile;
  if (nodes === undefined || samples === undefined || timeDeltas === undefined || timeDeltas.length === 0) {
    throw new Error('this is no CPU profile');
  }
  // Each sample counts the same. By the time until the next one, a function that was on when another process got the
  // processor would be charged with that, too.
  const sampleMs = median(timeDeltas) / 1000;
  const perNode = new Map<number, number>();
  for (const id of samples) perNode.set(id, (perNode.get(id) ?? 0) + sampleMs);
  const functions = new Map<string, number>();
  const files = new Map<string, number>();
  const folders = new Map<string, number>();
  let all = 0;
  for (const { id, callFrame } of nodes) {
    const time = perNode.get(id) ?? 0;
    const { functionName, url, lineNumber } = callFrame;
    if (time === 0 || functionName === '(idle)') continue;
    const file = url === '' ? '(runtime)' : url.replace('file://', '').replace(`${root}/`, '');
    const name = functionName === '' ? '(anonymous)' : functionName;
    all += time;
    add(functions, url === '' ? name : `${name}  ${file}:${lineNumber + 1}`, time);
    add(files, file === '(runtime)' ? name : file, time);
    add(folders, file === '(runtime)' ? name : file.replace(/\/[^/]*$/, ''), time);
  }
  return {
    milliseconds: all,
    functions: sorted(functions, all),
    files: sorted(files, all),
    folders: sorted(folders, all),
  };
}

function add(sums: Map<string, number>, name: string, time: number): void {
  sums.set(name, (sums.get(name) ?? 0) + time);
}

function sorted(sums: ReadonlyMap<string, number>, all: number): SelfTime[] {
  return [...sums]
    .map(([name, milliseconds]) => ({ name, milliseconds, share: all === 0 ? 0 : milliseconds / all }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}
