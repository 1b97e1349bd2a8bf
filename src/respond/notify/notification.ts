/** How bad something is, for people: from 90 on, from 70, from 40, below. */
export type Severity = 'critical' | 'high' | 'medium' | 'low';

/** Something that people are to be told of. */
export interface Notification {
  /** Milliseconds since 1970: when it happened. */
  readonly timeMs: number;
  /** The address that it is about; empty where there is none. */
  readonly address: string;
  /** What happened in one word, as `waf_block` or `brute_force`. */
  readonly event: string;
  /** In words, without secrets. */
  readonly reason: string;
  /** 0 to 100: the reputation or the threat that led to it. */
  readonly score: number;
  /** What was decided, in words, as `ban for 4h`; empty where nothing was. */
  readonly decision: string;
  /** Name of the scenario; empty where there is none. */
  readonly scenario: string;
  /** The address that it was done to; empty where there is none. */
  readonly target: string;
}

/** One message to send: a notification, or several of the same address and event. */
export interface Message extends Notification {
  /** Stays the same when it is sent again; 20 lower-case letters and digits. */
  readonly id: string;
  readonly severity: Severity;
  /** Notifications that it stands for. */
  readonly count: number;
  /** When the first of them happened, in milliseconds since 1970; {@link timeMs} is the last one's. */
  readonly firstMs: number;
  /** The host that tells. */
  readonly host: string;
  /** From the channel's templates, without line breaks. */
  readonly subject: string;
  /** From the channel's templates. */
  readonly body: string;
}

/** A message before a channel's templates were filled in. */
export type PlainMessage = Omit<Message, 'subject' | 'body'>;

/** The severity of a score of 0 to 100. */
export function severityOf(score: number): Severity {
  if (score >= 90) return 'critical';
  if (score >= 70) return 'high';
  return score >= 40 ? 'medium' : 'low';
}
