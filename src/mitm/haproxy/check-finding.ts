/** One thing that is wrong with a configuration. */
export interface Finding {
  /** `error`: requests are not inspected, or HAProxy does not start; `warning`: some are not; `note`: good to know. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly file: string;
  /** From 1 on; 0 where there is none. */
  readonly line: number;
  readonly what: string;
  /** What to write there; empty where that is not for us to say. */
  readonly add: string;
}

/** A finding at a line. */
export function finding(
  severity: Finding['severity'],
  at: { readonly file: string; readonly line: number },
  what: string,
  add = '',
): Finding {
  return { severity, file: at.file, line: at.line, what, add };
}
