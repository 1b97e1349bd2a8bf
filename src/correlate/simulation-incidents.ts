import type { Incident } from './incident/index.ts';
import type { Bounded } from './simulation-result.ts';

const MOST = 1000;

/** The worst incidents of a time that is longer than they are kept. */
export class IncidentCollection {
  private readonly isKnown: (id: string) => boolean;
  private incidents = new Map<string, Incident>();
  private absorbed = 0;

  /** `isKnown`: whether an incident is still kept where they come from. */
  constructor(isKnown: (id: string) => boolean) {
    this.isKnown = isKnown;
  }

  /** Takes an incident that is new or has changed. */
  take(incident: Incident): void {
    const before = this.incidents.get(incident.id);
    this.incidents.set(incident.id, incident);
    // More than one piece came at once: it took others in, which are no more.
    if (incident.count - (before?.count ?? 0) > 1) this.dropAbsorbed(incident);
    if (this.incidents.size > 2 * MOST) this.incidents = new Map(this.worst().map((one) => [one.id, one]));
  }

  /** The worst first; `begun`: how many there were, with those that others took in. */
  result(begun: number): Bounded<Incident> {
    return { count: begun - this.absorbed, items: this.worst() };
  }

  private dropAbsorbed({ id, victims }: Incident): void {
    for (const other of this.incidents.values()) {
      // Only what a victim did by itself is taken in.
      if (other.id === id || other.attackers.length > 0 || this.isKnown(other.id)) continue;
      if (!other.victims.some((victim) => victims.includes(victim))) continue;
      this.incidents.delete(other.id);
      this.absorbed++;
    }
  }

  private worst(): Incident[] {
    return [...this.incidents.values()]
      .sort((a, b) => b.score - a.score || a.firstUs - b.firstUs)
      .slice(0, MOST);
  }
}
