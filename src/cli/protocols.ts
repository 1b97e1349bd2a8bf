import { askHistory, HISTORY_HELP, parseHistoryOptions } from './history-options.ts';
import { terminalPaint } from './table.ts';
import { renderTop, topJson } from './top-table.ts';

const ROWS = 20;
const HELP = `usage: weir protocols [--store DIR] [options]

The protocols of the history and their share. Asks the running weir, or a store.
  --by bytes|flows         what is most (default bytes)
${HISTORY_HELP.replace('DEFAULT', String(ROWS))}`;

/** `weir protocols`: the protocols of the history, by bytes or flows. */
export async function protocols(args: readonly string[]): Promise<number> {
  const question = parseHistoryOptions('protocols', args, { limit: ROWS });
  if (question === undefined) {
    process.stdout.write(HELP);
    return 0;
  }
  return askHistory(question, async (source) => {
    const list = await source.top('protocols', question.selection, question);
    return question.json
      ? `${JSON.stringify({ protocols: topJson(list) }, null, 2)}\n`
      : renderTop('protocols', list, question.by, terminalPaint());
  });
}
