import { Building, randomAddress } from './build.ts';
import { attached, links, mayAdminister, remains } from './kernel.ts';
import { withLock } from './lock.ts';
import { isAbandoned, isMadeBy, thisProcess } from './maker.ts';
import { MirrorError } from './mirror-error.ts';
import { inputName, placeFilters } from './plan.ts';
import { isName, type Maker, type MirrorRecord, MirrorRecords, type Target } from './record.ts';
import { type MirrorMode, type MirrorStatus, statusOf } from './status.ts';
import type { Link } from './traffic-control.ts';
import { undo } from './undo.ts';

/** Targets that are tried when none is named: weir0, weir1 ... */
const MOST_TARGETS = 256;

/** What is to be mirrored. */
export interface StartOptions {
  readonly source: string;
  /** Name of the device to capture on; by default the first free one of weir0, weir1 ... */
  readonly target?: string | undefined;
  readonly mode: MirrorMode;
  readonly records?: MirrorRecords;
}

/** A start that succeeded. */
export interface Started {
  /** False when the mirror was there already. */
  readonly changed: boolean;
  readonly mirror: MirrorStatus;
  /** What else was done or could not be done. */
  readonly notes: readonly string[];
}

/** What a stop did. */
export interface Stopped {
  /** Names of the interfaces that are no longer mirrored. */
  readonly stopped: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Copies what an interface receives and sends to a device of its own. A mirror that is there and whole stays as it is;
 * one of which a part is gone is taken away and made anew. Throws {@link MirrorError}; then nothing was changed, or
 * what was changed has been undone.
 */
export async function startMirror(options: StartOptions): Promise<Started> {
  const records = options.records ?? new MirrorRecords();
  requireAdministrator('start');
  records.prepare();
  return await withLock(records.folder, async () => {
    const notes: string[] = [];
    const present = await earlier(options, records, notes);
    if (present !== undefined) return { changed: false, mirror: present, notes };
    const source = checkSource(options, await links(), records);
    const base = {
      version: 1,
      boot: records.boot,
      namespace: records.namespace,
      since: new Date().toISOString(),
      source: { index: source.index, name: source.name },
      maker: thisProcess(),
    } as const;
    if (options.mode === 'hardware') {
      const record: MirrorRecord = { ...base, phase: 'started', software: undefined };
      records.write(record);
      return { changed: true, mirror: await statusOf(record), notes };
    }
    // Refused before anything is changed.
    placeFilters(source.name, await attached(source.name));
    const software = {
      target: chooseTarget(options.target, await links()),
      clsact: false,
      filters: undefined,
    };
    const building = new Building(records, { ...base, phase: 'starting', software }, notes);
    try {
      return { changed: true, mirror: await building.build(source.name), notes };
    } catch (error) {
      throw await undone(error, () => undo(building.record, records));
    }
  });
}

/**
 * Takes mirrors away: that of one source, or all of this network namespace. What others have added stays. Harmless
 * when there is none. Throws {@link MirrorError} when a part cannot be removed; stopping again goes on there.
 */
export async function stopMirror(
  source: string | undefined,
  records: MirrorRecords = new MirrorRecords(),
): Promise<Stopped> {
  return await stopWhere(records, (_record, name) => source === undefined || source === name);
}

/**
 * Takes away the mirrors that a process has started, as {@link stopMirror} does. What was stopped and started anew by
 * another process since stays.
 */
export async function stopMirrorsOf(
  maker: Maker,
  records: MirrorRecords = new MirrorRecords(),
): Promise<Stopped> {
  return await stopWhere(records, (record) => isMadeBy(record, maker));
}

/** Notes that the mirrors which a process has started are to go with it, and returns what is mirrored by them. */
export async function guardMirrorsOf(
  maker: Maker,
  records: MirrorRecords = new MirrorRecords(),
): Promise<readonly string[]> {
  records.prepare();
  return await withLock(records.folder, async () => {
    const own = records.list().filter((record) => isMadeBy(record, maker));
    for (const record of own) records.write({ ...record, guarded: true });
    return own.map(({ source }) => source.name);
  });
}

/** True when this process has started a mirror that is there, or of which something may be. */
export function hasMadeMirror(records: MirrorRecords = new MirrorRecords()): boolean {
  const maker = thisProcess();
  return records.list().some((record) => isMadeBy(record, maker));
}

async function stopWhere(
  records: MirrorRecords,
  wanted: (record: MirrorRecord, name: string) => boolean,
): Promise<Stopped> {
  if (records.list().length === 0) return { stopped: [], notes: [] };
  requireAdministrator('stop');
  records.prepare();
  return await withLock(records.folder, async () => {
    const names = new Map((await links()).map(({ index, name }) => [index, name]));
    const stopped: string[] = [];
    const notes: string[] = [];
    for (const record of records.list()) {
      const name = names.get(record.source.index) ?? record.source.name;
      if (!wanted(record, name)) continue;
      notes.push(...(await undo(record, records)));
      stopped.push(name);
    }
    return { stopped, notes };
  });
}

/** The reason of a failure once its traces are removed; with what stands in the way of that, if something does. */
async function undone(reason: unknown, undoing: () => Promise<unknown>): Promise<unknown> {
  try {
    await undoing();
    return reason;
  } catch (error) {
    if (!(reason instanceof Error && error instanceof Error)) return error;
    return new MirrorError(
      `${reason.message}; what was added until then could not be removed (${error.message}): weir mirror stop`,
    );
  }
}

function requireAdministrator(verb: 'start' | 'stop'): void {
  if (mayAdminister()) return;
  throw new MirrorError(
    `mirror ${verb} needs root (CAP_NET_ADMIN), for it changes the traffic control of an interface; 'weir mirror status' and 'weir read' work without`,
  );
}

/** The mirror of this source when it is there and whole. What is left of broken ones is removed. */
async function earlier(
  { source, target, mode }: StartOptions,
  records: MirrorRecords,
  notes: string[],
): Promise<MirrorStatus | undefined> {
  for (const record of records.list()) {
    const found = await statusOf(record);
    const gone = (await remains(record)).source === undefined;
    const abandoned = isAbandoned(record);
    if (!gone && !abandoned && found.source !== source) continue;
    if (found.state === 'whole' && !abandoned) {
      if (found.mode === mode && (target === undefined || target === found.capture)) return found;
      const how = found.mode === 'hardware' ? 'by a switch' : `to ${found.capture}`;
      throw new MirrorError(`${source} is mirrored already, ${how}: weir mirror stop --source ${source}`);
    }
    notes.push(
      `what was left of an earlier mirror of ${found.source} was removed (${abandoned ? 'the weir that it belonged to has ended' : found.missing.join(', ')})`,
    );
    notes.push(...(await undo(record, records)));
  }
  return undefined;
}

/** The link to be mirrored. Throws {@link MirrorError} when it cannot be. */
function checkSource({ source, mode }: StartOptions, all: readonly Link[], records: MirrorRecords): Link {
  const link = all.find(({ name }) => name === source);
  if (link === undefined) {
    throw new MirrorError(
      `there is no interface '${source}' here; there are ${all.map(({ name }) => name).join(', ')}`.slice(
        0,
        1000,
      ),
    );
  }
  if (mode === 'software' && link.layer !== 'ether') {
    const why =
      link.layer === 'loopback'
        ? 'its packets are both sent and received, so each would come twice'
        : 'its packets have no Ethernet header';
    throw new MirrorError(`${source} cannot be mirrored in software: ${why}; capture on it as it is`);
  }
  const targets = records.list().map(({ software }) => software?.target);
  if (targets.some((target) => target?.name === source || target?.input === source)) {
    throw new MirrorError(`${source} is itself the target of a mirror; capture on it as it is`);
  }
  return link;
}

function chooseTarget(wanted: string | undefined, all: readonly Link[]): Target {
  const taken = new Set(all.map(({ name }) => name));
  const pair = (name: string) => ({ name, input: inputName(name) });
  const free = (one: { readonly name: string; readonly input: string }): boolean =>
    !taken.has(one.name) && !taken.has(one.input) && one.name !== one.input;
  if (wanted !== undefined && !(isName(wanted) && /^[\w.-]+$/.test(wanted))) {
    throw new MirrorError(
      `'${wanted}' cannot be the name of an interface: at most 15 letters, digits, dots, dashes`,
    );
  }
  const names =
    wanted === undefined ? Array.from({ length: MOST_TARGETS }, (_, i) => pair(`weir${i}`)) : [pair(wanted)];
  const found = names.find(free);
  if (found === undefined) {
    const which =
      wanted === undefined ? `weir0 to weir${MOST_TARGETS - 1}` : `${wanted} (or ${pair(wanted).input})`;
    throw new MirrorError(
      `there is already an interface ${which}; choose another name for the target (--target)`,
    );
  }
  const address = randomAddress();
  return { kind: 'dummy', name: found.name, address, input: found.name, inputAddress: address };
}
