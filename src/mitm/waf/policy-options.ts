import type { EngineMode } from './engine/rule.ts';
import { parseIds, parseSelection } from './engine/select.ts';
import { DirectiveError } from './seclang/mistake.ts';
import { parseTargets } from './seclang/target.ts';
import { VARIABLES } from './variable/index.ts';

/** What is asked of requests to a host, below a path. */
export interface PolicyEntry {
  /** A name, or `*.example.org` for the names below one; absent: every host. */
  readonly host?: string | undefined;
  /** `/shop` means `/shop` and `/shop/...`; `/shop/` what is below; absent: every path. */
  readonly path?: string | undefined;
  /** Absent: what the rule files say. */
  readonly mode?: EngineMode | undefined;
  /** How many of a hundred clients are looked at; absent: all. */
  readonly samplePercent?: number | undefined;
  /** `942100`, `942000-942999`, `tag:attack-sqli`: the whole tag. */
  readonly excludedRules?: readonly string[] | undefined;
  /** Variables that some rules do not look at. */
  readonly excludedTargets?: readonly PolicyTargets[] | undefined;
  /** Paranoia level of the Core Rule Set, 1 to 4. */
  readonly paranoiaLevel?: number | undefined;
  /** Rules up to this level are told of without their scores being counted; not below the one above. */
  readonly detectionParanoiaLevel?: number | undefined;
  /** Anomaly scores from which on requests and answers are denied. */
  readonly inboundThreshold?: number | undefined;
  readonly outboundThreshold?: number | undefined;
}

/** Variables that some rules do not look at. */
export interface PolicyTargets {
  /** As in {@link PolicyEntry.excludedRules}. */
  readonly rules: readonly string[];
  /** As rules name them: `ARGS:comment|REQUEST_COOKIES:/^_ga/`. */
  readonly targets: string;
}

/** How requests are judged by host and path. */
export interface PolicyOptions {
  /** The first entry whose host and path are meant counts; where none is, the rule files alone do. */
  readonly entries: readonly PolicyEntry[];
  /** Goes into the hash of the sample, so that nobody outside knows whose requests are looked at. */
  readonly sampleSalt?: string | undefined;
}

/** A policy that cannot be used; the message lists every mistake and where it is. */
export class PolicyError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'PolicyError';
    this.faults = faults;
  }
}

const MOST_ENTRIES = 1024;
const MODES: readonly unknown[] = ['on', 'detection', 'off'];
const HOST =
  /^(?:\*\.)?(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*|\[[0-9A-Fa-f:.]+\])$/;

/** What is wrong with a policy: `entries[2].host: ...`. */
export function policyFaults(options: PolicyOptions): string[] {
  const { entries } = options;
  if (!Array.isArray(entries)) return ['entries: a list is wanted'];
  if (entries.length > MOST_ENTRIES) return [`entries: at most ${MOST_ENTRIES}`];
  return entries.flatMap((entry: PolicyEntry, i) =>
    entryFaults(entry).map((fault) => `entries[${i}].${fault}`),
  );
}

function entryFaults(entry: PolicyEntry): string[] {
  const faults: string[] = [];
  const check = (name: string, isRight: boolean, wanted: string): void => {
    if (!isRight) faults.push(`${name}: ${wanted}`);
  };
  const { host, path, mode, samplePercent, paranoiaLevel, detectionParanoiaLevel } = entry;
  check(
    'host',
    host === undefined || HOST.test(host),
    `${shown(host)} is no host: write www.example.org or *.example.org`,
  );
  check(
    'path',
    path === undefined || (path.startsWith('/') && !/[?#%\\]|\/\/|\/\.{1,2}(?:\/|$)/.test(path)),
    `${shown(path)} is no path: it begins with / and has no query, escapes or dots to resolve`,
  );
  check(
    'mode',
    mode === undefined || MODES.includes(mode),
    `${shown(mode)} is no mode: on, detection or off`,
  );
  check(
    'samplePercent',
    isWithin(samplePercent, 0, 100, false),
    `${shown(samplePercent)} is no number from 0 to 100`,
  );
  for (const name of ['paranoiaLevel', 'detectionParanoiaLevel'] as const) {
    check(
      name,
      isWithin(entry[name], 1, 4, true),
      `${shown(entry[name])} is no paranoia level: 1, 2, 3 or 4`,
    );
  }
  for (const name of ['inboundThreshold', 'outboundThreshold'] as const) {
    check(
      name,
      isWithin(entry[name], 1, 1_000_000, true),
      `${shown(entry[name])} is no whole number from 1 on`,
    );
  }
  check(
    'detectionParanoiaLevel',
    detectionParanoiaLevel === undefined ||
      (paranoiaLevel !== undefined && detectionParanoiaLevel >= paranoiaLevel),
    'it goes with a paranoiaLevel that is not above it',
  );
  for (const [i, rules] of (entry.excludedRules ?? []).entries())
    faults.push(...ruleFaults(`excludedRules[${i}]`, rules));
  for (const [i, { rules, targets }] of (entry.excludedTargets ?? []).entries()) {
    const place = `excludedTargets[${i}]`;
    check(`${place}.rules`, rules.length > 0, 'no rules are named');
    for (const [j, each] of rules.entries()) faults.push(...ruleFaults(`${place}.rules[${j}]`, each));
    faults.push(...targetFaults(`${place}.targets`, targets));
  }
  return faults;
}

function ruleFaults(place: string, rules: string): string[] {
  return told(place, () => {
    if (rules.startsWith('tag:') && rules.length > 4) parseSelection('tag', rules.slice(4));
    else if (rules.trim() === '' || parseIds(rules).some(({ by }) => by !== 'id'))
      throw new DirectiveError('no rule is named');
  });
}

function targetFaults(place: string, targets: string): string[] {
  return told(place, () => {
    for (const { variable, count, exclude } of parseTargets(targets)) {
      if (!VARIABLES.has(variable)) throw new DirectiveError(`${variable} is no variable`);
      if (count || exclude) throw new DirectiveError(`${variable}: neither ! nor & has a meaning here`);
    }
  });
}

function told(place: string, run: () => void): string[] {
  try {
    run();
    return [];
  } catch (error) {
    if (!(error instanceof DirectiveError)) throw error;
    return [`${place}: ${error.message}`];
  }
}

function isWithin(value: number | undefined, least: number, most: number, whole: boolean): boolean {
  if (value === undefined) return true;
  return typeof value === 'number' && value >= least && value <= most && (!whole || Number.isInteger(value));
}

function shown(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value.slice(0, 60) : value) ?? 'nothing';
}
