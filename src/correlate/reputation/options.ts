import { ReputationOptionError, type WeightOptions } from './weights.ts';

/** How reputations are kept. */
export interface ReputationOptions extends WeightOptions {
  /** Points that a fresh piece of 25 loses per hour at first, 0 to 50; default 5. See the class Decay. */
  readonly decayPerHour?: number;
  /** Subjects of all kinds; default 50,000. Beyond, the one with the least points goes. */
  readonly maxSubjects?: number;
  /** Reasons of all subjects together; default 8 for each subject. Beyond, a subject's oldest are merged. */
  readonly maxReasons?: number;
  /** Fingerprints whose clients are counted; default 4096. */
  readonly maxFingerprints?: number;
  /** A JA4 is held against an address when no more other addresses than this have it in good standing; default 2. */
  readonly fewAddresses?: number;
  /** From this score on an address is bad; default 20. */
  readonly badScore?: number;
  /** The most that an address can have for its network or its JA4 alone; default 50. */
  readonly mostInherited?: number;
  /** Of the hash over clients; default random. */
  readonly seed?: number;
}

/** A number that lies within its bounds. Throws {@link ReputationOptionError}. */
export function within(name: string, value: number, low: number, high: number): number {
  if (!(value >= low && value <= high)) {
    throw new ReputationOptionError(`${name}: takes ${low} to ${high}, not ${value}`);
  }
  return value;
}
