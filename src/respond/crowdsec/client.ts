import type { Decision } from '../../event/index.ts';
import { AlertPush } from './alert-push.ts';
import { AlertWatch } from './alert-watch.ts';
import { CrowdSecEnforcer } from './enforcer.ts';
import { Lapi, type LapiOptions } from './lapi.ts';
import { LapiError } from './lapi-error.ts';
import type { AlertContext, OutgoingAlert } from './outgoing-alert.ts';
import { originOf } from './own.ts';
import { Poll } from './poll.ts';
import type { CrowdSecAlert } from './shapes.ts';
import { DecisionStream, type StreamChange } from './stream.ts';

/** CrowdSec's LAPI, and what is wanted of it. */
export interface CrowdSecOptions extends LapiOptions {
  /** Takes CrowdSec's decisions over; needs the bouncer key. Without it the stream is not asked for. */
  readonly decisions?: ((change: StreamChange) => void) | undefined;
  /** Is told of alerts of CrowdSec; needs the machine account. Without it they are not asked for. */
  readonly alerts?: ((alert: CrowdSecAlert) => void) | undefined;
  /** Is told once when a part fails and once when it works again, in words for people. */
  readonly told?: ((text: string) => void) | undefined;
  /** How often decisions and alerts are asked for, in milliseconds; 10 s without. */
  readonly intervalMs?: number | undefined;
  /** How often the machine says that it lives, in milliseconds; 60 s without. */
  readonly heartbeatMs?: number | undefined;
  /** How long queued alerts are gathered, in milliseconds; 1 s without. */
  readonly gatherMs?: number | undefined;
  /** Whether decisions of other weirs at the same LAPI are taken over; true without. */
  readonly takePeers?: boolean | undefined;
  /** See {@link DecisionStream}: how often everything is asked for; how many decisions are held. */
  readonly resyncMs?: number | undefined;
  readonly mostDecisions?: number | undefined;
  /** See {@link AlertWatch}: how far back the first question goes. */
  readonly lookBackMs?: number | undefined;
  /** Origins of decisions that the enforcer pushes; `scenario`, `reputation`, `user` without. */
  readonly pushOrigins?: readonly string[] | undefined;
  /** What led to a decision, for the alert that is pushed with it. */
  readonly context?: ((decision: Decision) => AlertContext | undefined) | undefined;
}

const INTERVAL_MS = 10_000;
const HEARTBEAT_MS = 60_000;
const GATHER_MS = 1000;
const LONGEST_WAIT_MS = 5 * 60_000;
const LAST_PUSH_MS = 1000;

/**
 * One connection to CrowdSec: decisions and alerts come in, decisions and alerts of ours go out. A LAPI that fails
 * blocks nothing: each part waits longer and tries again, and what is held stays in force until it ends.
 */
export class CrowdSec {
  /** Undefined without a machine account or without a bouncer key: it needs both. */
  readonly enforcer: CrowdSecEnforcer | undefined;
  private readonly lapi: Lapi;
  private readonly push: AlertPush | undefined;
  private readonly stream: DecisionStream | undefined;
  private readonly watch: AlertWatch | undefined;
  private readonly told: ((text: string) => void) | undefined;
  private readonly polls = new Map<string, Poll>();

  /** Throws {@link LapiError} for an address, an account or a key that cannot be one. */
  constructor(options: CrowdSecOptions) {
    const { version, now, intervalMs = INTERVAL_MS, heartbeatMs = HEARTBEAT_MS, told } = options;
    const lapi = new Lapi(options);
    this.lapi = lapi;
    this.told = told;
    if (options.decisions !== undefined && !lapi.hasBouncerKey) {
      throw new LapiError('refused', "decisions of CrowdSec need a bouncer key: 'cscli bouncers add weir'");
    }
    if (options.alerts !== undefined && !lapi.hasMachine) {
      throw new LapiError('refused', "alerts of CrowdSec need a machine account: 'cscli machines add weir'");
    }
    const ownOrigin = originOf(lapi.machineName);
    if (lapi.hasMachine) {
      const push = new AlertPush({ lapi, ownOrigin, version, now });
      this.push = push;
      this.poll('alerts to CrowdSec', options.gatherMs ?? GATHER_MS, (signal) => push.flush(signal));
      this.poll(
        'heartbeat to CrowdSec',
        heartbeatMs,
        async (signal) => void (await lapi.asMachine('GET', '/v1/heartbeat', undefined, signal)),
      );
      if (lapi.hasBouncerKey) {
        const { pushOrigins: origins, context } = options;
        this.enforcer = new CrowdSecEnforcer({ lapi, push, ownOrigin, origins, context, told, now });
      }
    }
    if (options.decisions !== undefined) {
      const { takePeers, resyncMs, mostDecisions, decisions: changed } = options;
      const stream = new DecisionStream({
        lapi,
        ownOrigin,
        takePeers,
        resyncMs,
        mostDecisions,
        changed,
        now,
      });
      this.stream = stream;
      this.poll('decisions of CrowdSec', intervalMs, (signal) => stream.pull(signal));
    }
    if (options.alerts !== undefined) {
      const { lookBackMs, alerts: alert } = options;
      const isPushed = (id: number): boolean => this.push?.has(id) ?? false;
      const watch = new AlertWatch({ lapi, lookBackMs, alert, isPushed, now });
      this.watch = watch;
      this.poll('alerts of CrowdSec', intervalMs, (signal) => watch.pull(signal));
    }
  }

  /** Begins to ask; what comes is told by the callbacks. */
  start(): void {
    for (const poll of this.polls.values()) poll.start();
  }

  /** Ends everything but the enforcer, which the responder closes first. Alerts that wait are pushed if that goes fast. */
  async stop(): Promise<void> {
    await Promise.all([...this.polls.values()].map((poll) => poll.stop()));
    try {
      await this.push?.flush(AbortSignal.timeout(LAST_PUSH_MS));
    } catch (error) {
      if (!(error instanceof LapiError)) throw error;
      this.told?.(`alerts to CrowdSec: not pushed before the end: ${error.message}`);
    }
    this.lapi.close();
  }

  /** Tells CrowdSec of something, when there is time; nothing without a machine account. */
  tell(alert: OutgoingAlert): void {
    this.push?.queue(alert);
  }

  /** What the last call that failed said; empty when the last call went well. */
  get lastError(): string {
    return this.lapi.lastError;
  }

  /**
   * Numbers of all parts; `failing` counts the parts that do not work now. `stream_origin_CAPI` and the like count
   * decisions by who made them.
   */
  statistics(): Readonly<Record<string, number>> {
    const parts: [string, Readonly<Record<string, number>> | undefined][] = [
      ['lapi', this.lapi.statistics()],
      ['stream', this.stream?.statistics()],
      ['alerts', this.watch?.statistics()],
      ['push', this.push?.statistics()],
      ['enforcer', this.enforcer?.statistics()],
    ];
    const failing = [...this.polls.values()].filter((poll) => poll.failing > 0).length;
    const named = parts.flatMap(([part, numbers]) =>
      Object.entries(numbers ?? {}).map(([name, value]) => [`${part}_${name}`, value] as const),
    );
    return { failing, ...Object.fromEntries(named) };
  }

  private poll(what: string, intervalMs: number, round: (signal: AbortSignal) => Promise<void>): void {
    this.polls.set(
      what,
      new Poll({
        intervalMs,
        longestMs: LONGEST_WAIT_MS,
        round,
        failed: (error) => this.told?.(`${what}: ${error.message}`),
        recovered: () => this.told?.(`${what}: works again`),
      }),
    );
  }
}
