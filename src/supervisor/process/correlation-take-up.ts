import type { Marks } from '../../correlate/exception/index.ts';
import type { LoadedIncidents } from '../../correlate/incident/index.ts';
import { type Correlation, type CorrelationLog, evidenceOf } from '../../correlate/record/index.ts';
import type { LoadedReputation } from '../../correlate/reputation/index.ts';

/** Correlations of the log that are looked at for what was not saved. */
const MOST_TAKEN_UP = 10_000;

/** What was saved of a state, and up to which evidence. */
export interface Saved {
  readonly reputation: LoadedReputation;
  readonly incidents: LoadedIncidents;
}

/**
 * Weighs, and puts to incidents, what the log has and what was saved has not: what came before a crash. Each was saved
 * with a mark of its own, for one may have found no room on the disk. Returns the evidence that is the last one of the log.
 */
export async function takeUp(
  log: CorrelationLog,
  { reputation, incidents }: Saved,
  marks: Marks,
): Promise<string> {
  const newest = await newestSince(log, [reputation.mark, incidents.mark]);
  const falseOnes = new Set<string>();
  for (const { evidenceId, verdict } of marks.verdicts()) if (verdict === 'false') falseOnes.add(evidenceId);
  let nowUs = 0;
  for (const line of missing(newest, reputation.mark)) {
    const evidence = evidenceOf(line)?.evidence;
    if (evidence === undefined || falseOnes.has(evidence.id)) continue;
    nowUs = Math.max(nowUs, evidence.timeUs);
    reputation.reputation.add(evidence, nowUs);
  }
  for (const line of missing(newest, incidents.mark)) {
    const evidence = evidenceOf(line)?.evidence;
    if (evidence === undefined) continue;
    const { incident } = line.weir;
    // It may have been saved before its line was written.
    if (!incidents.incidents.knows(incident, evidence.id))
      incidents.incidents.take(evidence, undefined, incident);
  }
  for (const line of newest) {
    const id = evidenceOf(line)?.evidence.id;
    if (id !== undefined) return id;
  }
  return reputation.mark;
}

/** The newest correlations, at least back to those that are marked, the latest first. */
async function newestSince(log: CorrelationLog, marks: readonly string[]): Promise<readonly Correlation[]> {
  let newest: readonly Correlation[] = [];
  for (const limit of [100, 1000, MOST_TAKEN_UP]) {
    newest = (await log.search({ limit })).correlations;
    if (newest.length < limit || marks.every((mark) => placeOf(newest, mark) >= 0)) break;
  }
  return newest;
}

/** What came after a mark, the earliest first; all where it is not there. */
function missing(newest: readonly Correlation[], mark: string): readonly Correlation[] {
  const known = placeOf(newest, mark);
  return (known < 0 ? newest : newest.slice(0, known)).toReversed();
}

function placeOf(newest: readonly Correlation[], mark: string): number {
  return mark === '' ? -1 : newest.findIndex((line) => evidenceOf(line)?.evidence.id === mark);
}
