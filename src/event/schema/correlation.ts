import Type from 'typebox';
import { beginning, endFields, networkFields } from './envelope.ts';
import { count, list, OWN, object, text, word } from './field.ts';
import { record } from './record.ts';

const score = { maximum: 100 };

const correlationObject = object(
  {
    id: text('Name of the piece of evidence: `weir reputation --why` shows it, `weir mark` takes it.', {
      pattern: '^[a-z0-9]{20}$',
    }),
    type: word(
      ['waf_block', 'waf_alert', 'crowdsec_ban', 'dpi_threat', 'scanner', 'brute_force', 'other', 'manual'],
      'Type of the evidence; each has its weight (`correlation.weights` in `weir.yaml`).',
    ),
    reason: text('Why, in words.'),
    threat: count('How bad this alone is.', score),
    reputation: count('Reputation of the address after it; higher is worse.', score),
    status: word(['banned', 'clean'], 'Whether a ban of the address was in force.'),
    incident: Type.Optional(text('Name of the incident that it belongs to; when it does.')),
    reference: Type.Optional(
      text("Name of the web request: that of its `http` record's `web.reference`; for web requests.", {
        pattern: '^[a-z0-9]{20}$',
      }),
    ),
    ja4: Type.Optional(text('JA4 of the client; when it is known.')),
    rtt_us: Type.Optional(
      count('Round trip between sensor and client in microseconds; when its flow is known.'),
    ),
    tls_version: Type.Optional(text("Version of TLS; when its flow's is known.")),
    app: Type.Optional(text('Application of the flow; when it is known.')),
    bytes_toserver: Type.Optional(count('Bytes of the flow to the server; when it is known.')),
    bytes_toclient: Type.Optional(count('Bytes of the flow to the client; when it is known.')),
    source: Type.Optional(text('Scenario, or number of the rule, that found it.')),
    host: Type.Optional(text('Host of the web request.')),
    path: Type.Optional(text('Path of the web request, without its query.')),
    techniques: Type.Optional(list(text('A technique.'), 'Techniques of MITRE ATT&CK (`T1595.001`).')),
    joined: Type.Optional(
      word(
        ['connection', 'address'],
        'By what it was joined: exactly, by its connection or web request; or by its address and the time (`correlation.window`): then `reference`, `community_id` and what is told of the flow are those of the nearest in time; missing where there was nothing to join.',
      ),
    ),
    joined_requests: Type.Optional(
      list(text('A reference.'), 'Web requests within the window; where it was joined by address.'),
    ),
    joined_flows: Type.Optional(
      list(text('A community id.'), 'Flows within the window; where it was joined by address.'),
    ),
    same_as: Type.Optional(
      text('Name of the evidence that weighs for the same behaviour; this one adds no points then.'),
    ),
    requests: count('Web requests of the address that its context had.'),
    flows: count('Flows of the address that its context had.'),
    waf_matches: count('Matches of the WAF that its context had.'),
  },
  'What was found, and what is known of it.',
);

/** A piece of evidence against an address, joined with what is known of it. */
export const correlation = record(
  'correlation',
  'A piece of evidence against an address, joined with its flow and its web request. Its time is that of the evidence; `src_ip` is the address that it speaks against. `correlated-threats.json` has the same with the context itself.',
  {
    ...beginning('correlation'),
    ip_v: networkFields.ip_v,
    src_ip: endFields.src_ip,
    dest_ip: Type.Optional(endFields.dest_ip),
    community_id: Type.Optional(
      text('Community id of the connection, version 1; when it is known.', {
        pattern: '^1:[0-9A-Za-z+/]{27}=$',
      }),
    ),
    correlation: correlationObject,
  },
  OWN,
);
