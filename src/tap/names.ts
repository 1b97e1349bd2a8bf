import { DirectCache } from '../net/index.ts';

/** Two to this power are the addresses whose names are kept; a newer one takes the place of an older one. */
const PLACES = 16;
/** A name is believed at least this long: clients keep using an address beyond its TTL. */
const MINIMUM_US = 300_000_000;

/** What DNS has answered: the name behind an address, for flows in which the client does not say it. */
export class ResolvedNames {
  private readonly names: DirectCache<string>;
  /** Until when each place's name is believed, microseconds since 1970. */
  private readonly until = new Float64Array(1 << PLACES);

  constructor(seed: number) {
    this.names = new DirectCache(PLACES, '', seed);
  }

  resolved(name: string, address: string, ttl: number, nowUs: number): void {
    this.until[this.names.set(address, name)] = nowUs + Math.max(MINIMUM_US, ttl * 1e6);
  }

  /** The name that was last answered with this address. */
  of(address: string, nowUs: number): string | undefined {
    const place = this.names.find(address);
    return place >= 0 && this.until[place]! >= nowUs ? this.names.at(place) : undefined;
  }
}
