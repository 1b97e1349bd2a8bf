import type { EveRecord } from '../event/index.ts';

/** What counts against an address; each has a weight (`correlation.weights` of weir.yaml). */
export const EVIDENCE_TYPES = [
  'waf_block',
  'waf_alert',
  'crowdsec_ban',
  'dpi_threat',
  'scanner',
  'brute_force',
  'other',
] as const;

/** The type of a piece of evidence. */
export type EvidenceType = (typeof EVIDENCE_TYPES)[number];

/** One thing that speaks against an address, and where it comes from. */
export interface Evidence {
  /** Unique, of 20 lower-case letters and digits: what `weir reputation --why` names and `weir mark` takes. */
  readonly id: string;
  readonly type: EvidenceType;
  /** Microseconds since 1970, of the record. */
  readonly timeUs: number;
  /** The address that did it, in its short form. */
  readonly address: string;
  /** The address that it was done to; empty where there is none. */
  readonly target: string;
  /** In words for people, without secrets: `SQL injection in ARGS:id (942100)`. */
  readonly reason: string;
  /** Name of the scenario, or rule; empty where there is none. */
  readonly source: string;
  /** 0 to 100: how bad this alone is. */
  readonly threat: number;
  /** Community id of the connection; empty where only the address is known. */
  readonly communityId: string;
  /** Reference of the web request; empty without. */
  readonly reference: string;
  /** JA4 of the client; empty where it is not known. */
  readonly ja4: string;
  /** Identifiers of MITRE ATT&CK, as `T1110` and `T1595.001`. */
  readonly techniques: readonly string[];
  /** Identifier of earlier evidence of the same behaviour, which weighs for both; missing where this weighs itself. */
  readonly sameAs?: string | undefined;
}

/** Something that was observed in a record, as scenarios see it: one `evt`. */
export interface Observation {
  /** Microseconds since 1970, of the record. */
  readonly timeUs: number;
  /**
   * What it is: `connection`, `refused`, `ssh_failure`, `dns_query`, `http_access-log`, `waf_match` ... ; scenarios ask
   * `evt.Meta.log_type`.
   */
  readonly kind: string;
  /** Who did it; an address in its short form. `evt.Meta.source_ip`. */
  readonly address: string;
  /** To whom; empty where there is none. `evt.Meta.target_ip`. */
  readonly target: string;
  /** What expressions see as `evt.Meta`, besides `log_type`, `source_ip` and `target_ip`: texts alone, as in CrowdSec. */
  readonly meta: Readonly<Record<string, string>>;
  /** Numbers and texts, for `evt.Parsed` and `evt.Unmarshaled`. */
  readonly parsed: Readonly<Record<string, string | number | boolean>>;
  /** The record itself: `evt.Unmarshaled.record`. */
  readonly record: EveRecord;
}

/** What the labels of a scenario say of its overflows. */
export interface Consequences {
  /** `labels.remediation` (true: somebody may be banned for it). */
  readonly remediation: boolean;
  /** `labels.weir.ban`: how long a ban is to last, in milliseconds; undefined: the default. */
  readonly banMs: number | undefined;
  readonly evidence: EvidenceType;
  /** 0 to 100. */
  readonly threat: number;
  readonly techniques: readonly string[];
  /** The scenario is only tried. */
  readonly simulated: boolean;
}

/** A bucket that ran over. */
export interface Overflow extends Consequences {
  /** Unique, of 20 lower-case letters and digits. */
  readonly id: string;
  readonly scenario: string;
  /** What the scenario says of itself. */
  readonly description: string;
  /** Microseconds since 1970, of the first and the last observation. */
  readonly firstUs: number;
  readonly timeUs: number;
  readonly scope: 'address' | 'range' | 'other';
  readonly value: string;
  readonly target: string;
  /** Observations that were poured into the bucket. */
  readonly count: number;
  /** Some of them, at most 16: the first ones and the last. */
  readonly observations: readonly Observation[];
  readonly labels: Readonly<Record<string, unknown>>;
}
