import type { ClientConnection } from '../connection.ts';
import type { Judgement } from '../judge.ts';

/** Decides by who the client is, before any rule is asked: lists and limits. */
export interface ClientGate {
  /** What is to be done with a request of this client instead of judging it; undefined: it goes on. Returns at once. */
  check(connection: ClientConnection): Judgement | undefined;
  /** Numbers for the status. */
  statistics(): Readonly<Record<string, number>>;
}
