import type { Stage } from './attack.ts';

/** How bad an incident is. */
export type Severity = 'low' | 'medium' | 'high' | 'critical';

/** What an address has to do with an incident. */
export type Role = 'attacker' | 'victim' | 'infrastructure';

/** One stage of an incident. Times in microseconds since 1970. */
export interface IncidentStep {
  readonly stage: Stage;
  /** Tactic of MITRE ATT&CK by identifier and name; empty where none is known. */
  readonly tactic: string;
  readonly tacticName: string;
  /** Techniques with their names, at most 16. */
  readonly techniques: readonly { readonly id: string; readonly name: string }[];
  readonly firstUs: number;
  readonly lastUs: number;
  /** Pieces of evidence, and identifiers of the first and the last of them, at most 16. */
  readonly count: number;
  readonly evidence: readonly string[];
  /** In words: its worst piece of evidence. */
  readonly reason: string;
  /** Why this belongs to the incident, for what another address did than the attacker; empty otherwise. */
  readonly link: string;
  /** 0 to 100: the worst. */
  readonly threat: number;
}

/** Pieces of evidence that belong together. Times in microseconds since 1970. */
export interface Incident {
  /** 20 lower-case letters and digits. */
  readonly id: string;
  /** In words: who did what to whom. */
  readonly title: string;
  readonly status: 'open' | 'closed';
  readonly severity: Severity;
  /** 0 to 100. */
  readonly score: number;
  readonly firstUs: number;
  readonly lastUs: number;
  /** In the order in which they began. */
  readonly steps: readonly IncidentStep[];
  /** Tactics that are covered, in the order of the steps. */
  readonly tactics: readonly string[];
  /** At most 64 of each. */
  readonly attackers: readonly string[];
  readonly victims: readonly string[];
  /** Where victims fetched something, or reported to. */
  readonly infrastructure: readonly string[];
  /** Pieces of evidence in all. */
  readonly count: number;
  /** JA4s of the attacker, at most 8. */
  readonly ja4s: readonly string[];
  /** Incidents that share an address with this one and could not be told to be the same, at most 8. */
  readonly related: readonly string[];
}

/** What a piece of evidence changed. */
export interface IncidentChange {
  readonly change: 'new' | 'updated' | 'closed';
  readonly incident: Incident;
  /** Identifiers of incidents that turned out to be parts of this one: they are no more. */
  readonly absorbed: readonly string[];
}
