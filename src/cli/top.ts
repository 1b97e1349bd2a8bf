import type { OpenFlowList } from '../control/index.ts';
import { formatBytes, formatCount } from '../output/index.ts';
import type { Paint } from '../output/summary/paint.ts';
import type { SeriesPoint, Subject, TopList } from '../store/index.ts';
import {
  askHistory,
  HISTORY_HELP,
  type HistoryQuestion,
  type HistorySource,
  parseHistoryOptions,
  WITHOUT_WEIR,
} from './history-options.ts';
import { terminalPaint } from './table.ts';
import { askOpen, openWords, withOpen } from './top-open.ts';
import { renderTop, topJson } from './top-table.ts';
import { parseChoice } from './usage.ts';

const ROWS = 5;
/** The longest list that the history gives. */
const MOST_ROWS = 10_000;
const SUBJECTS = ['sources', 'destinations', 'applications', 'protocols', 'names'] as const;
const HELP = `usage: weir top [SUBJECT] [--store DIR] [options]

The most of the history. SUBJECT is sources, destinations, applications, protocols or names; without one all of them,
below the traffic over time. Asks the running weir, or a store. Of the running weir flows that are open count too, with
what they carried so far; not in the traffic over time.
  --by bytes|flows         what is most (default bytes)
${HISTORY_HELP.replace('DEFAULT', String(ROWS))}`;

/** Columns of the chart of traffic over time. */
const CHART = 72;
const LEVELS = ' ▁▂▃▄▅▆▇█';
/** Intervals that a person can name, seconds. */
const INTERVALS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
];

/** `weir top`: the most of the history, and the traffic over time. */
export async function top(args: readonly string[]): Promise<number> {
  const question = parseHistoryOptions('top', args, { limit: ROWS, operands: 1 });
  if (question === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  const [operand] = question.operands;
  const subjects = operand === undefined ? SUBJECTS : [parseChoice('top', operand, SUBJECTS)];
  const { folder, config } = question;
  if (folder !== undefined) return askHistory(question, (store) => answer(store, question, subjects));
  const { askRunning } = await import('./running.ts');
  return askRunning(config, WITHOUT_WEIR, async (weir) => {
    process.stdout.write(await answer(weir, question, subjects, await askOpen(weir, question)));
    return 0;
  });
}

async function answer(
  source: HistorySource,
  question: HistoryQuestion,
  subjects: readonly Subject[],
  open?: OpenFlowList,
): Promise<string> {
  const colors = terminalPaint();
  const lists = [];
  for (const subject of subjects) {
    lists.push({ subject, list: await most(source, subject, question, open) });
  }
  const whole = subjects.length > 1 ? await traffic(source, question) : undefined;
  if (question.json) {
    const data = Object.fromEntries(lists.map(({ subject, list }) => [subject, topJson(list)]));
    const { flows: _, ...counts } = open ?? { flows: [] };
    const first = { ...(whole === undefined ? {} : { traffic: whole }), ...(open && { open: counts }) };
    return `${JSON.stringify({ ...first, ...data }, null, 2)}\n`;
  }
  const filled = lists.filter(({ list }) => list.rows.length > 0);
  if (filled.length === 0) return 'no flows\n';
  const tables = filled.map(({ subject, list }) => renderTop(subject, list, question.by, colors));
  return [
    ...(whole === undefined ? [] : [chart(whole.intervalSeconds, whole.points, colors)]),
    ...tables,
    ...(open === undefined || open.matching === 0 ? [] : [openWords(open)]),
  ].join('\n');
}

/** The most of the history, with what is open counted in where anything is. */
async function most(
  source: HistorySource,
  subject: Subject,
  question: HistoryQuestion,
  open: OpenFlowList | undefined,
): Promise<TopList> {
  const { selection, by } = question;
  if (open === undefined || open.flows.length === 0) return source.top(subject, selection, question);
  const history = await source.top(subject, selection, { by, limit: MOST_ROWS });
  return withOpen(subject, history, open.flows, question);
}

/** The traffic of the time that was asked for, in intervals of which a chart's width is enough. */
async function traffic(source: HistorySource, question: HistoryQuestion) {
  const { rows } = await source.top('protocols', question.selection, { limit: MOST_ROWS });
  if (rows.length === 0) return undefined;
  const first = Math.min(...rows.map(({ firstUs }) => firstUs));
  const last = Math.max(...rows.map(({ lastUs }) => lastUs));
  const seconds = (last - first) / 1e6 / (CHART - 1);
  const intervalSeconds = INTERVALS.find((one) => one >= seconds) ?? 86_400 * Math.ceil(seconds / 86_400);
  return { intervalSeconds, points: await source.series(intervalSeconds, question.selection) };
}

function chart(intervalSeconds: number, points: readonly SeriesPoint[], colors: Paint): string {
  const firstUs = points[0]?.timeUs ?? 0;
  const bars = new Array<number>(CHART + 1).fill(0);
  let length = 0;
  for (const { timeUs, bytes } of points) {
    const column = Math.round((timeUs - firstUs) / 1e6 / intervalSeconds);
    bars[column] = bytes;
    length = Math.max(length, column + 1);
  }
  const most = Math.max(1, ...bars);
  const text = bars
    .slice(0, length)
    .map((bytes) => LEVELS[bytes === 0 ? 0 : Math.max(1, Math.round((bytes / most) * 8))])
    .join('');
  const sum = (pick: (point: SeriesPoint) => number): number =>
    points.reduce((all, one) => all + pick(one), 0);
  const day = (us: number): string => new Date(us / 1000).toISOString().slice(0, 19).replace('T', ' ');
  const lastUs = points.at(-1)?.timeUs ?? 0;
  const flows = formatCount(sum((point) => point.flows));
  const figures = `${formatBytes(sum((point) => point.bytes))} in ${flows} flows`;
  return `  ${colors.bold(figures)}  ${colors.dim(`a column is ${spoken(intervalSeconds)}, the highest ${formatBytes(most)}`)}
  ${colors.bar(text)}
  ${colors.dim(`${day(firstUs)} to ${day(lastUs + intervalSeconds * 1e6)} UTC`)}
`;
}

function spoken(seconds: number): string {
  if (seconds >= 86_400) return `${seconds / 86_400} d`;
  if (seconds >= 3600) return `${seconds / 3600} h`;
  return seconds >= 60 ? `${seconds / 60} min` : `${seconds} s`;
}
