import { EVIDENCE_TYPES, type EvidenceType } from '../evidence.ts';
import { MOST_ADDING } from './decay.ts';
import type { ClientsRecord } from './fingerprint-clients.ts';
import type { ReputationOptions } from './options.ts';
import { MOST_REASONS, Reputation } from './reputation.ts';
import {
  type Fields,
  isCount,
  loadSnapshot,
  type SnapshotKind,
  saveSnapshot,
  type Wrong,
} from './snapshot-file.ts';
import { compareGroups, type Earlier, type Group, isJa4, type Subject, subjectOf } from './subject.ts';

/** A subject with all its reasons takes some 60,000 characters, with every character escaped six times that. */
const KIND: SnapshotKind = { file: 'weir-reputation', version: 1, length: 1 << 20, lines: 10_000_000 };
const TYPES: ReadonlySet<string> = new Set(EVIDENCE_TYPES);

/** Reputations as they were saved, and what there is to tell of it. */
export interface LoadedReputation {
  readonly reputation: Reputation;
  /** The mark that it was saved with; empty without a file, or where it could not be read. */
  readonly mark: string;
  /** In words, what was wrong with the file and where it is now; undefined where nothing was. */
  readonly problem: string | undefined;
}

/**
 * Writes all reputations to a file, atomically; evidence may come in meanwhile, and is in it or not. `mark`: what the
 * last piece was that is in it for certain, as its reader knows it. Throws StateFileError.
 */
export async function saveReputation(
  reputation: Reputation,
  path: string,
  nowUs: number,
  mark = '',
): Promise<void> {
  await saveSnapshot(path, KIND, { savedUs: nowUs, seed: reputation.seed, mark }, itemsOf(reputation));
}

function* itemsOf(reputation: Reputation): Generator<object> {
  for (const content of reputation.contents()) {
    if ('clients' in content) {
      yield content.clients;
      continue;
    }
    const { key, earlier, groups } = content.subject;
    // Weights are left out: those of the configuration apply when it is read.
    yield { subject: key, earlier, groups: groups.map(({ weight: _, ...group }) => group) };
  }
}

/**
 * Reads reputations from a file, or begins anew where there is none. A damaged file, or one of another version, is
 * renamed to `….damaged`, and nothing of it is taken. Throws StateFileError where it cannot be read or renamed, and
 * ReputationOptionError.
 */
export async function loadReputation(
  path: string,
  options: ReputationOptions = {},
): Promise<LoadedReputation> {
  const { value, problem } = await loadSnapshot(
    path,
    KIND,
    'reputations begin anew',
    ({ seed, mark }, wrong) => {
      if (!isCount(seed)) throw wrong('has no seed');
      // Those of before have no mark.
      return {
        reputation: new Reputation({ ...options, seed }),
        mark: typeof mark === 'string' ? mark : '',
      };
    },
    ({ reputation }, fields, wrong) => restore(reputation, fields, wrong),
  );
  return { ...(value ?? { reputation: new Reputation(options), mark: '' }), problem };
}

function restore(reputation: Reputation, fields: Fields, wrong: Wrong): void {
  if (fields.ja4 === undefined) {
    const subject = subjectFrom(fields);
    if (subject === undefined) throw wrong('is not a subject');
    reputation.restoreSubject(subject);
    return;
  }
  const clients = clientsFrom(fields);
  if (clients === undefined) throw wrong('is not a fingerprint with its clients');
  reputation.restoreClients(clients);
}

function subjectFrom({ subject, earlier, groups }: Fields): Subject | undefined {
  const name = typeof subject === 'string' ? subjectOf(subject) : undefined;
  if (name === undefined || name.key !== subject) return undefined;
  if (!Array.isArray(groups) || groups.length > MOST_REASONS) return undefined;
  const read: Group[] = [];
  for (const value of groups) {
    const group = groupFrom(value);
    if (group === undefined) return undefined;
    read.push(group);
  }
  read.sort(compareGroups);
  const merged = earlier === undefined ? undefined : earlierFrom(earlier);
  if (earlier !== undefined && merged === undefined) return undefined;
  return { ...name, groups: read, earlier: merged, potential: 0, place: 0 };
}

function groupFrom(value: unknown): Group | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { minute, type, source, address, reason, count, ids, firstUs, lastUs, faded } = value as Fields;
  if (!isCount(minute) || !isCount(count) || !isCount(firstUs) || !isCount(lastUs)) return undefined;
  if (typeof source !== 'string' || typeof reason !== 'string' || !isType(type)) return undefined;
  if (typeof address !== 'string' || subjectOf(address)?.kind !== 'address') return undefined;
  if (!Array.isArray(ids) || ids.length > MOST_ADDING || ids.length > count || count === 0) return undefined;
  if (!ids.every((id) => typeof id === 'string')) return undefined;
  const group: Group = {
    minute,
    type,
    source,
    address,
    weight: 0,
    reason,
    count,
    ids: [...ids],
    firstUs,
    lastUs,
  };
  if (faded === undefined) return group;
  return typeof faded === 'number' && faded >= 0 && faded <= 1 ? { ...group, faded } : undefined;
}

function earlierFrom(value: unknown): Earlier | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { sinceUs, points, groups, count, firstUs } = value as Fields;
  if (!isCount(sinceUs) || !isCount(groups) || !isCount(count) || !isCount(firstUs)) return undefined;
  if (typeof points !== 'number' || !(points >= 0 && points <= Number.MAX_SAFE_INTEGER)) return undefined;
  return { sinceUs, points, groups, count, firstUs };
}

function clientsFrom({ ja4, ceiling, addresses }: Fields): ClientsRecord | undefined {
  if (typeof ja4 !== 'string' || !isJa4(ja4) || !isCount(ceiling) || ceiling < 1) return undefined;
  if (!Array.isArray(addresses) || addresses.length > 1024) return undefined;
  if (!addresses.every((text) => typeof text === 'string' && subjectOf(text)?.kind === 'address')) {
    return undefined;
  }
  return { ja4, ceiling, addresses };
}

function isType(value: unknown): value is EvidenceType {
  return typeof value === 'string' && TYPES.has(value);
}
