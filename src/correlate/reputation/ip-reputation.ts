import type { Standing } from './answers.ts';

/** An entry of `ip-reputation.json`. */
export interface IpReputation {
  /** 0 to 100, a whole number. */
  readonly score: number;
  /** Pieces of evidence. */
  readonly events: number;
  /** Type of the latest evidence; empty where it is not known any more. */
  readonly last_event: string;
  /** When that came: ISO 8601 in UTC, without parts of seconds. */
  readonly updated: string;
}

/** The content of SecuBox's `ip-reputation.json`: addresses with their reputation; other subjects are passed over. */
export function ipReputation(standings: Iterable<Standing>): Readonly<Record<string, IpReputation>> {
  const entries: [string, IpReputation][] = [];
  for (const { subject, kind, score, events, lastType, lastUs } of standings) {
    if (kind !== 'address') continue;
    const updated = `${new Date(lastUs / 1000).toISOString().slice(0, 19)}+00:00`;
    entries.push([subject, { score: Math.round(score), events, last_event: lastType ?? '', updated }]);
  }
  return Object.fromEntries(entries);
}
