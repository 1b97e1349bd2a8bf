/** A relay in a process of its own, for the tests: its members share the channel, each message with its number. */

import { COMPLIANCE_QUEUE_BYTES } from './compliance.ts';
import { Relay } from './relay.ts';

/** A message of a member, or its end. */
export interface Shared {
  readonly member: number;
  readonly message?: object;
}

const relay = new Relay({ queueBytes: COMPLIANCE_QUEUE_BYTES });
const members = new Map<number, { take: (message: unknown) => void; closed: () => void }>();

process.on('message', ({ member, message }: Shared) => {
  if (message === undefined) {
    members.get(member)?.closed();
    members.delete(member);
    return;
  }
  if (!members.has(member)) {
    const ends = { take: (_: unknown): void => undefined, closed: (): void => undefined };
    members.set(member, ends);
    relay.attach({
      send: (answer) => void process.send?.({ member, message: answer } satisfies Shared),
      onMessage: (take) => {
        ends.take = take;
      },
      onClosed: (closed) => {
        ends.closed = closed;
      },
    });
  }
  members.get(member)?.take(message);
});
process.once('disconnect', () => process.exit());
