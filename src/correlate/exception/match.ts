import {
  formatAddress,
  formatPrefix,
  type Prefix,
  parseAddress,
  parsePrefix,
  prefixContains,
} from '../../net/index.ts';
import type { Evidence, Observation } from '../evidence.ts';

/** What a piece of evidence or an observation does not say itself; empty where it is not known. */
export interface EvidenceFacts {
  /** Host of the web request. */
  readonly host: string;
  /** Path of the web request as it was sent, with or without its query. */
  readonly path: string;
  /** Id of the rule that matched: of the WAF, or of a signature. */
  readonly ruleId: string;
}

/** What exceptions look at; empty where it is not known. */
export interface Occurrence extends EvidenceFacts {
  readonly address: string;
  readonly target: string;
  /** Name of the scenario; for a rule its name. */
  readonly scenario: string;
  readonly ja4: string;
}

/** What an exception is for: all that is given must hold, and something must be given. */
export interface ExceptionMatch {
  readonly address?: string;
  /** CIDR, that the address lies in. */
  readonly network?: string;
  /** Address that it is done to. */
  readonly target?: string;
  /** In lower case, without a port. */
  readonly host?: string;
  /** Whole segments that the path begins with: `/search` is for `/search` and `/search/all`, not for `/searching`. */
  readonly path?: string;
  readonly ruleId?: string;
  readonly scenario?: string;
  readonly ja4?: string;
}

/** The fields of an exception's match, those that tell most apart first. */
export const MATCH_FIELDS = [
  'address',
  'ja4',
  'path',
  'target',
  'ruleId',
  'scenario',
  'host',
  'network',
] as const satisfies readonly (keyof ExceptionMatch)[];

/** Nothing is known besides the evidence itself. */
export const NO_FACTS: EvidenceFacts = { host: '', path: '', ruleId: '' };

/** An exception, a mark or a change is not as it may be; the message has the field and what to do. */
export class ExceptionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ExceptionError';
  }
}

const LONGEST = 256;
const LONGEST_PATH = 2048;
/** What servers may read as another path than it looks like: dots, slashes and backslashes, also in disguise. */
const AMBIGUOUS_PATH = /\\|\/\/|%(?:2e|2f|5c|00|25)|\/\.{1,2}(?:[/;]|$)|;|\p{Cc}/iu;
const HOST = /^[a-z0-9_.:[\]-]+$/;
const PRINTABLE = /^\P{Cc}+$/u;

/** What there is to match of a piece of evidence. */
export function occurrenceOf(evidence: Evidence, facts: EvidenceFacts = NO_FACTS): Occurrence {
  const { address, target, source, ja4 } = evidence;
  return { address, target, scenario: source, ja4, ...normalFacts(facts) };
}

/** What there is to match of an observation, before any scenario has seen it; the caller knows its JA4. */
export function observedOccurrence(
  observation: Observation,
  facts: EvidenceFacts = NO_FACTS,
  ja4 = '',
): Occurrence {
  const { address, target } = observation;
  return { address, target, scenario: '', ja4, ...normalFacts(facts) };
}

function normalFacts({ host, path, ruleId }: EvidenceFacts): EvidenceFacts {
  return { host: plainHost(host), path, ruleId };
}

/** A host in lower case, without its port and last dot. */
export function plainHost(host: string): string {
  return host
    .slice(0, LONGEST)
    .toLowerCase()
    .replace(/:\d{1,5}$/, (port, at: number, all: string) =>
      all[at - 1] === ']' || isOnlyColon(all) ? '' : port,
    )
    .replace(/\.$/, '');
}

function isOnlyColon(host: string): boolean {
  return host.indexOf(':') === host.lastIndexOf(':');
}

/**
 * A path without its query, ready for comparison; undefined for one that a server may read in another way than an
 * exception (`/search/../admin`, `/search/%2e%2e/admin`, `/search/..;/admin`): such is never excepted by its path.
 */
