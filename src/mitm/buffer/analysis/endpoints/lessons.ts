/** Clients are told apart in so many places; two in one place share what they may teach. */
const PLACES = 256;
const HALVED_EVERY_MS = 3_600_000;

/**
 * How much each client has taught lately: one alone teaches no more than its share, however often it comes, so that it
 * cannot make its attacks usual.
 */
export class Lessons {
  private readonly most: number;
  private readonly given = new Uint8Array(PLACES);
  private readonly seen = new Uint8Array(PLACES / 8);
  private halvedMs = 0;
  /** Clients that taught something, at least; counts to 256. */
  clients = 0;

  /** @param most lessons of a client, up to 255 */
  constructor(most: number) {
    this.most = most;
  }

  /** Whether a client may teach once more; counts it if so. */
  take(client: number, nowMs: number): boolean {
    if (nowMs - this.halvedMs >= HALVED_EVERY_MS) this.halve(nowMs);
    const place = client % PLACES;
    const given = this.given[place] as number;
    if (given >= this.most) return false;
    this.given[place] = given + 1;
    const byte = place >> 3;
    const bit = 1 << (place & 7);
    if (((this.seen[byte] as number) & bit) === 0) {
      this.seen[byte] = (this.seen[byte] as number) | bit;
      this.clients++;
    }
    return true;
  }

  private halve(nowMs: number): void {
    const hours = this.halvedMs === 0 ? 0 : Math.floor((nowMs - this.halvedMs) / HALVED_EVERY_MS);
    const shift = Math.min(8, hours);
    for (let at = 0; at < PLACES; at++) this.given[at] = (this.given[at] as number) >> shift;
    this.halvedMs = this.halvedMs === 0 ? nowMs : this.halvedMs + hours * HALVED_EVERY_MS;
  }

  /** Counts clients that taught it before it was loaded. */
  restore(clients: number): void {
    this.clients = clients;
  }
}
