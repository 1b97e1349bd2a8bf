import { perform, remains, StepFailed } from './kernel.ts';
import { MirrorError } from './mirror-error.ts';
import { isEvidence, nextUndo } from './plan.ts';
import type { MirrorRecord, MirrorRecords } from './record.ts';

/** Changes that undo one mirror: two filters, two empty lists, the hook, the target; some more when others interfere. */
const MOST_UNDO = 32;

/** Removes what a mirror has added, as far as the kernel still shows it, and then its record. Returns what stays. */
export async function undo(record: MirrorRecord, records: MirrorRecords): Promise<string[]> {
  const { software } = record;
  if (software === undefined) {
    records.remove(record.source);
    return [];
  }
  let left = await remains(record);
  const sure = record.phase === 'stopping' || isEvidence(software, left);
  // From here on the evidence goes away; that there was some is kept, should this be cut short.
  if (sure) records.write({ ...record, phase: 'stopping' });
  let failed: { readonly step: string; readonly error: StepFailed } | undefined;
  for (let i = 0; i < MOST_UNDO; i++) {
    const step = nextUndo(software, left, sure);
    if (step === undefined) break;
    const words = JSON.stringify(step);
    // Refused twice, it is not merely that somebody else was faster.
    if (failed?.step === words) throw failed.error;
    failed = undefined;
    try {
      await perform(step);
    } catch (error) {
      if (!(error instanceof StepFailed)) throw error;
      failed = { step: words, error };
    }
    left = await remains(record);
  }
  if (nextUndo(software, left, sure) !== undefined) {
    throw new MirrorError(`somebody keeps adding to ${record.source.name} what is removed; stop again`);
  }
  records.remove(record.source);
  if (!software.clsact || !left.attached.qdiscs.some(({ kind }) => kind === 'clsact')) return [];
  const why = sure ? 'somebody else has filters there' : 'nothing shows that it is still ours';
  return [`the qdisc clsact on ${left.source} stays: ${why}`];
}
