import { REQUEST_MESSAGE, RESPONSE_MESSAGE } from './message.ts';

/** Name of the engine, prefix of the variables (`txn.weir.deny`). */
export const ENGINE = 'weir';
/** The backend in which the agent is a server. */
export const AGENT_BACKEND = 'weir-agent';
/** The group that is sent by a rule, where bodies of answers are waited for. */
export const RESPONSE_GROUP = 'weir-response-body';

/** What of the answers is inspected: nothing, status and header fields, their bodies too. */
export type ResponsePart = 'none' | 'head' | 'body';

/** An argument of a message: what HAProxy takes it from, and what is lost without it. */
export interface MessageArgument {
  readonly name: string;
  readonly fetch: string;
  /** Without it requests cannot be judged. */
  readonly required: boolean;
  readonly without: string;
}

/** Arguments of the request's message, in the order in which they are sent. */
export const REQUEST_ARGUMENTS: readonly MessageArgument[] = [
  { name: 'id', fetch: 'unique-id', required: false, without: 'answers cannot be joined to their requests' },
  { name: 'src', fetch: 'src', required: true, without: 'nobody knows the address of the client' },
  { name: 'src_port', fetch: 'src_port', required: false, without: 'there is no community id' },
  { name: 'dst', fetch: 'dst', required: false, without: 'there is no community id' },
  { name: 'dst_port', fetch: 'dst_port', required: false, without: 'there is no community id' },
  { name: 'method', fetch: 'method', required: true, without: 'rules do not see the method' },
  { name: 'url', fetch: 'url', required: true, without: 'rules do not see path and query' },
  { name: 'version', fetch: 'req.ver', required: true, without: 'rules do not see the version of HTTP' },
  { name: 'headers', fetch: 'req.hdrs_bin', required: true, without: 'rules do not see the header fields' },
  { name: 'body', fetch: 'req.body', required: true, without: 'rules do not see the body' },
  {
    name: 'body_size',
    fetch: 'req.body_size',
    required: true,
    without: 'a body that is cut passes for a whole one',
  },
  {
    name: 'body_end',
    fetch: 'internal.htx.has_eom',
    required: true,
    without: 'a chunked body that is cut passes for a whole one',
  },
  { name: 'tls', fetch: 'ssl_fc_protocol', required: false, without: 'records do not tell of TLS' },
  { name: 'sni', fetch: 'ssl_fc_sni', required: false, without: 'records do not tell the server name' },
  { name: 'alpn', fetch: 'ssl_fc_alpn', required: false, without: 'records do not tell the ALPN' },
];

/** Arguments of the answer's message. */
export const RESPONSE_ARGUMENTS: readonly MessageArgument[] = [
  { name: 'id', fetch: 'unique-id', required: true, without: 'answers cannot be joined to their requests' },
  { name: 'status', fetch: 'status', required: true, without: 'rules do not see the status' },
  { name: 'version', fetch: 'res.ver', required: false, without: 'rules do not see the version of HTTP' },
  { name: 'headers', fetch: 'res.hdrs_bin', required: true, without: 'rules do not see the header fields' },
  // HAProxy has these since 2.4.
  ...(['src', 'src_port', 'dst', 'dst_port'] as const).map((end) => ({
    name: `upstream_${end}`,
    fetch: `bc_${end}`,
    required: false,
    without: 'records do not tell the connection to the server',
  })),
];

/** Those of the answer's body. */
export const RESPONSE_BODY_ARGUMENTS: readonly MessageArgument[] = [
  { name: 'body', fetch: 'res.body', required: true, without: 'rules do not see the body' },
  { name: 'body_size', fetch: 'res.body_size', required: false, without: 'records do not tell its length' },
  {
    name: 'body_end',
    fetch: 'internal.htx.has_eom',
    required: false,
    without: 'records do not tell its length',
  },
];

/** The file that the `filter spoe` line names. `processingMs`: how long HAProxy waits for an answer. */
export function spoeFile(responses: ResponsePart, processingMs: number): string {
  const messages = responses === 'head' ? `${REQUEST_MESSAGE} ${RESPONSE_MESSAGE}` : REQUEST_MESSAGE;
  const lines = [`[${ENGINE}]`, `spoe-agent ${ENGINE}`, `    messages ${messages}`];
  if (responses === 'body') lines.push(`    groups ${RESPONSE_GROUP}`);
  lines.push(
    `    option var-prefix ${ENGINE}`,
    '    option set-on-error err',
    '    timeout hello 500ms',
    '    timeout idle 30s',
    `    timeout processing ${processingMs}ms`,
    `    use-backend ${AGENT_BACKEND}`,
    '',
    `spoe-message ${REQUEST_MESSAGE}`,
    `    args ${argumentText(REQUEST_ARGUMENTS)}`,
  );
  if (responses !== 'none') lines.push('    args answer=bool(true)');
  lines.push('    event on-frontend-http-request');
  if (responses !== 'none') {
    lines.push('', `spoe-message ${RESPONSE_MESSAGE}`, `    args ${argumentText(RESPONSE_ARGUMENTS)}`);
    if (responses === 'head') lines.push('    event on-http-response');
    else {
      lines.push(
        `    args ${argumentText(RESPONSE_BODY_ARGUMENTS)}`,
        '',
        `spoe-group ${RESPONSE_GROUP}`,
        `    messages ${RESPONSE_MESSAGE}`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function argumentText(list: readonly MessageArgument[]): string {
  return list.map(({ name, fetch }) => `${name}=${fetch}`).join(' ');
}
