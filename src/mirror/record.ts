import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { MirrorError } from './mirror-error.ts';

/** Where the records of mirrors lie. It is emptied at boot, as are the mirrors. */
export const RECORDS = '/run/weir/mirror';
/** Characters of a record; ours have some 700. */
const MOST_RECORD = 16_384;
/** Mirrors of one machine. */
const MOST_RECORDS = 1024;

/** The device that packets are copied to. */
export interface Target {
  readonly kind: 'dummy' | 'veth';
  /** Where to capture. */
  readonly name: string;
  /** Hardware address of `name`: a random one, by which it is known as ours. */
  readonly address: string;
  /** Where the filters mirror to: the other end of a veth pair, `name` itself for a dummy. */
  readonly input: string;
  readonly inputAddress: string;
}

/** The filters on the source. */
export interface MirrorFilters {
  readonly classifier: Classifier;
  /** 16 random bytes in hexadecimal on the action of both: by them the filters are known as ours. */
  readonly cookie: string;
  readonly ingress: number;
  readonly egress: number;
}

/** What selects every packet: `matchall` where the kernel has it, else `u32` with an empty mask. */
export type Classifier = 'matchall' | 'u32';

/** The interface that is mirrored. */
export interface Source {
  readonly index: number;
  readonly name: string;
}

/** A process: its number, and when it was started, in ticks since boot. */
export interface Maker {
  readonly pid: number;
  readonly start: string;
}

/**
 * What a mirror has changed, or was about to change when this was written: it is written before each change, so that
 * whatever a crash leaves behind can be found and undone.
 */
export interface MirrorRecord {
  readonly version: 1;
  /** Boot of the machine: a record of another one speaks of nothing that still is. */
  readonly boot: string;
  /** Number of the network namespace. */
  readonly namespace: number;
  readonly phase: 'starting' | 'started' | 'stopping';
  /** When it was started, ISO 8601 in UTC. */
  readonly since: string;
  readonly source: Source;
  /** The process that started it. */
  readonly maker?: Maker;
  /** True: the mirror goes with its maker, however that ends; a guard sees to it. */
  readonly guarded?: true;
  /** Undefined when the switch mirrors (`--mode hardware`) and nothing was added. */
  readonly software: SoftwareMirror | undefined;
}

/** What is added for a mirror in software. */
export interface SoftwareMirror {
  readonly target: Target;
  /** True when `clsact` was not there before. */
  readonly clsact: boolean;
  /** Undefined until it is known which ones fit. */
  readonly filters: MirrorFilters | undefined;
}

/** The records of one folder, as the network namespace that this process is in sees them. */
export class MirrorRecords {
  readonly folder: string;
  readonly boot: string;
  readonly namespace: number;

  constructor(folder: string = RECORDS) {
    this.folder = folder;
    this.boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    this.namespace = statSync('/proc/self/ns/net').ino;
  }

  /** Makes the folder; refuses one that others may write to, for what lies there is acted upon by root. */
  prepare(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o755 });
    const found = lstatSync(this.folder);
    if (!found.isDirectory() || found.uid !== process.geteuid?.() || (found.mode & 0o022) !== 0) {
      throw new MirrorError(
        `${this.folder} must be a folder that belongs to this user and that nobody else may write to`,
      );
    }
  }

  /** The records of mirrors in this network namespace. Those of an earlier boot are left out. */
  list(): MirrorRecord[] {
    return this.names()
      .filter((name) => name.startsWith(`${this.namespace}-`))
      .map((name) => this.read(join(this.folder, name)))
      .filter((record) => record.boot === this.boot);
  }

  /** Replaces the record of this source in one step: a reader finds the old one or the new one, whole. */
  write(record: MirrorRecord): void {
    const path = this.path(record.source.index);
    const half = `${path}.${randomBytes(6).toString('hex')}.new`;
    try {
      writeFileSync(half, `${JSON.stringify(record, null, 2)}\n`, { flag: 'wx', mode: 0o644 });
      renameSync(half, path);
    } catch (error) {
      rmSync(half, { force: true });
      throw error;
    }
  }

  /** Forgets a mirror: the last step of stopping. Halves that crashes left behind go with it. */
  remove(source: Source): void {
    unlinkSync(this.path(source.index));
    for (const name of readdirSync(this.folder)) {
      if (name.startsWith(`${this.namespace}-${source.index}.json.`) && name.endsWith('.new')) {
        rmSync(join(this.folder, name), { force: true });
      }
    }
  }

  private path(index: number): string {
    return join(this.folder, `${this.namespace}-${index}.json`);
  }

  private names(): string[] {
    let names: string[];
    try {
      names = readdirSync(this.folder);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
    return names.filter((name) => name.endsWith('.json')).slice(0, MOST_RECORDS);
  }

  private read(path: string): MirrorRecord {
    const found = lstatSync(path);
    const trusted = found.isFile() && (found.uid === 0 || found.uid === process.geteuid?.());
    const record = trusted && found.size <= MOST_RECORD ? parseRecord(readFileSync(path, 'utf8')) : undefined;
    if (record === undefined) {
      throw new MirrorError(
        `${path} is not a record of a mirror; look at 'tc filter show' and 'ip link' and remove it by hand`,
      );
    }
    return record;
  }
}

