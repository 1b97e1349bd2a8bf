/** What the rules say of a request and its answer. */
export interface Verdict {
  /** What is to be done with it. In detection mode this is `pass`, whatever matched. */
  readonly action: 'pass' | 'deny' | 'drop' | 'redirect';
  /** Status of the answer that is sent instead, where there is one; else 0. */
  readonly status: number;
  /** Where a redirect leads; empty otherwise. */
  readonly location: string;
  /** The rule that decided; 0 where none did. */
  readonly ruleId: number;
  /** Rules that matched and are to be told of, in the order in which they did. */
  readonly matches: readonly Match[];
  /** Why the request could not be judged wholly; empty where it was. */
  readonly limit: string;
  /** Anomaly scores as the rules left them in `TX`; zero where they keep none. */
  readonly score: { readonly inbound: number; readonly outbound: number };
}

/** One rule that matched. All text is binary. */
export interface Match {
  readonly id: number;
  readonly phase: number;
  readonly message: string;
  /** The rule's `logdata`. */
  readonly data: string;
  /** In upper case, `CRITICAL`; empty without. */
  readonly severity: string;
  readonly tags: readonly string[];
  readonly version: string;
  readonly file: string;
  readonly line: number;
  /** What the first link of the rule's chain looked at when it matched: `ARGS:id`, and its value after transformation. */
  readonly variable: string;
  readonly value: string;
  /** The operator as written. */
  readonly operator: string;
}
