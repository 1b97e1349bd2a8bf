import type { AddressState } from './address-state.ts';
import type { TimelineEntry } from './entries.ts';

/** All that is kept of an address as one timeline, in no order. */
export function timelineOf(state: AddressState): TimelineEntry[] {
  return [
    ...(state.requests ?? []).map((entry): TimelineEntry => {
      const { timeUs, method, host, path, status, action, reference } = entry;
      const answer = [status === 0 ? '' : String(status), action].filter((part) => part !== '').join(', ');
      return { timeUs, kind: 'request', text: `${method} ${host}${path} (${answer})`, id: reference };
    }),
    ...(state.matches ?? []).map(({ timeUs, ruleId, message, category, action, host, path, reference }) => ({
      timeUs,
      kind: 'waf' as const,
      text: `${message || category} (${ruleId}) in ${host}${path}: ${action}`,
      id: reference,
    })),
    ...(state.flows ?? []).map((flow): TimelineEntry => {
      const what = flow.application || flow.protocol;
      const port = flow.port === 0 ? flow.proto : `${flow.port}/${flow.proto.toLowerCase()}`;
      const bytes = `${flow.bytesSent} bytes sent, ${flow.bytesReceived} received`;
      const text = `${what} ${flow.isClient ? 'to' : 'from'} ${flow.peer} on ${port}, ${bytes}${flow.isOpen ? ', open' : ''}`;
      return { timeUs: flow.timeUs, kind: 'flow', text, id: flow.communityId };
    }),
    ...(state.asked ?? []).map(({ timeUs, name }) => named(timeUs, `asked for ${name}`)),
    ...(state.resolved ?? []).map(({ timeUs, name }) => named(timeUs, `is the answer for ${name}`)),
    ...(state.files ?? []).map(({ timeUs, name, mimeType, size, isReceived, peer, sha256 }) => ({
      timeUs,
      kind: 'file' as const,
      text: `${isReceived ? 'received' : 'sent'} ${name || 'a file'} (${[mimeType, `${size} bytes`].filter((part) => part !== '').join(', ')}) ${isReceived ? 'from' : 'to'} ${peer}`,
      id: sha256,
    })),
    ...(state.alerts ?? []).map(({ timeUs, role, peer, reason, source, id }) => ({
      timeUs,
      kind: 'alert' as const,
      text: `${reason}${source === '' || reason.endsWith(`(${source})`) ? '' : ` (${source})`}${peer === '' ? '' : ` ${role === 'source' ? 'against' : 'by'} ${peer}`}`,
      id,
    })),
    ...(state.decisions ?? []).map(({ timeUs, change, type, origin, reason, id }) => ({
      timeUs,
      kind: 'decision' as const,
      text: `${type} ${change} (${origin}): ${reason}`,
      id,
    })),
  ];
}

/** Timelines as one, the newest first, with at most `limit` entries; what both have is told once. */
export function mergeTimelines(
  timelines: readonly (readonly TimelineEntry[])[],
  limit: number,
): readonly TimelineEntry[] {
  const known = new Set<string>();
  return timelines
    .flat()
    .sort((a, b) => b.timeUs - a.timeUs)
    .filter(({ timeUs, kind, text }) => {
      const key = `${timeUs} ${kind} ${text}`;
      return !known.has(key) && known.add(key);
    })
    .slice(0, Math.max(0, limit));
}

function named(timeUs: number, text: string): TimelineEntry {
  return { timeUs, kind: 'name', text, id: '' };
}
