import { severityNumber } from '../engine/severity.ts';
import type { Transaction } from '../engine/transaction.ts';
import type { Value } from '../engine/value.ts';
import { changing, type Definition } from './define.ts';

/** The persistent collections that `initcol`, `setsid` and `setuid` begin. */
export const PERSISTENT = ['GLOBAL', 'IP', 'RESOURCE', 'SESSION', 'USER'] as const;

/** Variables that rules set, and what they found. */
export const STATE_VARIABLES: readonly Definition[] = [
  {
    name: 'TX',
    members: (transaction) => listed(transaction, 'TX', transaction.variables),
  },
  ...PERSISTENT.map((name) => ({
    name,
    members: (transaction: Transaction) =>
      listed(transaction, name, transaction.records.get(name)?.values ?? new Map()),
  })),
  changing('SESSIONID', ({ variables }) => variables.get('sessionid') ?? ''),
  changing('USERID', ({ variables }) => variables.get('userid') ?? ''),
  changing('WEBAPPID', ({ settings }) => settings.webAppId),
  changing('MATCHED_VAR', ({ matched }) => matched.text),
  changing('MATCHED_VAR_NAME', ({ matched }) => matched.name),
  changing('HIGHEST_SEVERITY', ({ highestSeverity }) => String(highestSeverity)),
  {
    name: 'MATCHED_VARS',
    members: (transaction) =>
      transaction.matchedAll.map(({ name, text }) => transaction.passing('MATCHED_VARS', name, text)),
  },
  {
    name: 'MATCHED_VARS_NAMES',
    members: (transaction) =>
      transaction.matchedAll.map(({ name }) => transaction.passing('MATCHED_VARS_NAMES', name, name)),
  },
  {
    name: 'RULE',
    members: (transaction) => listed(transaction, 'RULE', ruleOf(transaction)),
  },
  // Countries of addresses: there is no database of them.
  { name: 'GEO', members: () => [] },
  // The engine's own environment is none of a rule's business.
  { name: 'ENV', members: () => [] },
  changing('MODSEC_BUILD', () => '030000000'),
];

function listed(
  transaction: Transaction,
  variable: string,
  values: ReadonlyMap<string, string>,
): readonly Value[] {
  const members: Value[] = [];
  for (const [key, value] of values) members.push(transaction.passing(variable, key, value));
  return members;
}

/** What can be known of the rule that is being run; what it does not have is left out. */
function ruleOf({ rule }: Transaction): ReadonlyMap<string, string> {
  if (rule === undefined) return new Map();
  const { link, severity } = rule;
  const all: [string, string][] = [
    ['id', String(rule.id)],
    ['severity', severity === '' ? '' : String(severityNumber(severity))],
    ['msg', link.message?.source ?? ''],
    ['logdata', link.logData?.source ?? ''],
  ];
  return new Map(all.filter(([, value]) => value !== ''));
}
