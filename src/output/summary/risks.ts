import { type Severity, severityOf } from './severity.ts';

/** Risks, and servers of one risk, that are counted apart, at most. */
const MAX_RISKS = 256;
const MAX_SERVERS = 256;

/** One risk, and the servers that had it, the most frequent first. */
export interface RiskCount {
  readonly risk: string;
  readonly severity: Severity;
  readonly flows: number;
  readonly servers: readonly string[];
  /** How many servers there are, as far as they were told apart. */
  readonly serverCount: number;
}

/** Which risks came up, and where. Costs nothing for flows without. */
export class Risks {
  private readonly table = new Map<string, { flows: number; servers: Map<string, number> }>();

  add(risks: readonly string[], server: string): void {
    for (const risk of risks) {
      let known = this.table.get(risk);
      if (known === undefined) {
        if (this.table.size >= MAX_RISKS) continue;
        known = { flows: 0, servers: new Map() };
        this.table.set(risk, known);
      }
      known.flows++;
      const times = known.servers.get(server);
      if (times !== undefined || known.servers.size < MAX_SERVERS) {
        known.servers.set(server, (times ?? 0) + 1);
      }
    }
  }

  /** The gravest first, among them those with the most flows; `servers` are at most `limit` as well. */
  list(limit: number): RiskCount[] {
    const order = (a: [string, number], b: [string, number]): number => b[1] - a[1] || (a[0] < b[0] ? -1 : 1);
    return [...this.table]
      .map(([risk, { flows, servers }]) => ({ risk, severity: severityOf(risk), flows, servers }))
      .sort((a, b) => b.severity - a.severity || b.flows - a.flows || (a.risk < b.risk ? -1 : 1))
      .slice(0, limit)
      .map(({ servers, ...rest }) => ({
        ...rest,
        serverCount: servers.size,
        servers: [...servers]
          .sort(order)
          .slice(0, limit)
          .map(([name]) => name),
      }));
  }
}