export function plainPath(path: string): string | undefined {
  const end = path.search(/[?#]/);
  const bare = end < 0 ? path : path.slice(0, end);
  if (bare.length > LONGEST_PATH || !bare.startsWith('/') || AMBIGUOUS_PATH.test(bare)) return undefined;
  return bare.length > 1 && bare.endsWith('/') ? bare.slice(0, -1) : bare;
}

/**
 * Checks what an exception is for and brings it into one form: addresses short, hosts in lower case, no empty fields.
 * Throws {@link ExceptionError} for what is not understood, and for what would except everything.
 */
export function checkedMatch(given: ExceptionMatch): ExceptionMatch {
  for (const name of Object.keys(given)) {
    if (!(MATCH_FIELDS as readonly string[]).includes(name)) {
      throw new ExceptionError(
        `exception: '${name.slice(0, 40)}' is no field; there are ${MATCH_FIELDS.join(', ')}`,
      );
    }
  }
  const match: { -readonly [Field in keyof ExceptionMatch]: string } = {};
  for (const field of MATCH_FIELDS) {
    const value: unknown = given[field];
    if (value === undefined || value === '') continue;
    if (typeof value !== 'string') throw new ExceptionError(`exception: ${field} takes text`);
    match[field] = checkedField(field, value);
  }
  const [only, ...others] = Object.keys(match);
  if (only === undefined) {
    throw new ExceptionError(
      `exception: nothing is given that it is for; give one of ${MATCH_FIELDS.join(', ')}`,
    );
  }
  if (others.length === 0 && (match.path === '/' || /\/0$/.test(match.network ?? ''))) {
    throw new ExceptionError(`exception: ${only} alone would except everything; narrow it down`);
  }
  return match;
}

function checkedField(field: keyof ExceptionMatch, value: string): string {
  const wrong = (takes: string): ExceptionError =>
    new ExceptionError(`exception: ${field} takes ${takes}, not '${value.slice(0, 80)}'`);
  switch (field) {
    case 'address':
    case 'target': {
      const address = value.length > 64 ? undefined : parseAddress(value);
      if (address === undefined) throw wrong('an IPv4 or IPv6 address');
      return formatAddress(address.version, ...address.words);
    }
    case 'network': {
      const prefix = value.length > 64 ? undefined : parsePrefix(value);
      if (prefix === undefined) throw wrong('a network as 203.0.113.0/24');
      return formatPrefix(prefix);
    }
    case 'path': {
      const path = value.includes('?') || value.includes('#') ? undefined : plainPath(value);
      if (path === undefined)
        throw wrong('a path from / on, without a query, dot segments and doubled slashes');
      return path;
    }
    case 'host': {
      const host = plainHost(value);
      if (!HOST.test(host) || value.length > LONGEST) throw wrong('the name of a host');
      return host;
    }
    case 'ruleId':
    case 'scenario':
    case 'ja4':
      if (value.length > LONGEST || !PRINTABLE.test(value))
        throw wrong(`up to ${LONGEST} printable characters`);
      return value;
    default: {
      const never: never = field;
      throw new ExceptionError(`exception: unknown field ${String(never)}`);
    }
  }
}

/** One text for each match: two that are for the same are equal. */
export function matchKey(match: ExceptionMatch): string {
  return JSON.stringify(MATCH_FIELDS.map((field) => match[field] ?? ''));
}

/** A match in words: `rule 942100 at host shop, path /search`. */
export function matchText(match: ExceptionMatch): string {
  const { ruleId, scenario, host, path, address, network, target, ja4 } = match;
  const what = [ruleId && `rule ${ruleId}`, scenario && `scenario ${scenario}`].filter(Boolean).join(' and ');
  const where = [
    host && `host ${host}`,
    path && `path ${path}`,
    target && `target ${target}`,
    address && `address ${address}`,
    network && `network ${network}`,
    ja4 && `JA4 ${ja4}`,
  ].filter(Boolean);
  return [what || 'everything', where.join(', ')].filter(Boolean).join(' at ');
}

/** A checked match, made ready to be asked; `test` says whether it is for an occurrence. */
export function matcherOf(match: ExceptionMatch): (occurrence: Occurrence) => boolean {
  const prefix = match.network === undefined ? undefined : parsePrefix(match.network);
  const { address, target, host, path, ruleId, scenario, ja4 } = match;
  return (occurrence) =>
    (address === undefined || occurrence.address === address) &&
    (target === undefined || occurrence.target === target) &&
    (host === undefined || occurrence.host === host) &&
    (ruleId === undefined || occurrence.ruleId === ruleId) &&
    (scenario === undefined || occurrence.scenario === scenario) &&
    (ja4 === undefined || occurrence.ja4 === ja4) &&
    (prefix === undefined || liesIn(prefix, occurrence.address)) &&
    (path === undefined || isBelow(path, occurrence.path));
}

function liesIn(prefix: Prefix, text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && prefixContains(prefix, address.version, ...address.words);
}

function isBelow(prefix: string, path: string): boolean {
  const plain = plainPath(path);
  if (plain === undefined) return false;
  return prefix === '/' || plain === prefix || plain.startsWith(`${prefix}/`);
}
