import type { Incident } from '../correlate/incident/index.ts';
import type { SimulationDifference } from '../correlate/simulation-difference.ts';
import type {
  SimulatedDecision,
  SimulatedRefusal,
  SimulationResult,
} from '../correlate/simulation-result.ts';
import { formatTime } from '../event/index.ts';
import { terminalJson } from '../mitm/waf/terminal-text.ts';

/** All of it as JSON, lists cut to `top`; times as records have them. */
export function simulationJson(
  result: SimulationResult,
  difference: SimulationDifference | undefined,
  top: number,
): string {
  const { firstUs, lastUs, incidents, decisions, refusals, reputations, scenarios, ...figures } = result;
  const cut = <T, R>(
    { count, items }: { readonly count: number; readonly items: readonly T[] },
    make: (one: T) => R,
  ) => ({
    count,
    items: items.slice(0, top).map(make),
  });
  const json = {
    ...figures,
    first: firstUs === undefined ? null : formatTime(firstUs),
    last: lastUs === undefined ? null : formatTime(lastUs),
    incidents: cut(incidents, incidentJson),
    scenarios: scenarios.slice(0, top).map(({ firstUs: first, lastUs: last, ...one }) => ({
      ...one,
      first: formatTime(first),
      last: formatTime(last),
    })),
    decisions: cut(decisions, decisionJson),
    refusals: cut(refusals, refusalJson),
    reputations: cut(reputations, ({ peakUs, ...one }) => ({ ...one, at: formatTime(peakUs) })),
    ...(difference === undefined
      ? {}
      : {
          difference: {
            scenarios: difference.scenarios,
            decisions_gone: difference.gone.slice(0, top).map(decisionJson),
            decisions_new: difference.fresh.slice(0, top).map(decisionJson),
            decisions_changed: difference.changed
              .slice(0, top)
              .map(({ before, after }) => ({ before: decisionJson(before), after: decisionJson(after) })),
            refusals_gone: difference.refusalsGone.slice(0, top).map(refusalJson),
            refusals_new: difference.refusalsFresh.slice(0, top).map(refusalJson),
            reputations: difference.reputations.slice(0, top),
            incidents: difference.incidents,
          },
        }),
  };
  return `${terminalJson(json)}\n`;
}

function decisionJson({ atUs, untilUs, durationMs, afterMs, connectionsAfter, ...one }: SimulatedDecision) {
  return {
    ...one,
    at: formatTime(atUs),
    until: formatTime(untilUs),
    duration_ms: durationMs,
    after_first_packet_ms: afterMs ?? null,
    connections_kept_out: connectionsAfter,
  };
}

function refusalJson({ atUs, afterMs, ...one }: SimulatedRefusal) {
  return { ...one, at: formatTime(atUs), after_first_packet_ms: afterMs ?? null };
}

function incidentJson({ firstUs, lastUs, steps, ...one }: Incident) {
  return {
    ...one,
    first: formatTime(firstUs),
    last: formatTime(lastUs),
    steps: steps.map(({ firstUs: first, lastUs: last, ...step }) => ({
      ...step,
      first: formatTime(first),
      last: formatTime(last),
    })),
  };
}
