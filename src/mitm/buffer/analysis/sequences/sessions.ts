import type { Finding } from '../../analysis.ts';
import type { Reading } from '../reading.ts';
import { RecentTable } from '../recent-table.ts';
import { hashOf } from '../value-shape.ts';
import type { SequenceLimits } from './limits.ts';

/** Addresses and user agents of a session that are remembered. */
const MOST_REMEMBERED = 8;
/** A token that more addresses use within the window is a key that a program shares, and no session. */
const SHARED_ADDRESSES = 64;

interface Use {
  readonly hash: number;
  atMs: number;
}

class Session {
  readonly addresses: Use[] = [];
  readonly agents: Use[] = [];
  /** Addresses that were new to it, since it was first seen. */
  different = 0;
}

/**
 * Tokens of sessions that seem to have been stolen: one that is used from another address and with another user agent
 * than before, or from several addresses at a time. A telephone changes its address between two networks, and a
 * browser's update its name; neither does both at once.
 */
export class Sessions {
  private readonly limits: SequenceLimits;
  private readonly sessions: RecentTable<Session>;

  constructor(limits: SequenceLimits) {
    this.limits = limits;
    this.sessions = new RecentTable(limits.sessions);
  }

  judge(reading: Reading): Finding | undefined {
    if (reading.session === 0) return undefined;
    const { timeMs } = reading;
    const session = this.sessions.take(String(reading.session), () => new Session());
    const isFirst = session.addresses.length === 0;
    const newAddress = use(session.addresses, hashOf(reading.client, 0), timeMs);
    const newAgent = use(session.agents, reading.userAgent, timeMs);
    if (isFirst || (!newAddress && !newAgent)) return undefined;
    if (newAddress) session.different++;
    if (session.different > SHARED_ADDRESSES) return undefined;
    const since = timeMs - this.limits.windowMs;
    const addresses = session.addresses.filter(({ atMs }) => atMs >= since).length;
    if (newAddress && newAgent) {
      return finding(50, "the session's token comes from another address, with another user agent");
    }
    if (newAddress && addresses >= this.limits.sessionAddresses) {
      return finding(35, `the session's token comes from ${addresses} addresses at a time`);
    }
    return newAgent ? finding(20, "the session's token comes with another user agent") : undefined;
  }

  get size(): number {
    return this.sessions.size;
  }
}

/** Notes a use, and says whether it is new. The longest unused goes where there are too many. */
function use(uses: Use[], hash: number, atMs: number): boolean {
  const known = uses.find((one) => one.hash === hash);
  if (known !== undefined) {
    known.atMs = atMs;
    return false;
  }
  if (uses.length >= MOST_REMEMBERED) {
    uses.sort((a, b) => b.atMs - a.atMs);
    uses.pop();
  }
  uses.push({ hash, atMs });
  return true;
}

function finding(score: number, reason: string): Finding {
  return { kind: 'session', category: 'session_reuse', score, reason, ruleIds: [] };
}
