import Type from 'typebox';

/** As SecuBox's users know them: its names, and its times. */
const counts = Type.Record(Type.String(), Type.Integer());

/** Both streams. */
export const DpiStatusSchema = Type.Object({
  enabled: Type.Boolean(),
  mode: Type.Enum(['dual', 'mitm-only', 'tap-only', 'off']),
  correlation_enabled: Type.Boolean(),
  mitm_stream: Type.Object({
    running: Type.Boolean(),
    buffer_entries: Type.Integer(),
    threats_detected: Type.Integer(),
    blocked_count: Type.Integer(),
  }),
  tap_stream: Type.Object({
    running: Type.Boolean(),
    interface: Type.String(),
    interface_up: Type.Boolean(),
    rx_bytes: Type.Number(),
    tx_bytes: Type.Number(),
    flows_1min: Type.Integer(),
    collector_running: Type.Boolean(),
  }),
  correlation: Type.Object({ running: Type.Boolean(), threats_correlated: Type.Integer() }),
  lan_passive: Type.Object({
    enabled: Type.Boolean(),
    running: Type.Boolean(),
    interface: Type.String(),
    active_clients: Type.Integer(),
    unique_destinations: Type.Integer(),
    detected_protocols: Type.Integer(),
  }),
});

/** A stored request. */
const entry = Type.Object({
  ts: Type.String(),
  req_hash: Type.String(),
  method: Type.String(),
  host: Type.String(),
  port: Type.Integer(),
  path: Type.String(),
  query_params: Type.Record(Type.String(), Type.Array(Type.String())),
  headers: Type.Record(Type.String(), Type.String()),
  content_hash: Type.String(),
  content_preview: Type.String(),
  content_length: Type.Number(),
  client_ip: Type.String(),
  user_agent: Type.String(),
  analyzed: Type.Boolean(),
  threat_score: Type.Number(),
  threat_categories: Type.Array(Type.String()),
  blocked: Type.Boolean(),
  response: Type.Optional(
    Type.Object({
      status: Type.Integer(),
      content_length: Type.Number(),
      content_type: Type.String(),
      latency_ms: Type.Number(),
    }),
  ),
});

/** How the buffer is, and its newest requests. */
export const DpiBufferSchema = Type.Object({
  timestamp: Type.String(),
  entries: Type.Integer(),
  max_size: Type.Integer(),
  requests_total: Type.Integer(),
  threats_detected: Type.Integer(),
  blocked_count: Type.Integer(),
  high_threat_in_buffer: Type.Integer(),
  threat_distribution: counts,
  top_hosts: counts,
  analysis_enabled: Type.Boolean(),
  replay_enabled: Type.Boolean(),
  requests: Type.Array(entry),
});

/** What the tap saw lately. */
export const DpiFlowsSchema = Type.Object({
  timestamp: Type.String(),
  flows_1min: Type.Integer(),
  tap_interface: Type.String(),
  rx_bytes: Type.Number(),
  tx_bytes: Type.Number(),
  rx_packets: Type.Number(),
  tx_packets: Type.Number(),
  protocols: counts,
  mode: Type.String(),
  flows: Type.Array(
    Type.Object({
      timestamp: Type.String(),
      local_ip: Type.String(),
      local_port: Type.Integer(),
      other_ip: Type.String(),
      other_port: Type.Integer(),
      ip_protocol: Type.String(),
      detected_protocol: Type.String(),
      detected_app: Type.String(),
      bytes: Type.Number(),
    }),
  ),
});

/** Correlations, the newest first. */
export const DpiCorrelatedSchema = Type.Object({
  timestamp: Type.String(),
  total: Type.Integer(),
  correlations: Type.Array(
    Type.Object({
      ip: Type.String(),
      timestamp: Type.String(),
      event_type: Type.String(),
      reason: Type.String(),
      threat_score: Type.Number(),
      reputation_score: Type.Number(),
      crowdsec_status: Type.String(),
      context: Type.Object({
        mitm_requests: Type.Array(Type.Unknown()),
        dpi_flows: Type.Array(Type.Unknown()),
        waf_alerts: Type.Array(Type.Unknown()),
      }),
    }),
  ),
});

/** What became of a replay. */
export const DpiReplaySchema = Type.Object({
  success: Type.Boolean(),
  message: Type.String(),
  replayed: Type.Integer(),
  denied_before: Type.Integer(),
  denied_after: Type.Integer(),
});

export const DpiQuery = Type.Object(
  { limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000 }) },
  { additionalProperties: false },
);
export const DpiReplayParams = Type.Object({ ip: Type.String({ minLength: 2, maxLength: 45 }) });
