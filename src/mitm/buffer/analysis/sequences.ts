import type { Finding } from '../analysis.ts';
import type { Reading } from './reading.ts';
import { Enumeration } from './sequences/enumeration.ts';
import { Fuzzing } from './sequences/fuzzing.ts';
import type { SequenceLimits } from './sequences/limits.ts';
import { Logins } from './sequences/logins.ts';
import { Probes } from './sequences/probes.ts';
import { Sessions } from './sequences/sessions.ts';

/** Patterns that show over several requests, each found by a detector of its own. */
export class Sequences {
  private readonly enumeration: Enumeration;
  private readonly fuzzing: Fuzzing;
  private readonly logins: Logins;
  private readonly sessions: Sessions;
  private readonly probes: Probes;

  constructor(limits: SequenceLimits) {
    this.enumeration = new Enumeration(limits);
    this.fuzzing = new Fuzzing(limits);
    this.logins = new Logins(limits);
    this.sessions = new Sessions(limits);
    this.probes = new Probes(limits);
  }

  /**
   * What the detectors say of a request and those before it.
   *
   * @param endpoint method and path template
   */
  judge(reading: Reading, endpoint: string): Finding[] {
    return [
      this.enumeration.judge(reading),
      this.fuzzing.judge(reading, endpoint),
      this.logins.judge(reading),
      this.sessions.judge(reading),
      this.probes.judge(reading),
    ].filter((finding) => finding !== undefined);
  }

  statistics(): Readonly<Record<string, number>> {
    return {
      clients: this.enumeration.size,
      tried: this.fuzzing.size,
      logins: this.logins.size,
      sessions: this.sessions.size,
      probing: this.probes.size,
    };
  }
}
