import {
  type Fields,
  isCount,
  loadSnapshot,
  type SnapshotKind,
  saveSnapshot,
  type Wrong,
} from '../reputation/index.ts';
import { STAGES, type Stage } from './attack.ts';
import { MOST } from './case.ts';
import type { Access, CaseContents, StepContents } from './contents.ts';
import type { Role } from './incident.ts';
import { type IncidentOptions, Incidents } from './incidents.ts';

/** An incident with all its steps and addresses takes some 40,000 characters; texts of records may be odd ones. */
const KIND: SnapshotKind = { file: 'weir-incidents', version: 1, length: 1 << 21, lines: 10_000 };
/** Incidents of a file: open ones first. */
const MOST_SAVED = 2000;
const LONGEST = 1024;
const ROLES: ReadonlySet<unknown> = new Set<Role>(['attacker', 'victim', 'infrastructure']);
const STAGE_NAMES: ReadonlySet<unknown> = new Set<Stage>(STAGES.map(({ stage }) => stage));

/** Incidents as they were saved, and what there is to tell of it. */
export interface LoadedIncidents {
  readonly incidents: Incidents;
  /** The mark that they were saved with; empty without a file, or where it could not be read. */
  readonly mark: string;
  /** In words, what was wrong with the file and where it is now; undefined where nothing was. */
  readonly problem: string | undefined;
}

/**
 * Writes the incidents to a file, atomically; evidence may come in meanwhile. `mark`: the last piece of evidence that is
 * in it for certain. Throws StateFileError.
 */
export async function saveIncidents(
  incidents: Incidents,
  path: string,
  nowUs: number,
  mark = '',
): Promise<void> {
  await saveSnapshot(path, KIND, { savedUs: nowUs, mark }, incidents.contents(MOST_SAVED));
}

/**
 * Reads incidents from a file, or begins anew where there is none. A damaged file, or one of another version, is renamed
 * to `….damaged`, and nothing of it is taken. Throws StateFileError where it cannot be read or renamed.
 */
export async function loadIncidents(path: string, options: IncidentOptions): Promise<LoadedIncidents> {
  const { value, problem } = await loadSnapshot(
    path,
    KIND,
    'incidents begin anew',
    ({ mark }) => ({ incidents: new Incidents(options), mark: typeof mark === 'string' ? mark : '' }),
    ({ incidents }, fields, wrong) => incidents.restore(contentsFrom(fields, wrong)),
  );
  return { ...(value ?? { incidents: new Incidents(options), mark: '' }), problem };
}

function contentsFrom(fields: Fields, wrong: Wrong): CaseContents {
  const { id, principal, isClosed, firstUs, lastUs, count } = fields;
  const contents = {
    roles: listFrom(fields.roles, 3 * MOST.addresses, roleFrom),
    steps: listFrom(fields.steps, STAGES.length, stepFrom),
    accesses: listFrom(fields.accesses, MOST.addresses, accessFrom),
    ja4s: listFrom(fields.ja4s, MOST.ja4s, textFrom),
    related: listFrom(fields.related, MOST.related, textFrom),
    turned: listFrom(fields.turned, MOST.addresses, textFrom),
  };
  const { roles, steps, accesses, ja4s, related, turned } = contents;
  const isSound =
    typeof id === 'string' &&
    /^[a-z0-9]{20}$/.test(id) &&
    typeof principal === 'string' &&
    typeof isClosed === 'boolean' &&
    isCount(firstUs) &&
    isCount(lastUs) &&
    isCount(count) &&
    new Set(steps?.map(({ stage }) => stage)).size === steps?.length;
  if (!isSound || !roles || !accesses || !ja4s || !related || !turned) throw wrong('is not an incident');
  return {
    id,
    principal,
    isClosed,
    firstUs,
    lastUs,
    count,
    roles,
    steps,
    accesses,
    ja4s,
    related,
    turned,
  };
}

/** A list of at most so many items; undefined where it is none, or an item is not what it should be. */
function listFrom<T>(
  value: unknown,
  most: number,
  read: (item: unknown) => T | undefined,
): readonly T[] | undefined {
  if (!Array.isArray(value) || value.length > most) return undefined;
  const items: T[] = [];
  for (const item of value) {
    const found = read(item);
    if (found === undefined) return undefined;
    items.push(found);
  }
  return items;
}

function textFrom(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= LONGEST ? value : undefined;
}

function roleFrom(value: unknown): readonly [string, Role] | undefined {
  const [address, role] = Array.isArray(value) ? value : [];
  const name = textFrom(address);
  return name !== undefined && ROLES.has(role) ? [name, role] : undefined;
}

function accessFrom(value: unknown): readonly [string, Access] | undefined {
  const [victim, access] = Array.isArray(value) ? value : [];
  const { firstUs, lastUs, isLikely } = (access ?? {}) as Partial<Record<keyof Access, unknown>>;
  const name = textFrom(victim);
  if (name === undefined || !isCount(firstUs) || !isCount(lastUs) || typeof isLikely !== 'boolean')
    return undefined;
  return [name, { firstUs, lastUs, isLikely }];
}

function stepFrom(value: unknown): StepContents | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Fields;
  const { stage, firstUs, lastUs, count, link, reason, threat, threatUs } = fields;
  const techniques = listFrom(fields.techniques, MOST.techniques, textFrom);
  const firstIds = listFrom(fields.firstIds, MOST.ids / 2, textFrom);
  const lastIds = listFrom(fields.lastIds, MOST.ids / 2, textFrom);
  if (!STAGE_NAMES.has(stage) || !techniques || !firstIds || !lastIds) return undefined;
  if (!isCount(firstUs) || !isCount(lastUs) || !isCount(count) || !isCount(threatUs)) return undefined;
  if (typeof link !== 'string' || link.length > MOST.reason) return undefined;
  if (typeof reason !== 'string' || reason.length > MOST.reason) return undefined;
  if (typeof threat !== 'number') return undefined;
  return {
    stage: stage as Stage,
    techniques,
    firstUs,
    lastUs,
    count,
    firstIds,
    lastIds,
    link,
    reason,
    threat,
    threatUs,
  };
}
