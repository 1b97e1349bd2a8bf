import type { ServerResponse } from 'node:http';

/** How long a login that has ended may still be told of, at most. */
const EVERY_MS = 5000;

/** Answers that go on, such as live records: they end when the login does that they were begun with. */
export class OpenAnswers {
  private readonly answers = new Map<ServerResponse, () => boolean>();
  private readonly timer: NodeJS.Timeout;

  constructor(everyMs = EVERY_MS) {
    this.timer = setInterval(() => this.look(), everyMs).unref();
  }

  /** Ends `answer` when `mayStay` says no. As many as there are connections. */
  watch(answer: ServerResponse, mayStay: () => boolean): void {
    this.answers.set(answer, mayStay);
    answer.once('close', () => this.answers.delete(answer));
  }

  /** Looks no more. */
  end(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    for (const [answer, mayStay] of this.answers) if (!mayStay()) answer.destroy();
  }
}
