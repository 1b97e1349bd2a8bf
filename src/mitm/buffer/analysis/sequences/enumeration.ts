import type { Finding } from '../../analysis.ts';
import { DistinctCounter } from '../distinct-counter.ts';
import type { Reading } from '../reading.ts';
import { RecentTable } from '../recent-table.ts';
import { SlidingCounter } from '../sliding-counter.ts';
import { hashOf } from '../value-shape.ts';
import { growing, type SequenceLimits, sequence } from './limits.ts';

class ClientPaths {
  readonly requests: SlidingCounter;
  readonly missing: DistinctCounter;

  constructor({ windowMs, missingPaths }: SequenceLimits) {
    this.requests = new SlidingCounter(windowMs);
    this.missing = new DistinctCounter(windowMs, 4 * missingPaths);
  }
}

/**
 * Clients that look for paths: many different ones that are not there, and few that are. Visitors and crawlers meet a
 * dead link now and then; who guesses meets little else.
 */
export class Enumeration {
  private readonly clients: RecentTable<ClientPaths>;
  private readonly limits: SequenceLimits;

  constructor(limits: SequenceLimits) {
    this.limits = limits;
    this.clients = new RecentTable(limits.clients);
  }

  judge(reading: Reading): Finding | undefined {
    const { limits } = this;
    const { client, timeMs, status, path } = reading;
    const known = this.clients.take(client, () => new ClientPaths(limits));
    const requests = known.requests.add(timeMs);
    if (status !== 404 && status !== 410) return undefined;
    const paths = known.missing.add(hashOf(path, 0), timeMs);
    if (paths < limits.missingPaths || paths < limits.missingShare * requests) return undefined;
    const score = growing(paths, limits.missingPaths, 30, 65);
    return sequence(
      'enumeration',
      score,
      `${paths} different paths that are not there within ${Math.round(limits.windowMs / 60_000)} minutes, ` +
        `${Math.min(100, Math.round((100 * paths) / requests))} % of what the client asks for`,
    );
  }

  get size(): number {
    return this.clients.size;
  }
}
