import type { Decision } from '../event/index.ts';

/** What is to change: applied together or not at all where the enforcer can do that. */
export interface Changes {
  readonly add: readonly Decision[];
  readonly remove: readonly Decision[];
}

/** What an enforcer found when it compared what is with what should be. */
export interface Reconciled {
  /** Decisions that were not in force, and are now. */
  readonly added: number;
  /** What was in force without a decision of ours, and is gone. */
  readonly removed: number;
}

/** Something that makes decisions take effect. Calls do not overlap: the responder waits for each. */
export interface Enforcer {
  /** `nftables`, `xdp`, `proxy`, `crowdsec`, `dry-run`. */
  readonly name: string;
  /** Whether it can enforce this one: its type and its scope. */
  handles(decision: Decision): boolean;
  /** In words or commands, what `apply` would do; nothing is changed. */
  plan(changes: Changes): readonly string[];
  /**
   * Makes what it needs and brings what is in force to these decisions: what an earlier run left is taken over, what has
   * no decision goes. Throws {@link EnforcerError}.
   */
  reconcile(decisions: readonly Decision[]): Promise<Reconciled>;
  /** Applies changes. Throws {@link EnforcerError}; then nothing, or for what is not atomic a part, has changed. */
  apply(changes: Changes): Promise<void>;
  /** Ends connections that are already open with an address or a network; how many. 0 where it cannot know. */
  cut(decision: Decision): Promise<number>;
  /** Numbers for the status. */
  statistics(): Readonly<Record<string, number>>;
  /** `keep`: decisions stay in force until they expire; otherwise nothing of it stays behind. */
  close(keep: boolean): Promise<void>;
}

/** An enforcer could not do its work; the message says what and what to do. */
export class EnforcerError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EnforcerError';
  }
}
