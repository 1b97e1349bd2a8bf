import { askHistory, HISTORY_HELP, parseHistoryOptions } from './history-options.ts';
import { terminalPaint } from './table.ts';
import { renderTop, topJson } from './top-table.ts';

const ROWS = 20;
const HELP = `usage: weir destinations [--store DIR] [options]

Where the traffic of the history went: addresses with the name that led there. Asks the running weir, or a store.
  --by bytes|flows         what is most (default bytes)
${HISTORY_HELP.replace('DEFAULT', String(ROWS))}`;

/** `weir destinations`: the servers of the history, by bytes or flows. */
export async function destinations(args: readonly string[]): Promise<number> {
  const question = parseHistoryOptions('destinations', args, { limit: ROWS });
  if (question === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  return askHistory(question, async (source) => {
    const list = await source.top('destinations', question.selection, question);
    return question.json
      ? `${JSON.stringify({ destinations: topJson(list) }, null, 2)}\n`
      : renderTop('destinations', list, question.by, terminalPaint());
  });
}
