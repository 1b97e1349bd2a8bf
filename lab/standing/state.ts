import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { endPrograms, namespaceExists, removeNamespaces, startTicks } from '../namespaces.ts';
import { STANDING_HOSTS } from '../topology.ts';
import { closeConsole } from './console.ts';

/** Where standing labs keep what they need; gone with the last of them. */
export const STATE_FOLDER = '/run/weir-lab';
/** The name of a lab when none is given. */
export const DEFAULT_NAME = 'lab';
/** How long programs may take to end when they are asked to, in milliseconds. */
const GRACE_MS = 2000;
/** Of a log that grew longer than this, nothing is kept; records of requests may take more. */
const MAX_LOG_BYTES = 1_000_000;
const MAX_RECORD_BYTES = 64_000_000;

/** Something that the user is told in one sentence; exit code 1. */
export class LabError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LabError';
  }
}

/** A lab by its name: what it is called in the system. Whether it is there is another question. */
export interface Lab {
  readonly name: string;
  /** Namespaces are called PREFIX-HOST. */
  readonly prefix: string;
  readonly folder: string;
  readonly namespaces: readonly string[];
}

/** What is written about a lab. */
export interface LabState {
  readonly version: 1;
  readonly phase: 'building' | 'up' | 'removing';
  /** When building began, or when it was up; ISO 8601. */
  readonly since: string;
  /** The process that builds or removes, and when it was started: numbers are used again. */
  readonly pid: number;
  readonly started: string;
}

/** The lab of a name. */
export function labOf(name: string): Lab {
  const prefix = `weir-${name}`;
  const namespaces = STANDING_HOSTS.map((host) => `${prefix}-${host}`);
  return { name, prefix, folder: join(STATE_FOLDER, name), namespaces };
}

/** What is written about a lab; undefined when nothing is, or nothing that can be read. */
export function readState(lab: Lab): LabState | undefined {
  try {
    const state = JSON.parse(
      readFileSync(join(lab.folder, 'state.json'), 'utf8'),
    ) as Partial<LabState> | null;
    if (state === null || state.version !== 1 || typeof state.pid !== 'number') return undefined;
    return state as LabState;
  } catch {
    return undefined;
  }
}

/**
 * Makes the lab's folder, with its state `building`, in one step: of two that try at the same time one succeeds.
 * Returns false when there is one.
 */
export function claim(lab: Lab): boolean {
  mkdirSync(STATE_FOLDER, { recursive: true, mode: 0o700 });
  const made = mkdtempSync(join(STATE_FOLDER, `.${lab.name}-`));
  try {
    writeFileSync(join(made, 'state.json'), stateOf('building'));
    renameSync(made, lab.folder);
    return true;
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw error;
  }
}

/** Writes a state in place of the one before, whole or not at all. */
export function setPhase(lab: Lab, phase: LabState['phase']): void {
  const path = join(lab.folder, 'state.json');
  writeFileSync(`${path}.new`, stateOf(phase));
  renameSync(`${path}.new`, path);
}

/** The process that builds or removes the lab at this moment, if one does and it is not this one. */
export function busyProcess(state: LabState | undefined): number | undefined {
  if (state === undefined || state.phase === 'up' || state.pid === process.pid) return undefined;
  return startTicks(state.pid) === state.started ? state.pid : undefined;
}

/** Whether everything that `up` made has its namespace still: after a restart of the machine it has not. */
export function isWhole(lab: Lab): boolean {
  return lab.namespaces.every(namespaceExists);
}

/** Whether there is anything of the lab: state, folder or a namespace. */
export function isAnythingThere(lab: Lab): boolean {
  return claims(lab).length > 0 || lab.namespaces.some(namespaceExists);
}

/** The lab as it must be for traffic and attacks; throws the sentence that says what is the matter. */
export function requireUp(lab: Lab): LabState {
  const state = readState(lab);
  const hint = lab.name === DEFAULT_NAME ? '' : ` --name ${lab.name}`;
  const busy = busyProcess(state);
  if (busy !== undefined) throw new LabError(`the lab is not ready: process ${busy} is ${state?.phase} it`);
  if (state?.phase === 'up' && isWhole(lab)) return state;
  const left = isAnythingThere(lab) ? 'is left over from something that was cut off' : 'is not up';
  throw new LabError(`the lab '${lab.name}' ${left}: 'weir lab up${hint}' builds it`);
}

/**
 * Removes all of a lab: programs, namespaces, files, the console's port. Harmless where nothing is, and after any
 * crash. Returns how many programs ran.
 */
export async function removeLab(lab: Lab): Promise<number> {
  const state = readState(lab);
  const busy = busyProcess(state);
  if (busy !== undefined)
    throw new LabError(`process ${busy} is ${state?.phase} the lab; wait for it, or end it`);
  if (state !== undefined) setPhase(lab, 'removing');
  const forwarders = await closeConsole(lab.folder);
  const programs = await endPrograms(lab.namespaces, GRACE_MS);
  removeNamespaces(lab.namespaces);
  // The folder goes last: as long as it is there, a removal that was cut off can be taken up again.
  for (const path of claims(lab)) rmSync(path, { recursive: true, force: true });
  try {
    rmdirSync(STATE_FOLDER);
  } catch {
    // It was never made, or another lab has its folder in it.
  }
  const left = [...claims(lab), ...lab.namespaces.filter(namespaceExists)];
  if (left.length > 0) throw new LabError(`could not be removed: ${left.join(', ')}`);
  return programs.length + forwarders;
}

/** Empties logs that grew long: /run is memory on most machines. */
export function trimLogs(lab: Lab): void {
  for (const entry of readdirSync(lab.folder, { recursive: true, withFileTypes: true })) {
    const isRecords = /^eve-.*\.json$/.test(entry.name);
    if (!entry.isFile() || !(isRecords || entry.name.endsWith('.log'))) continue;
    const path = join(entry.parentPath, entry.name);
    if (statSync(path).size > (isRecords ? MAX_RECORD_BYTES : MAX_LOG_BYTES)) writeFileSync(path, '');
  }
}

/** The lab's folder, and those that a claim which was cut off has left. */
function claims(lab: Lab): string[] {
  try {
    return readdirSync(STATE_FOLDER)
      .filter((name) => name === lab.name || name.startsWith(`.${lab.name}-`))
      .map((name) => join(STATE_FOLDER, name));
  } catch {
    return [];
  }
}

function stateOf(phase: LabState['phase']): string {
  const state: LabState = {
    version: 1,
    phase,
    since: new Date().toISOString(),
    pid: process.pid,
    started: startTicks(process.pid) ?? '',
  };
  return `${JSON.stringify(state)}\n`;
}