/** A record from its text; undefined when it is none. Every name in it later becomes an argument of ip or tc. */
export function parseRecord(text: string): MirrorRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isRecord(value) ? value : undefined;
}

function isRecord(value: unknown): value is MirrorRecord {
  return (
    has(value, 'version', (version) => version === 1) &&
    has(value, 'boot', isString) &&
    has(value, 'namespace', Number.isSafeInteger) &&
    has(value, 'phase', (phase) => phase === 'starting' || phase === 'started' || phase === 'stopping') &&
    has(value, 'since', (since) => isString(since) && !Number.isNaN(Date.parse(since))) &&
    has(
      value,
      'source',
      (source) => has(source, 'index', Number.isSafeInteger) && has(source, 'name', isName),
    ) &&
    (!('maker' in value) || isMaker(value.maker)) &&
    (!('guarded' in value) || value.guarded === true) &&
    (!('software' in value) || isSoftware(value.software))
  );
}

function isMaker(value: unknown): boolean {
  return (
    has(value, 'pid', Number.isSafeInteger) &&
    has(value, 'start', (start) => isString(start) && /^\d{1,20}$/.test(start))
  );
}

function isSoftware(value: unknown): boolean {
  return (
    has(value, 'clsact', (clsact) => typeof clsact === 'boolean') &&
    has(
      value,
      'target',
      (target) =>
        has(target, 'kind', (kind) => kind === 'dummy' || kind === 'veth') &&
        has(target, 'name', isName) &&
        has(target, 'address', isAddress) &&
        has(target, 'input', isName) &&
        has(target, 'inputAddress', isAddress),
    ) &&
    (!('filters' in value) ||
      has(
        value,
        'filters',
        (filters) =>
          has(filters, 'classifier', (one) => one === 'matchall' || one === 'u32') &&
          has(filters, 'cookie', (cookie) => isString(cookie) && /^[0-9a-f]{32}$/.test(cookie)) &&
          has(filters, 'ingress', isPreference) &&
          has(filters, 'egress', isPreference),
      ))
  );
}

function has<K extends string>(
  value: unknown,
  key: K,
  is: (field: unknown) => boolean,
): value is Readonly<Record<K, unknown>> {
  return (
    typeof value === 'object' && value !== null && key in value && is((value as Record<K, unknown>)[key])
  );
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isPreference(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 0xffff;
}

function isAddress(value: unknown): boolean {
  return isString(value) && /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(value);
}

/**
 * True for what can be the name of an interface and stand behind `dev`: 1 to 15 bytes without slash, blank or control
 * character (dev_valid_name in the kernel's net/core/dev.c), and not what could pass for an option.
 */
export function isName(value: unknown): value is string {
  return (
    isString(value) &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    /^[^-\s/:\u0000-\u001f\u007f][^\s/:\u0000-\u001f\u007f]*$/u.test(value) &&
    Buffer.byteLength(value) <= 15 &&
    value !== '.' &&
    value !== '..'
  );
}
