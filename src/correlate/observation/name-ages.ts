import { Recent } from './recent.ts';

/** Remembers since when registered domains are asked for. */
export class NameAges {
  private readonly firstSeenUs: Recent<number>;
  private readonly youngUs: number;

  /** `domains` are remembered at most; a name is young for `youngMs` after it was first asked for. */
  constructor(domains: number, youngMs: number) {
    this.firstSeenUs = new Recent(domains);
    this.youngUs = youngMs * 1000;
  }

  get turnedAway(): number {
    return this.firstSeenUs.turnedAway;
  }

  /** Sees a domain at a time; true while it is young. */
  see(domain: string, timeUs: number): boolean {
    const first = this.firstSeenUs.use(domain);
    if (first === undefined) this.firstSeenUs.set(domain, timeUs);
    return timeUs - (first ?? timeUs) <= this.youngUs;
  }
}
