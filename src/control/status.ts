import type { BusStatistics, SubscriberStatistics, TopicStatistics } from '../bus/index.ts';
import { fields, flag, list, maybe, number, type Shape, text, word } from './shape.ts';

/** Where a process is in its life. */
export type ProcessState = 'starting' | 'running' | 'waiting' | 'stopping' | 'stopped';

/** What `weir status` says of a process. */
export interface ProcessStatus {
  readonly name: string;
  readonly state: ProcessState;
  readonly pid: number | undefined;
  /** ISO 8601; of the process that runs now. */
  readonly since: string | undefined;
  readonly restarts: number;
  /** Milliseconds of the last waits before a restart, the latest last. */
  readonly waitsMs: readonly number[];
  /** How the last process ended; empty when none has. */
  readonly lastEnd: string;
  readonly residentBytes: number;
  readonly user: string;
}

/** What `weir status` shows. */
export interface SystemStatus {
  readonly pid: number;
  readonly since: string;
  readonly state: 'starting' | 'running' | 'stopping';
  readonly configuration: string | undefined;
  readonly supervisorBytes: number;
  readonly processes: readonly ProcessStatus[];
  /**
   * Numbers of each process by its name, as it tells them; undefined while it does not answer. `sensor` is there too
   * where there are several: their sum.
   */
  readonly statistics: Readonly<Record<string, unknown>>;
  readonly bus: BusStatistics;
}

/** True for a state that came from outside; what the processes tell of themselves stays unchecked. */
export const isSystemStatus: Shape<SystemStatus> = fields<SystemStatus>({
  pid: number,
  since: text,
  state: word('starting', 'running', 'stopping'),
  configuration: maybe(text),
  supervisorBytes: number,
  processes: list(
    fields<ProcessStatus>({
      name: text,
      state: word('starting', 'running', 'waiting', 'stopping', 'stopped'),
      pid: maybe(number),
      since: maybe(text),
      restarts: number,
      waitsMs: list(number),
      lastEnd: text,
      residentBytes: number,
      user: text,
    }),
  ),
  statistics: (value): value is Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null,
  bus: fields<BusStatistics>({
    topics: list(
      fields<TopicStatistics>({ topic: text, batches: number, records: number, unclaimed: number }),
    ),
    subscribers: list(
      fields<SubscriberStatistics>({
        topic: text,
        name: text,
        connected: flag,
        queuedBatches: number,
        queuedBytes: number,
        limitBytes: number,
        acknowledged: number,
        redelivered: number,
        dropped: number,
      }),
    ),
  }),
});
