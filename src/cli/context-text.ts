import type { ContextAnswer, RequestConnection } from '../control/index.ts';
import { formatBytes } from '../output/index.ts';
import { formatTiming } from '../output/summary/format.ts';
import type { Paint } from '../output/summary/paint.ts';
import { incidentText } from './incident-text.ts';
import { counted, recordText, recordTime, scoreBar, someOf, timeSpan } from './record-text.ts';
import { renderTable, type TableColumn } from './table.ts';

const BAR = 20;
/** Things of a kind that are named on a line. */
const NAMED = 8;

type Known = NonNullable<ContextAnswer['context']>;

const REQUESTS: readonly TableColumn[] = [
  { title: 'TIME (UTC)', style: 'dim' },
  { title: 'REQUEST', most: 50, style: 'bold' },
  { title: 'ANSWER' },
  { title: 'TLS' },
  { title: 'JA4' },
  { title: 'RTT', align: 'right' },
  { title: 'UP', align: 'right' },
  { title: 'DOWN', align: 'right' },
  { title: 'OVER', most: 40 },
  { title: 'REFERENCE', style: 'dim' },
];
const TIMELINE: readonly TableColumn[] = [
  { title: 'TIME (UTC)', style: 'dim' },
  { title: 'KIND', style: 'bold' },
  { title: 'WHAT', most: 100 },
  { title: 'MORE AT', most: 30, style: 'dim' },
];

/** All that is known of an address, as a person reads it. */
export function contextText(answer: ContextAnswer, colors: Paint): string {
  const { context, incidents } = answer;
  const parts = [headText(answer, colors)];
  if (context === undefined) parts[0] += 'nothing was seen of it lately\n';
  else parts[0] += whatItIs(context, colors);
  if (incidents.length > 0) parts.push(...incidents.map((incident) => incidentText(incident, colors)));
  if (context !== undefined && context.requests.length > 0)
    parts.push(requestsText(context, answer.connections, colors));
  if (context !== undefined && context.timeline.length > 0) parts.push(timelineText(context, colors));
  return parts.join('\n');
}

function headText({ address, assessment, banned }: ContextAnswer, colors: Paint): string {
  const { score, own, network, ja4, decides } = assessment;
  const paint = score >= 80 ? colors.alarm : score >= 40 ? colors.notice : colors.bar;
  const shares = [
    `${Math.round(own)} its own`,
    network === undefined ? '' : `${Math.round(network)} its /64`,
    ja4 === undefined
      ? ''
      : `${Math.round(ja4.score)} its JA4${ja4.counts ? '' : `, not held against it: ${counted(ja4.good, 'address', 'addresses')} in good standing ${ja4.good === 1 ? 'has' : 'have'} it`}`,
  ].filter((part) => part !== '');
  const from = shares.length < 2 || score === 0 ? '' : ` (${shares.join('; ')}; ${decides} decides)`;
  const ban = banned ? `, ${colors.alarm('banned')}` : '';
  return `${colors.bold(recordText(address))}  ${paint(scoreBar(score, BAR))} ${Math.round(score)} of 100${from}${ban}\n`;
}

