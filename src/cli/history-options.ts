import type { ParseArgsOptionsConfig } from 'node:util';
import { type Selection, Store, StoreError } from '../store/index.ts';
import { parseChoice, parseCount, parseOptions, parseTime, UsageError } from './usage.ts';

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  store: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  address: { type: 'string', short: 'a' },
  'community-id': { type: 'string' },
  'flow-id': { type: 'string' },
  protocol: { type: 'string' },
  application: { type: 'string' },
  by: { type: 'string' },
  limit: { type: 'string', short: 'n' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

/** What all questions to the history have in common, for the help of a command. */
export const HISTORY_HELP = `
  --store DIR              folder of the store ('weir import' and 'weir up' fill one)
  --since T, --until T     only this time (ISO 8601, UTC; or seconds since 1970); a flow counts at its end
  -a, --address A          only flows with this address or prefix at either end: 192.0.2.7, 2001:db8::/32
  --protocol P             only this protocol (TLS, DNS, ...)
  --application A          only this application (Google, Netflix, ...)
  --community-id ID        only flows with this community id
  --flow-id N              only the flow with this number
  -n, --limit N            rows (default DEFAULT; at most 10000)
  --json                   as JSON
`;

/** What a command that asks the history was asked. */
export interface HistoryQuestion {
  readonly folder: string;
  readonly selection: Selection;
  readonly by: 'bytes' | 'flows';
  readonly limit: number;
  readonly json: boolean;
  readonly operands: readonly string[];
}

/** Reads the arguments of a command that asks the history; undefined when only help was wanted. */
export function parseHistoryOptions(
  command: string,
  args: readonly string[],
  otherwise: { readonly limit: number; readonly operands?: number },
): HistoryQuestion | undefined {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) return undefined;
  const hint = `Try 'weir ${command} --help'`;
  if (positionals.length > (otherwise.operands ?? 0)) {
    throw new UsageError(`${command}: one operand too many: '${positionals.at(-1)}'`, hint);
  }
  if (values.store === undefined) throw new UsageError(`${command} needs --store DIR`, hint);
  const sinceUs = values.since === undefined ? undefined : parseTime('--since', values.since);
  const untilUs = values.until === undefined ? undefined : parseTime('--until', values.until);
  const selection: Selection = {
    ...(sinceUs === undefined ? {} : { sinceUs }),
    ...(untilUs === undefined ? {} : { untilUs }),
    ...(values.address === undefined ? {} : { address: values.address }),
    ...(values['community-id'] === undefined ? {} : { communityId: values['community-id'] }),
    ...(values['flow-id'] === undefined
      ? {}
      : { flowId: parseCount('--flow-id', values['flow-id'], 0, Number.MAX_SAFE_INTEGER) }),
    ...(values.protocol === undefined ? {} : { protocol: values.protocol }),
    ...(values.application === undefined ? {} : { application: values.application }),
  };
  return {
    folder: values.store,
    selection,
    by: parseChoice('--by', values.by ?? 'bytes', ['bytes', 'flows'] as const),
    limit: values.limit === undefined ? otherwise.limit : parseCount('--limit', values.limit, 1, 10_000),
    json: values.json ?? false,
    operands: positionals,
  };
}

/** Opens the store for questions, asks, and closes it; the store's errors become words and exit codes. */
export function askStore(question: HistoryQuestion, ask: (store: Store) => Promise<string>): Promise<number> {
  return reportStoreError(async () => {
    const store = await Store.open(question.folder, {
      readOnly: true,
      onFinding: (message) => process.stderr.write(`weir: ${message}\n`),
    });
    try {
      process.stdout.write(await ask(store));
      return 0;
    } finally {
      await store.close();
    }
  });
}

/** Runs `work`; an error of the store is told on standard error: exit code 1, or 2 where the question was wrong. */
export async function reportStoreError(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === 'question') throw new UsageError(error.message);
    process.stderr.write(`weir: ${error.message}\n`);
    return 1;
  }
}
