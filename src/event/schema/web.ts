import Type from 'typebox';
import { beginning, endFields, networkFields } from './envelope.ts';
import { count, list, OWN, object, text, word } from './field.ts';

/** What was done with a request, or its answer. */
export const ACTIONS = ['pass', 'deny', 'drop', 'redirect', 'limit'] as const;

const reference = text('Name of the request: block pages show it, all records of the request carry it.', {
  pattern: '^[a-z0-9]{20}$',
});

const clientTls = object(
  {
    version: Type.Optional(text('Version of TLS (`TLSv1.3`).')),
    sni: Type.Optional(text('Server name that the client asked for.')),
    alpn: Type.Optional(text('Protocol that was agreed on (`h2`).')),
    ja4: Type.Optional(text('JA4 of the client, through the built-in proxy.')),
  },
  'TLS between the client and whoever ended it; when there was any.',
);

/** The object `web`: how a request went through the active stream. */
export const webObject = object(
  {
    reference,
    way: word(['haproxy', 'proxy', 'mitmproxy'], 'On which way the request came to weir.'),
    action: word(ACTIONS, 'What was done with the request.'),
    response_action: Type.Optional(word(ACTIONS, 'What was done with the answer; where it was judged.')),
    status: Type.Optional(count('Status that was sent in place of an answer; when one was.')),
    reason: Type.Optional(text('Why it did not pass.')),
    score: Type.Optional(count("Anomaly score of the request as the rules count it; when it isn't 0.")),
    rule_ids: Type.Optional(list(count('A rule.'), 'Rules that matched, in their order; when any did.')),
    limit: Type.Optional(text('Why the request could not be judged wholly; when it could not.')),
    judged_ms: Type.Number({ description: 'Milliseconds that the decision took.', minimum: 0 }),
    latency_ms: Type.Optional(
      Type.Number({
        description: "Milliseconds from the request to its answer's head; when it had one.",
        minimum: 0,
      }),
    ),
    upstream_community_id: Type.Optional(
      text(
        'Community id of the connection to the server, through the built-in proxy, or a HAProxy that tells of answers.',
        {
          pattern: '^1:[0-9A-Za-z+/]{27}=$',
        },
      ),
    ),
    upstream_ip: Type.Optional(text('Address of the server, likewise; when the request got there.')),
    request_bytes: Type.Optional(count("Bytes of the request's body; when they are known.")),
    tls: Type.Optional(clientTls),
  },
  'How the request went through the active stream; in its records only.',
  OWN,
);

/** The envelope of what the active stream tells: it sees a connection, and no packets. */
export function webEnvelope<const T extends string>(eventType: T) {
  return {
    ...beginning(eventType),
    ip_v: networkFields.ip_v,
    ...endFields,
    community_id: Type.Optional(
      text("Community id of the client's connection, version 1: that of its passive flow.", {
        pattern: '^1:[0-9A-Za-z+/]{27}=$',
      }),
    ),
    app_proto: word(['http', 'http2'], 'Application protocol.'),
  };
}
