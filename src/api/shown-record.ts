/** What is no record of EVE, as one: so that questions can be held against it. */

import type { BufferEntry, OpenFlow } from '../control/index.ts';
import { formatTime } from '../event/index.ts';
import type { QueryRecord } from '../query/index.ts';

/** An open flow as the record that its end would have. */
export function recordOfFlow(flow: OpenFlow): QueryRecord {
  const { protocol, application, category, name } = flow;
  return {
    event_type: 'flow',
    flow_id: flow.flowId,
    community_id: flow.communityId,
    src_ip: flow.source,
    src_port: flow.sourcePort,
    dest_ip: flow.destination,
    dest_port: flow.destinationPort,
    proto: flow.transport,
    app: { protocol, application, category, name },
    flow: {
      bytes_toserver: flow.bytesToServer,
      bytes_toclient: flow.bytesToClient,
      pkts_toserver: flow.packetsToServer,
      pkts_toclient: flow.packetsToClient,
      start: formatTime(flow.startUs),
      end: formatTime(flow.timeUs),
      state: flow.state,
    },
  };
}

/** A stored request as the record that was written of it. */
export function recordOfRequest(entry: BufferEntry): QueryRecord {
  const query = entry.query.map(([name, value]) => `${name}=${value}`).join('&');
  return {
    event_type: 'http',
    community_id: entry.communityId,
    src_ip: entry.client.address,
    src_port: entry.client.port,
    dest_ip: entry.server.address,
    dest_port: entry.server.port,
    proto: 'TCP',
    app_proto: 'http',
    http: {
      hostname: entry.host,
      url: query === '' ? entry.path : `${entry.path}?${query}`,
      http_method: entry.method,
      http_user_agent: entry.userAgent,
      http_content_type: entry.response?.type,
      status: entry.response?.status,
    },
    web: {
      reference: entry.reference,
      way: entry.way,
      action: entry.action,
      reason: entry.reason,
      score: entry.score,
      rule_ids: [...entry.ruleIds, ...entry.findings.flatMap(({ ruleIds }) => ruleIds)],
      categories: entry.categories,
      latency_ms: entry.response?.latencyMs,
    },
  };
}
