import type { Stage } from './attack.ts';
import type { Role } from './incident.ts';

/** How sure it is that an attacker got into a victim. */
export interface Access {
  readonly firstUs: number;
  readonly lastUs: number;
  /** False where all that was seen were attempts: blocked requests, passwords that were guessed. */
  readonly isLikely: boolean;
}

/** One stage of an incident, as it is kept. Times in microseconds since 1970. */
export interface StepContents {
  readonly stage: Stage;
  readonly techniques: readonly string[];
  readonly firstUs: number;
  readonly lastUs: number;
  readonly count: number;
  /** Identifiers of the first pieces of evidence and of the last ones. */
  readonly firstIds: readonly string[];
  readonly lastIds: readonly string[];
  readonly link: string;
  readonly reason: string;
  /** The worst, and when it was. */
  readonly threat: number;
  readonly threatUs: number;
}

/** All that is known of an incident, as a snapshot has it. Times in microseconds since 1970. */
export interface CaseContents {
  readonly id: string;
  readonly principal: string;
  readonly isClosed: boolean;
  readonly firstUs: number;
  readonly lastUs: number;
  /** Pieces of evidence. */
  readonly count: number;
  readonly roles: readonly (readonly [address: string, role: Role])[];
  readonly steps: readonly StepContents[];
  readonly accesses: readonly (readonly [victim: string, access: Access])[];
  readonly ja4s: readonly string[];
  readonly related: readonly string[];
  readonly turned: readonly string[];
}
