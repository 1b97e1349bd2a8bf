import type { RespondConfiguration } from '../config/respond.ts';
import type { Ruling } from '../correlate/simulation-result.ts';
import type { Decision, Wish } from '../event/index.ts';
import { countsAsEarlier, Escalation, isEscalated } from '../respond/escalation.ts';
import { Guards } from '../respond/guard/index.ts';
import { DecisionBook, neverBanList } from '../respond/index.ts';
import { readWish } from '../respond/responder-wish.ts';

/**
 * What the responder would make of wishes: its guards, its book and its longer bans of repeaters, in memory and at the time
 * of the records. Guards that are about the machine on which weir runs (its addresses, gateways, DNS servers and
 * administrators), and the share of the clients, are not asked.
 */
export class SimulatedResponder {
  private readonly guards: Guards;
  private readonly book = new DecisionBook();
  private readonly escalation: Escalation;
  private nowMs = 0;
  private taken = 0;

  /** Throws RangeError for what is no network. */
  static async open(respond: RespondConfiguration, neverBan: readonly string[]): Promise<SimulatedResponder> {
    const responder = new SimulatedResponder(respond, neverBan);
    await responder.guards.refresh(true);
    return responder;
  }

  private constructor(respond: RespondConfiguration, neverBan: readonly string[]) {
    this.escalation = new Escalation({ ceilingMs: respond.longestBanMs });
    this.guards = new Guards({
      sources: [neverBanList([...respond.neverBan, ...neverBan])],
      ceilings: { perMinute: respond.limits.perMinute },
      now: () => this.nowMs,
      tell: () => {},
    });
  }

  /** What would become of a wish; to be asked in the order of time, in milliseconds since 1970. */
  rule(asked: Wish, nowMs: number): Ruling {
    this.nowMs = nowMs;
    for (const { id } of this.book.due(nowMs, Number.POSITIVE_INFINITY)) this.book.remove(id);
    const { wish, target } = readWish(asked, nowMs);
    if (typeof target === 'string') return { kind: 'refused', guard: 'invalid', reason: target };
    const { type, origin, simulated } = wish;
    const question = { target, type, origin, simulated };
    const refusal = this.guards.refusal(question);
    if (refusal !== undefined) return { kind: 'refused', ...refusal };
    const decision = this.decisionOf(wish, nowMs);
    const active = this.book.find(decision);
    const isNew = active === undefined || (active.simulated && !simulated);
    const ceiling = isNew ? this.guards.ceiling(question) : undefined;
    if (ceiling !== undefined) return { kind: 'refused', ...ceiling };
    const offer = this.book.offer(decision);
    switch (offer.kind) {
      case 'kept':
        return { kind: 'kept', untilMs: offer.by.untilMs };
      case 'full':
        return { kind: 'refused', guard: 'capacity', reason: `${this.book.size} decisions are active` };
      case 'added': {
        const { durationMs, untilMs } = decision;
        if (!isNew) return { kind: 'extended', untilMs };
        this.guards.taken(decision.id, question);
        if (countsAsEarlier(decision)) this.escalation.note(decision.value, nowMs);
        return { kind: 'taken', durationMs, untilMs, simulated };
      }
      default:
        return offer satisfies never;
    }
  }

  private decisionOf(wish: Wish, nowMs: number): Decision {
    const active = this.book.find(wish);
    const isRunning = active !== undefined && countsAsEarlier(active);
    const durationMs =
      wish.type === 'ban' && isEscalated(wish.origin)
        ? this.escalation.durationFor(wish.value, wish.durationMs, nowMs, isRunning)
        : wish.durationMs;
    const id = String(++this.taken);
    return { ...wish, durationMs, id, createdMs: nowMs, untilMs: nowMs + durationMs };
  }
}
