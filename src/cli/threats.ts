import type { ThreatList } from '../control/index.ts';
import type { Incident } from '../correlate/incident/index.ts';
import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { incidentText } from './incident-text.ts';
import { nextCommand, suggest } from './next-command.ts';
import { counted, recordText, recordTime, scoreBar } from './record-text.ts';
import { askRunning } from './running.ts';
import { renderTable, type TableColumn, terminalPaint } from './table.ts';
import { parseCount, parseOptions, UsageError } from './usage.ts';

const ROWS = 20;
const MOST_ROWS = 10_000;
/** Incidents that are looked through for those that are open. */
const MOST_INCIDENTS = 1000;
const BAR = 10;
const HELP = `usage: weir threats [options]

Whom something speaks against, by reputation, the worst first: addresses, the /64 of IPv6 addresses and JA4s, with what
was found last; then the incidents that are open, with their steps and the tactics of MITRE ATT&CK.

  --min N              only those with a score of N or more, of 100
  --incidents          only the incidents
  --limit N            so many of each (1 to ${MOST_ROWS}; default ${ROWS})
  --json               as JSON, a line for each; with --incidents a line for each incident
  -c, --config FILE    the configuration of the weir that is asked
`;

const COLUMNS: readonly TableColumn[] = [
  { title: 'ADDRESS', most: 45, style: 'bold' },
  { title: 'SCORE', align: 'right' },
  { title: '', style: 'bar' },
  { title: 'TIMES', align: 'right' },
  { title: 'LAST (UTC)', style: 'dim' },
  { title: 'FOUND LAST', most: 70 },
  { title: 'STATE' },
  { title: 'INCIDENT', style: 'dim' },
];

/** `weir threats`: who is suspected, and of what. */
export async function threats(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    min: { type: 'string' },
    incidents: { type: 'boolean' },
    limit: { type: 'string' },
    json: { type: 'boolean' },
    config: { type: 'string', short: 'c' },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0) {
    throw new UsageError(
      'threats takes no operands',
      `'weir context ${positionals[0]?.slice(0, 60)}' tells of one address`,
    );
  }
  const limit = parseCount('--limit', values.limit ?? String(ROWS), 1, MOST_ROWS);
  const least = parseCount('--min', values.min ?? '0', 0, 100);
  const { config } = values;
  return askRunning(config, '', async (weir) => {
    if (values.incidents === true) {
      const open = openIncidents(await weir.incidents('', MOST_INCIDENTS), least);
      if (values.json === true) process.stdout.write(lines(open.slice(0, limit)));
      else writeIncidents(open, limit, config);
      return 0;
    }
    // One more than is shown tells whether there are more.
    const list = await weir.threats(Math.min(MOST_ROWS, limit + 1), least);
    if (values.json === true) {
      process.stdout.write(lines(list.threats.slice(0, limit)));
      return 0;
    }
    if (list.threats.length === 0) {
      process.stdout.write(`nothing speaks against anybody${least > 1 ? ` with ${least} or more` : ''}\n`);
      if (least > 1) suggest(`without --min: ${nextCommand('threats', config)}`);
      else
        suggest(
          `what weir sees: ${nextCommand('status', config)}; what it looks for: ${nextCommand('scenarios list', config)}`,
        );
    } else {
      process.stdout.write(threatTable({ ...list, threats: list.threats.slice(0, limit) }));
      if (list.threats.length > limit) suggest('there are more: --limit shows them');
    }
    const open = list.openIncidents === 0 ? [] : await weir.incidents('', MOST_INCIDENTS);
    const shown = openIncidents(open, least);
    if (shown.length > 0) {
      process.stdout.write('\n');
      writeIncidents(shown, limit, config);
    }
    const [worst] = list.threats;
    if (worst !== undefined) {
      const subject = recordText(worst.subject);
      if (worst.kind === 'address') suggest(`all about it: ${nextCommand(`context ${subject}`, config)}`);
      suggest(`why this score: ${nextCommand(`reputation ${subject} --why`, config)}`);
    }
    return 0;
  });
}

function threatTable({ threats: list }: ThreatList): string {
  const rows = list.map(({ subject, score, events, lastUs, reason, banned, incident }) => [
    recordText(subject),
    String(Math.round(score)),
    scoreBar(score, BAR),
    String(events),
    recordTime(lastUs),
    recordText(reason),
    banned ? 'banned' : '',
    incident,
  ]);
  return renderTable(COLUMNS, rows, terminalPaint());
}

function openIncidents(incidents: readonly Incident[], least: number): readonly Incident[] {
  return incidents.filter(({ status, score }) => status === 'open' && score >= least);
}

function writeIncidents(open: readonly Incident[], limit: number, config: string | undefined): void {
  if (open.length === 0) {
    process.stdout.write('no incident is open\n');
    suggest(`what was found: ${nextCommand('search', config)}`);
    return;
  }
  const colors = terminalPaint();
  const texts = open.slice(0, limit).map((incident) => incidentText(incident, colors));
  process.stdout.write(`${counted(open.length, 'open incident')}\n\n${texts.join('\n')}`);
  if (open.length > limit) suggest(`and ${open.length - limit} more: --limit shows them`);
}

function lines(items: readonly object[]): string {
  return items.map((item) => `${terminalJson(item, 0)}\n`).join('');
}
