import type { Configuration } from '../config/index.ts';
import type { Maker } from '../mirror/index.ts';
import type { Worker } from './workers.ts';

/** What a run decides besides the configuration. */
export interface Run {
  /** Read these captures instead of an interface. */
  readonly captures: readonly string[];
  /** The user to become; undefined: stay. */
  readonly user: User | undefined;
  /** Which of several sensors the process is; undefined: there is one, or it is none. */
  readonly worker?: Worker | undefined;
  /** Whose mirrors are to be taken away; for the guard. */
  readonly maker?: Maker | undefined;
}

/** A user of the system. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** What the supervisor says to a process. */
export type ToProcess =
  | { readonly control: 'start'; readonly configuration: Configuration; readonly run: Run }
  | { readonly control: 'reload'; readonly configuration: Configuration }
  | { readonly control: 'drain' }
  | { readonly control: 'ask'; readonly id: number; readonly question: string }
  /** The line of the answer to what the process asked. */
  | { readonly control: 'told'; readonly id: number; readonly answer: string };

/** What a process says to the supervisor. */
export type FromProcess =
  | { readonly control: 'ready' }
  /** It cannot work; the process ends by itself. */
  | { readonly control: 'failed'; readonly reason: string }
  /** Its input has ended: the captures are read. */
  | { readonly control: 'finished' }
  | { readonly control: 'reloaded'; readonly faults: readonly string[] }
  | { readonly control: 'answer'; readonly id: number; readonly value: unknown }
  /** Asks what the control socket could be asked; for the process of the API alone. */
  | { readonly control: 'question'; readonly id: number; readonly line: string };

const KINDS: ReadonlySet<unknown> = new Set([
  'ready',
  'failed',
  'finished',
  'reloaded',
  'answer',
  'question',
]);

/** True for a message of a process; those of the bus share the channel. */
export function isFromProcess(value: unknown): value is FromProcess {
  return typeof value === 'object' && value !== null && 'control' in value && KINDS.has(value.control);
}

/** True for a message of the supervisor. */
export function isToProcess(value: unknown): value is ToProcess {
  return typeof value === 'object' && value !== null && 'control' in value;
}

/** The topic on which EVE records travel. */
export const RECORDS = 'records';
/** The name of the sensor, and what those of several begin with. */
export const SENSOR = 'sensor';
/** The name of the process of the active stream. */
export const PROXY = 'proxy';
/** The name of the process that takes decisions and enforces them. */
export const RESPONDER = 'responder';
/** The topic on which decisions are asked for, and the one on which those in force are told. */
export const WISHES = 'wishes';
export const DECISIONS = 'decisions';
/** The topic on which replays of stored requests are asked for. */
export const REPLAYS = 'replays';
/** The topic on which the hub tells of the records that it makes itself. */
export const FINDINGS = 'findings';
/** The name of the process that serves the API and the console. */
export const API = 'api';
/** The name of the process that takes the mirror away. */
export const MIRROR_GUARD = 'mirror';
/** The name of the hub's subscription. */
export const HUB = 'hub';

const TOPICS: Readonly<Record<string, ReadonlySet<string>>> = {
  [HUB]: new Set([WISHES, FINDINGS]),
  [API]: new Set([]),
  // It asks for the decisions when it begins.
  [PROXY]: new Set([RECORDS, WISHES]),
  [RESPONDER]: new Set([RECORDS, DECISIONS, REPLAYS]),
};

/** What a process may publish: one that was taken over by what it reads can tell nobody of decisions that were not taken. */
export function topicsOf(process: string): ReadonlySet<string> {
  return TOPICS[process] ?? new Set([RECORDS]);
}
