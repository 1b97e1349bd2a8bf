import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type ApiConfiguration, apiOf } from './api.ts';
import { type CorrelationConfiguration, correlationOf } from './correlation.ts';
import { ConfigurationError } from './error.ts';
import { parseDuration, parseSize } from './quantity.ts';
import { defaultOf, readYaml } from './reader.ts';
import { type NotificationConfiguration, type RespondConfiguration, respondOf } from './respond.ts';
import { SCHEMA, type Settings } from './schema.ts';
import { type WebConfiguration, webOf } from './web.ts';
import { workerFaults, workersOf } from './workers.ts';

/** The path that is read where none is given, and that need not exist. */
export const DEFAULT_PATH = '/etc/weir/weir.yaml';
/** A configuration is never larger; who gives another file has mistaken it. */
const MOST_BYTES = 1 << 20;

/** The configuration, ready for use: sizes in bytes, times in milliseconds. Plain data, it travels between processes. */
export interface Configuration {
  readonly capture: Omit<Settings['capture'], 'buffer' | 'ring' | 'workers' | 'progress'> & {
    readonly buffer: number;
    /** 0: off. */
    readonly progressMs: number;
    /** Sensors, from 1; what the file says or what the machine has room for. */
    readonly workers: number;
    readonly ring: {
      readonly folder: string;
      readonly sizeBytes: number;
      readonly ageMs: number;
      readonly fileBytes: number;
    };
  };
  readonly outputs: Settings['outputs'];
  readonly web: WebConfiguration;
  readonly correlation: CorrelationConfiguration;
  readonly respond: RespondConfiguration;
  readonly notifications: NotificationConfiguration;
  readonly lan: Omit<Settings['lan'], 'retention'> & { readonly retentionMs: number };
  readonly store: {
    readonly enabled: boolean;
    readonly folder: string;
    readonly quota: number;
    /** By record type; `default` is for all others. */
    readonly retentionMs: Readonly<Record<string, number>>;
  };
  readonly status: {
    readonly enabled: boolean;
    readonly folder: string;
    readonly intervalMs: number;
    /** What a configuration of dpi-dual says of its files; `weir.yaml` does not say it. */
    readonly files?: StatusFilesChoice;
  };
  readonly privileges: Settings['privileges'];
  readonly processes: {
    readonly restart: { readonly firstMs: number; readonly longestMs: number; readonly healthyMs: number };
    readonly drainMs: number;
    /** Bytes. */
    readonly queue: number;
  };
  readonly api: ApiConfiguration;
  readonly control: Settings['control'];
}

/** Which status files are written, and what they name. */
export interface StatusFilesChoice {
  readonly tapInterface: string;
  readonly lanInterface: string;
  /** How far back the protocols of dpi-flows.json count, in seconds. */
  readonly flowSeconds: number;
  readonly flows: boolean;
  readonly lan: boolean;
  readonly clients: boolean;
  readonly destinations: boolean;
  readonly protocols: boolean;
}

/** Reads a file. Throws {@link ConfigurationError} with each mistake, and the system's error where it cannot be read. */
export function readConfiguration(path: string): Configuration {
  return parseConfiguration(readConfigurationText(path), path);
}

/** Reads the text of a file; `file` is its name in messages. Throws {@link ConfigurationError}. */
export function parseConfiguration(text: string, file: string): Configuration {
  const { value, mistakes, place } = readYaml(text, SCHEMA);
  if (mistakes.length > 0) throw new ConfigurationError(file, mistakes);
  const settings = value as Settings;
  const faults = workerFaults(settings).map((message) => ({ ...place('capture.workers'), message }));
  if (faults.length > 0) throw new ConfigurationError(file, faults);
  return configurationOf(settings);
}

/** What is used without a file. */
export function defaultConfiguration(): Configuration {
  return configurationOf(defaultOf(SCHEMA) as Settings);
}

function configurationOf(settings: Settings): Configuration {
  const { lan, store, status, processes } = settings;
  const { progress, ...capture } = settings.capture;
  const retention = Object.entries(store.retention as Readonly<Record<string, string | number | undefined>>);
  return {
    capture: {
      ...capture,
      buffer: parseSize(capture.buffer),
      progressMs: parseDuration(progress),
      workers: workersOf(settings, availableParallelism()),
      ring: {
        folder: capture.ring.folder,
        sizeBytes: parseSize(capture.ring.size),
        ageMs: parseDuration(capture.ring.age),
        fileBytes: parseSize(capture.ring.file),
      },
    },
    outputs: settings.outputs,
    web: webOf(settings.web, availableParallelism()),
    correlation: correlationOf(settings.correlation),
    respond: respondOf(settings.respond),
    notifications: settings.notifications,
    lan: { enabled: lan.enabled, networks: lan.networks, retentionMs: parseDuration(lan.retention) },
    store: {
      enabled: store.enabled,
      folder: store.folder,
      quota: parseSize(store.quota),
      retentionMs: Object.fromEntries(
        retention.flatMap(([type, time]) => (time === undefined ? [] : [[type, parseDuration(time)]])),
      ),
    },
    status: { enabled: status.enabled, folder: status.folder, intervalMs: parseDuration(status.interval) },
    privileges: settings.privileges,
    processes: {
      restart: {
        firstMs: parseDuration(processes.restart.first),
        longestMs: parseDuration(processes.restart.longest),
        healthyMs: parseDuration(processes.restart.healthy),
      },
      drainMs: parseDuration(processes.drain),
      queue: parseSize(processes.queue),
    },
    api: apiOf(settings.api),
    control: settings.control,
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT') {
      throw new ConfigurationError(path, [
        first('there is no such file; integrations/weir.yaml is one to begin with'),
      ]);
    }
    if (code === 'EACCES') throw new ConfigurationError(path, [first('may not be read by this user')]);
    throw error;
  }
}

/**
 * The text of a file, which must be UTF-8 and of a sensible size. Throws {@link ConfigurationError}, and the system's error
 * where it cannot be read.
 */
export function readConfigurationText(path: string): string {
  const file = open(path);
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw new ConfigurationError(path, [first('is a folder; name a file')]);
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < bytes.length; length += got) {
      got = readSync(file, bytes, length, bytes.length - length, null);
    }
    if (length > MOST_BYTES) throw new ConfigurationError(path, [first('is larger than 1 MiB')]);
    return decode(bytes.subarray(0, length), path);
  } finally {
    closeSync(file);
  }
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) throw new ConfigurationError(path, [first('is not UTF-8 text')]);
    throw error;
  }
}

function first(message: string): { line: number; column: number; message: string } {
  return { line: 1, column: 1, message };
}
