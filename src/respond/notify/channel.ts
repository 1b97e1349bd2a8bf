import type { Message } from './notification.ts';

/** A way to people. */
export interface Channel {
  /** What its failures are told under, as `webhook https://example.org`; without secrets. */
  readonly name: string;
  /**
   * Sends one message; calls do not overlap. Rejects with a SendError, which says whether it is worth trying again; ends
   * soon after the signal is aborted.
   */
  send(message: Message, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