function whatItIs(context: Known, colors: Paint): string {
  const line = (name: string, value: string): string =>
    value === '' ? '' : `  ${colors.dim(name.padEnd(11))} ${recordText(value)}\n`;
  const { counts, firstUs, lastUs } = context;
  const told = (count: number, noun: string, nouns?: string): string =>
    count === 0 ? '' : counted(count, noun, nouns);
  const did = [
    told(counts.requests, 'request') + (counts.denied === 0 ? '' : ` (${counts.denied} denied)`),
    told(counts.requestsSeen, 'request in clear', 'requests in clear'),
    told(counts.wafMatches, 'WAF match', 'WAF matches'),
    told(counts.flows, 'flow'),
    told(counts.flowsServed, 'flow served', 'flows served'),
    told(context.flows.filter(({ isOpen }) => isOpen).length, 'open flow'),
    told(counts.queries, 'DNS query', 'DNS queries'),
    told(counts.files, 'file'),
    told(counts.alerts, 'alert'),
    told(counts.anomalies, 'anomaly', 'anomalies'),
    told(counts.evidence, 'piece of evidence', 'pieces of evidence'),
    told(counts.decisions, 'decision'),
  ].filter((part) => part !== '');
  const bytes = counts.bytesSent + counts.bytesReceived;
  const frequent = (list: readonly (readonly [string, number])[]): string =>
    someOf(
      list.map(([name, count]) => `${name} (${count})`),
      NAMED,
    );
  return [
    line('seen', `${timeSpan(firstUs, lastUs)} UTC`),
    line('did', did.join(', ')),
    line(
      'sent',
      bytes === 0 ? '' : `${formatBytes(counts.bytesSent)}, received ${formatBytes(counts.bytesReceived)}`,
    ),
    line('protocols', frequent(context.protocols)),
    line('ports', frequent(context.ports)),
    line('JA4', someOf(context.ja4s, NAMED)),
    line(
      'asked for',
      someOf(
        context.namesAsked.map(({ name }) => name),
        NAMED,
      ),
    ),
    line(
      'answer for',
      someOf(
        context.namesResolved.map(({ name }) => name),
        NAMED,
      ),
    ),
    ...context.files
      .slice(0, NAMED)
      .map(({ name, mimeType, size, isReceived, peer, sha256 }) =>
        line(
          'file',
          `${isReceived ? 'received' : 'sent'} ${name || 'without a name'}, ${[mimeType, formatBytes(size)].filter((part) => part !== '').join(', ')}, ${isReceived ? 'from' : 'to'} ${peer}${sha256 === '' ? '' : `, SHA-256 ${sha256}`}`,
        ),
      ),
    ...context.decisions
      .slice(0, NAMED)
      .map(({ timeUs, change, type, origin, reason }) =>
        line('decision', `${recordTime(timeUs)} ${type} ${change} (${origin}): ${reason}`),
      ),
  ].join('');
}

/** Requests of both streams, each with what the packets of its connection tell. */
function requestsText({ requests }: Known, connections: readonly RequestConnection[], colors: Paint): string {
  const rows = requests.map((request) => {
    const { timeUs, method, host, path, status, action, reference, communityId } = request;
    const over = connections.find((one) => one.communityId === communityId);
    const passed = action === '' || action === 'pass';
    return [
      recordTime(timeUs),
      `${method} ${host}${path}`,
      passed ? (status === 0 ? '-' : String(status)) : action,
      over?.tlsVersion ?? '',
      over?.ja4 ?? '',
      timing(over?.rttClientUs ?? -1),
      size(over?.bytesToServer ?? -1),
      size(over?.bytesToClient ?? -1),
      over === undefined ? '' : overText(over),
      reference,
    ].map(recordText);
  });
  // Where nothing is known of any, a column says nothing.
  const used = REQUESTS.map((_, i) => i).filter((i) => i < 3 || rows.some((row) => row[i] !== ''));
  return (
    `${colors.bold('requests, with their connections')}\n` +
    renderTable(
      used.map((i) => REQUESTS[i]).filter((column) => column !== undefined),
      rows.map((row) => used.map((i) => row[i] ?? '')),
      colors,
    )
  );
}

function overText({ application, tunnel, upstreamServer, upstreamRttUs }: RequestConnection): string {
  const rtt = timing(upstreamRttUs);
  const behind = upstreamServer === '' ? '' : `then to ${upstreamServer}${rtt === '' ? '' : `, RTT ${rtt}`}`;
  return [application, tunnel, behind].filter((part) => part !== '').join(', ');
}

function timelineText({ timeline }: Known, colors: Paint): string {
  const rows = timeline.map(({ timeUs, kind, text, id }) =>
    [recordTime(timeUs), kind, text, id].map(recordText),
  );
  return `${colors.bold('timeline')}\n${renderTable(TIMELINE, rows, colors)}`;
}

function timing(us: number): string {
  return us < 0 ? '' : formatTiming(us);
}

function size(bytes: number): string {
  return bytes < 0 ? '' : formatBytes(bytes);
}
