import type { Decision } from '../../event/index.ts';
import { formatGoDuration } from './duration.ts';
import { pushedScenario } from './own.ts';

/** One event of what is pushed: what was seen, in few words for each name. */
export interface OutgoingEvent {
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** `source_ip`, `http_path`, `service` …; secrets do not belong here. */
  readonly meta: Readonly<Record<string, string>>;
}

/** What led to an alert. */
export interface AlertContext {
  /** Some of the events, at most 16 are pushed. */
  readonly events: readonly OutgoingEvent[];
  /** How many there were. */
  readonly count: number;
  /** Of the alert as a whole: `ja4`, `community_id`, `technique` … */
  readonly meta: Readonly<Record<string, string>>;
}

/** What is to be told to CrowdSec: about an address or a network, with or without a decision. */
export interface OutgoingAlert {
  readonly scope: 'address' | 'range';
  readonly value: string;
  /** Name of our scenario; `weir/` is put in front where it is not. */
  readonly scenario: string;
  readonly message: string;
  readonly simulated: boolean;
  readonly context: AlertContext;
  /** What we decided; undefined for an alert alone, for which CrowdSec's profiles decide nothing either. */
  readonly decision?: { readonly type: string; readonly untilMs: number } | undefined;
}

const MOST_EVENTS = 16;
const MOST_META = 32;
const LONGEST_KEY = 64;
/** CrowdSec keeps the fields of an event in one column of 4095 characters. */
const LONGEST_VALUE = 200;
const LONGEST_EVENT = 3500;
const LONGEST_MESSAGE = 500;
const LONGEST_SCENARIO = 200;

/** The alert of a decision of ours. */
export function alertOf(decision: Decision, context: AlertContext | undefined): OutgoingAlert {
  const { id, type, scope, value, origin, reason, scenario, evidence, simulated, untilMs } = decision;
  const named: [string, string][] = [
    ['weir_decision', id],
    ['weir_origin', origin],
    ...(evidence.length === 0 ? [] : [['weir_evidence', evidence.join(' ')] as [string, string]]),
  ];
  return {
    scope: scope === 'range' ? 'range' : 'address',
    value,
    scenario: scenario === '' ? origin : scenario,
    message: reason,
    simulated,
    context: {
      events: context?.events ?? [],
      count: context?.count ?? 1,
      meta: { ...context?.meta, ...Object.fromEntries(named) },
    },
    decision: { type, untilMs },
  };
}

/** An alert as `POST /v1/alerts` takes it. The LAPI counts the time of a decision from the end of its alert: `nowMs`. */
export function alertBody(
  alert: OutgoingAlert,
  ownOrigin: string,
  version: string,
  nowMs: number,
): Readonly<Record<string, unknown>> {
  const { value, simulated, context, decision } = alert;
  const scope = alert.scope === 'range' ? 'Range' : 'Ip';
  const scenario = pushedScenario(alert.scenario).slice(0, LONGEST_SCENARIO);
  const events = context.events.slice(0, MOST_EVENTS);
  const firstMs = Math.min(nowMs, ...events.map(({ timeMs }) => timeMs));
  return {
    scenario,
    // Without the digest of a file of its hub, CrowdSec shares an alert only where custom scenarios are shared.
    scenario_hash: '',
    scenario_version: version,
    message: alert.message.slice(0, LONGEST_MESSAGE),
    events_count: Math.max(context.count, events.length),
    start_at: new Date(firstMs).toISOString(),
    stop_at: new Date(nowMs).toISOString(),
    capacity: 0,
    leakspeed: '0s',
    simulated,
    remediation: decision !== undefined,
    meta: metaList(context.meta),
    events: events.map(({ timeMs, meta }) => ({
      timestamp: new Date(timeMs).toISOString(),
      meta: metaList(meta),
    })),
    source: { scope, value, ...(scope === 'Ip' ? { ip: value } : { range: value }) },
    decisions:
      decision === undefined
        ? []
        : [
            {
              duration: formatGoDuration(Math.max(1, decision.untilMs - nowMs)),
              origin: ownOrigin,
              scenario,
              scope,
              type: decision.type,
              value,
              simulated,
            },
          ],
  };
}

function metaList(meta: Readonly<Record<string, string>>): { key: string; value: string }[] {
  const list: { key: string; value: string }[] = [];
  let left = LONGEST_EVENT;
  for (const [name, text] of Object.entries(meta).slice(0, MOST_META)) {
    const [key, value] = [name.slice(0, LONGEST_KEY), text.slice(0, LONGEST_VALUE)];
    left -= JSON.stringify({ key, value }).length;
    if (left < 0) break;
    list.push({ key, value });
  }
  return list;
}
