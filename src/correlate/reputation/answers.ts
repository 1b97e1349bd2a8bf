import type { EvidenceType } from '../evidence.ts';
import type { SubjectKind } from './subject.ts';

/** A subject's scores before and after a piece of evidence. */
export interface ScoreChange {
  readonly subject: string;
  readonly before: number;
  readonly after: number;
}

/** What a piece of evidence changed: the scores of its address, and of its network and its JA4 where it has them. */
export interface Added {
  readonly before: number;
  readonly after: number;
  readonly network: ScoreChange | undefined;
  readonly ja4: ScoreChange | undefined;
}

/** A subject in a list. */
export interface Standing {
  readonly subject: string;
  readonly kind: SubjectKind;
  readonly score: number;
  /** Pieces of evidence. */
  readonly events: number;
  /** Of the latest evidence; undefined where that was merged with others. */
  readonly lastType: EvidenceType | undefined;
  /** Microseconds since 1970, of the latest evidence. */
  readonly lastUs: number;
}

/** Which subjects are listed. */
export interface StandingFilter {
  readonly kind?: SubjectKind;
  /** The least score; default above 0. */
  readonly least?: number;
  /** Default 1000. */
  readonly limit?: number;
}

/** What speaks against an address, all taken together. */
export interface Assessment {
  /** The highest of its own score and what it inherits. */
  readonly score: number;
  /** What the score is from. */
  readonly decides: SubjectKind;
  readonly own: number;
  /** Of its /64; undefined for IPv4. */
  readonly network: number | undefined;
  /** Of its JA4; undefined where none was given. */
  readonly ja4: Ja4Assessment | undefined;
}

/** Whether a JA4 says something about an address. */
export interface Ja4Assessment {
  readonly score: number;
  /** About how many addresses were seen with it, and how many of them, other than this one, are in good standing. */
  readonly addresses: number;
  readonly good: number;
  /** It is held against the address; else too many others have it. */
  readonly counts: boolean;
}

/** Which evidence is withdrawn; all that is given must hold, and something must be given. */
export interface Withdrawal {
  readonly type?: EvidenceType;
  readonly source?: string;
  readonly address?: string;
}
