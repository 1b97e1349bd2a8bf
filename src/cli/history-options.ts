import type { ParseArgsOptionsConfig } from 'node:util';
import { type Selection, Store, StoreError } from '../store/index.ts';
import { parseChoice, parseCount, parseOptions, parseTime, UsageError } from './usage.ts';

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  store: { type: 'string' },
  config: { type: 'string', short: 'c' },
  since: { type: 'string' },
  until: { type: 'string' },
  address: { type: 'string', short: 'a' },
  'community-id': { type: 'string' },
  'flow-id': { type: 'string' },
  protocol: { type: 'string' },
  application: { type: 'string' },
  query: { type: 'string', short: 'q' },
  by: { type: 'string' },
  open: { type: 'boolean' },
  limit: { type: 'string', short: 'n' },
  json: { type: 'boolean' },
} as const satisfies ParseArgsOptionsConfig;

/** What all questions to the history have in common, for the help of a command. */
export const HISTORY_HELP = `
  --store DIR              ask the store in this folder ('weir import' fills one), not the running weir
  -c, --config FILE        the configuration that the running weir was started with
  --since T, --until T     only this time (ISO 8601, UTC; or seconds since 1970); a flow counts at its end
  -a, --address A          only flows with this address or prefix at either end: 192.0.2.7, 2001:db8::/32
  --protocol P             only this protocol (TLS, DNS, ...)
  --application A          only this application (Google, Netflix, ...)
  --community-id ID        only flows with this community id
  --flow-id N              only the flow with this number
  -q, --query TEXT         as in the console: 'port:443 bytes>1M not app:YouTube'; GET /api/v1/query/fields lists the fields
  -n, --limit N            rows (default DEFAULT; at most 10000)
  --json                   as JSON
`;

/** What answers questions to the history: a store, or the running weir, which has its store open. */
export type HistorySource = Pick<Store, 'flows' | 'top' | 'series'>;

/** What a command that asks the history was asked. */
export interface HistoryQuestion {
  /** Of the store; undefined: the running weir is asked. */
  readonly folder: string | undefined;
  /** The configuration of the running weir; undefined: the usual one. */
  readonly config: string | undefined;
  readonly selection: Selection;
  readonly by: 'bytes' | 'flows';
  readonly limit: number;
  /** Flows that are open are asked for, not the history. */
  readonly open: boolean;
  readonly json: boolean;
  readonly operands: readonly string[];
}

/** Reads the arguments of a command that asks the history; undefined when only help was wanted. */
export function parseHistoryOptions(
  command: string,
  args: readonly string[],
  otherwise: { readonly limit: number; readonly operands?: number; readonly open?: true },
): HistoryQuestion | undefined {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) return undefined;
  const hint = `Try 'weir ${command} --help'`;
  if (positionals.length > (otherwise.operands ?? 0)) {
    throw new UsageError(`${command}: one operand too many: '${positionals.at(-1)}'`, hint);
  }
  if (values.store !== undefined && values.config !== undefined) {
    throw new UsageError('--store asks a folder, --config the running weir: give one of them', hint);
  }
  if (values.open && otherwise.open !== true) {
    throw new UsageError("--open is for 'weir flows'", hint);
  }
  if (values.open && values.store !== undefined) {
    throw new UsageError('--open asks the running weir: a store has flows that have ended', hint);
  }
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
    ...(values.query === undefined ? {} : { query: values.query }),
  };
  return {
    folder: values.store,
    config: values.config,
    selection,
    by: parseChoice('--by', values.by ?? 'bytes', ['bytes', 'flows'] as const),
    limit: values.limit === undefined ? otherwise.limit : parseCount('--limit', values.limit, 1, 10_000),
    open: values.open ?? false,
    json: values.json ?? false,
    operands: positionals,
  };
}

/** What a user can do where no weir runs. */
export const WITHOUT_WEIR =
  "ask a store with --store DIR ('weir import CAPTURE... --store DIR' makes one out of captures)";

/** Asks the store of the question's folder, or the running weir; errors become words and exit codes. */
export async function askHistory(
  question: HistoryQuestion,
  ask: (source: HistorySource) => Promise<string>,
): Promise<number> {
  const { folder, config } = question;
  if (folder !== undefined) return askStore(folder, ask);
  const { askRunning } = await import('./running.ts');
  return askRunning(config, WITHOUT_WEIR, async (weir) => {
    process.stdout.write(await ask(weir));
    return 0;
  });
}

/** Opens the store for questions, asks, and closes it. */
function askStore(folder: string, ask: (source: HistorySource) => Promise<string>): Promise<number> {
  return reportStoreError(async () => {
    const store = await openStore(folder);
    try {
      process.stdout.write(await ask(store));
      return 0;
    } finally {
      await store.close();
    }
  });
}

async function openStore(folder: string): Promise<Store> {
  try {
    return await Store.open(folder, {
      readOnly: true,
      onFinding: (message) => process.stderr.write(`weir: ${message}\n`),
    });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'locked') throw error;
    throw new StoreError('locked', `${error.message}: without --store the running weir is asked`, error);
  }
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
