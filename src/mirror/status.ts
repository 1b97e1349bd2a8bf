import { remains } from './kernel.ts';
import { isOwn, type Remains } from './plan.ts';
import { type MirrorRecord, MirrorRecords, type SoftwareMirror } from './record.ts';
import type { Filter } from './traffic-control.ts';

/** How a mirror is made: by tc in this machine, or by a switch in front of it. */
export type MirrorMode = 'software' | 'hardware';

/** Packets of one direction, since the mirror was started. */
export interface MirroredDirection {
  /** The filter is there and copies to the target. */
  readonly present: boolean;
  /** A super-frame (GSO, GRO) counts as the packets that it stands for. */
  readonly packets: number;
  readonly bytes: number;
  /** Packets whose copy was lost. */
  readonly dropped: number;
}

/** A mirror, checked against what the kernel shows. */
export interface MirrorStatus {
  /** Name of the interface that is mirrored. */
  readonly source: string;
  readonly mode: MirrorMode;
  /** `whole`, or `broken` when somebody has removed a part of it: then `missing` names the parts. */
  readonly state: 'whole' | 'broken';
  /** Where to capture: the target, or with `hardware` the source itself. */
  readonly capture: string;
  /** ISO 8601 in UTC. */
  readonly since: string;
  /** The rest is for `software` alone. */
  readonly software: SoftwareStatus | undefined;
  /** Parts that are gone; start again to repair. */
  readonly missing: readonly string[];
  /** What limits the mirror. */
  readonly notes: readonly string[];
}

/** The parts of a mirror in software. */
export interface SoftwareStatus {
  readonly target: string;
  readonly kind: 'dummy' | 'veth';
  readonly classifier: string;
  /** What the source received. */
  readonly received: MirroredDirection;
  /** What the source sent. */
  readonly sent: MirroredDirection;
  /** Copies that the target could not take. */
  readonly targetDropped: number;
}

/** The mirrors of this network namespace. Throws MirrorError when tc, ip or the records cannot be read. */
export async function mirrorStatus(records: MirrorRecords = new MirrorRecords()): Promise<MirrorStatus[]> {
  const found: MirrorStatus[] = [];
  for (const record of records.list()) found.push(await statusOf(record));
  return found;
}

/** One mirror, checked against what the kernel shows. */
export async function statusOf(record: MirrorRecord): Promise<MirrorStatus> {
  return describe(record, await remains(record));
}

/** The state of a mirror from its record and what is left of it. */
export function describe(record: MirrorRecord, left: Remains): MirrorStatus {
  const { source, software, since, phase } = record;
  const missing: string[] = [];
  const notes: string[] = [];
  if (left.source === undefined) missing.push(`the interface ${source.name} is gone`);
  const name = left.source ?? source.name;
  if (left.source !== undefined && !left.up.has(name)) notes.push(`${name} is switched off`);
  const shown = { source: name, since, missing, notes };
  if (software === undefined) {
    return { ...shown, mode: 'hardware', state: state(missing), capture: name, software: undefined };
  }
  const { target } = software;
  if (left.target === undefined) missing.push(`the target ${target.name} is gone`);
  else {
    for (const end of new Set([left.target.name, target.name])) {
      if (!left.up.has(end)) missing.push(`${end} is switched off or renamed`);
    }
  }
  const input = left.target?.name ?? target.input;
  const received = direction('receives', left.attached.ingress, software, input);
  const sent = direction('sends', left.attached.egress, software, input);
  missing.push(...received.missing, ...sent.missing);
  notes.push(...received.notes, ...sent.notes);
  if (phase !== 'started' && missing.length === 0) missing.push(`${phase} it was not finished`);
  return {
    ...shown,
    mode: 'software',
    state: state(missing),
    capture: target.name,
    software: {
      target: target.name,
      kind: target.kind,
      classifier: software.filters?.classifier ?? '',
      received: received.counted,
      sent: sent.counted,
      targetDropped: left.target?.sendDrops ?? 0,
    },
  };
}

function state(missing: readonly string[]): MirrorStatus['state'] {
  return missing.length === 0 ? 'whole' : 'broken';
}

function direction(
  verb: 'receives' | 'sends',
  present: readonly Filter[],
  { filters }: SoftwareMirror,
  input: string,
): {
  readonly counted: MirroredDirection;
  readonly missing: readonly string[];
  readonly notes: readonly string[];
} {
  const own = present.filter((filter) => isOwn(filter, filters));
  const right = own.filter(({ mirrorsTo }) => mirrorsTo === input);
  const preference = own[0]?.preference ?? 0;
  const ahead = present.filter((one) => one.handle !== undefined && one.preference < preference);
  return {
    counted: {
      present: right.length === 1,
      packets: sum(own, 'packets'),
      bytes: sum(own, 'bytes'),
      dropped: sum(own, 'dropped'),
    },
    missing: right.length === 1 ? [] : [`the filter for what the source ${verb} is gone`],
    notes:
      ahead.length === 0
        ? []
        : [
            `filters of others come first in what the source ${verb} (preference ${ahead[0]?.preference}): what they drop or redirect is not mirrored`,
          ],
  };
}

function sum(filters: readonly Filter[], field: 'packets' | 'bytes' | 'dropped'): number {
  return filters.reduce((total, filter) => total + filter[field], 0);
}
