/** Something that was not there before (within the retention). */
export interface FirstSeen {
  /** Rises by one with each event, from 1: who asks again names the last one it has. */
  readonly number: number;
  /** Microseconds since 1970. */
  readonly timeUs: number;
  /** A device of the LAN; a destination that nobody there spoke with; a protocol that the client did not speak. */
  readonly kind: 'device' | 'destination' | 'protocol';
  /** MAC address of the client, or its address where it has none. */
  readonly client: string;
  /** Address of the device or destination, name of the protocol. */
  readonly value: string;
  /** Name of the destination, when it is known. */
  readonly name?: string;
}

/** The last events, as many as there is room for. */
export class FirstSeenLog {
  private readonly limit: number;
  private events: FirstSeen[] = [];
  private count = 0;
  /** Events that had to go for newer ones. */
  turnedAway = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  add(event: Omit<FirstSeen, 'number'>): void {
    this.count++;
    this.events.push({ number: this.count, ...event });
    // Cut in halves, so that adding costs the same however many there are.
    if (this.events.length >= 2 * this.limit) this.cut();
  }

  /** Events behind number `after`, the oldest first. */
  list(after = 0): FirstSeen[] {
    this.cut();
    return this.events.filter((event) => event.number > after);
  }

  private cut(): void {
    const tooMany = this.events.length - this.limit;
    if (tooMany <= 0) return;
    this.events = this.events.slice(tooMany);
    this.turnedAway += tooMany;
  }
}
