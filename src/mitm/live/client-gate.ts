import type { Judgement } from '../judge.ts';
import type { IncomingRequest } from '../transaction.ts';

/** Decides by who the client is, before any rule is asked: lists and limits. */
export interface ClientGate {
  /** What is to be done with a request instead of judging it; undefined: it goes on. Returns at once. */
  check(request: IncomingRequest): Judgement | undefined;
  /** Numbers for the status. */
  statistics(): Readonly<Record<string, number>>;
}
