import { addressOf, type EveRecord, nameOf, objectOf, timeOf } from '../event/index.ts';

/** Addresses of which it is remembered that they are banned. */
const MOST = 200_000;

/** Which addresses are banned, as the records of decisions tell. */
export class ActiveBans {
  /** Until when, in microseconds since 1970. */
  private readonly until = new Map<string, number>();

  /** Takes a record of the type `decision`. */
  take(record: EveRecord): void {
    const decision = objectOf(record.decision);
    const address = addressOf(decision?.value);
    if (decision?.type !== 'ban' || address === undefined || decision.simulated === true) return;
    switch (decision.event) {
      case 'taken':
        if (this.until.size >= MOST) break;
        this.until.set(address, timeOf(nameOf(decision.until)) ?? 0);
        break;
      case 'lifted':
      case 'expired':
        this.until.delete(address);
        break;
      default:
    }
  }

  has(address: string, nowUs: number): boolean {
    const until = this.until.get(address);
    if (until === undefined) return false;
    if (until > nowUs) return true;
    this.until.delete(address);
    return false;
  }
}
