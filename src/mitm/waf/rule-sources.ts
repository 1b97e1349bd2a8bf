import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { LoadOptions, RuleSource } from './engine/load.ts';

/** Which rules a user wants. */
export interface RuleWishes {
  /** Folder of a Core Rule Set; without it, and without `rules`, Debian's is taken. */
  readonly crs?: string | undefined;
  /** Own rule files, and folders with them. */
  readonly rules?: readonly string[];
  /** Paranoia level of the Core Rule Set over what its setup says, 1 to 4. */
  readonly paranoia?: number | undefined;
  /** Nothing is blocked, whatever the rule files say. */
  readonly detectionOnly?: boolean;
}

/** Rules that were found, for `loadRules`. */
export interface ChosenRules {
  readonly sources: readonly RuleSource[];
  readonly options: LoadOptions;
  /** How many of the rules are weir's own. */
  readonly builtIn: number;
  /** Where they come from, in words. */
  readonly origin: string;
  /** The Core Rule Set's parts; undefined where only own rules are used. */
  readonly crs: CoreRuleSet | undefined;
}

/** Files of a Core Rule Set, in the order in which they are loaded. */
export interface CoreRuleSet {
  readonly folder: string;
  readonly setup: string;
  /** Exclusions that stand before the rules. */
  readonly before: readonly string[];
  readonly rules: readonly string[];
  /** Exclusions that stand behind them. */
  readonly after: readonly string[];
}

/** No rules where they were looked for; the message says what to install or to name. */
export class NoRulesError extends Error {}

/** Where Debian's `modsecurity-crs` has its rules. */
export const DEBIAN_CRS = '/usr/share/modsecurity-crs';

/**
 * What stands before every rule file: which bodies are JSON and XML is nothing that ModSecurity knows by itself. With
 * the Core Rule Set, which counts on it, a body that cannot be read is refused as well. The identifiers are of a range
 * that nobody has.
 */
const PROCESSORS = `
SecRule REQUEST_HEADERS:Content-Type "@rx (?i)^(?:application|text)/(?:[a-z0-9.+-]+[+])?xml" \\
  "id:460001,phase:1,pass,nolog,t:none,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "@rx (?i)^application/(?:[a-z0-9.+-]+[+])?json" \\
  "id:460002,phase:1,pass,nolog,t:none,ctl:requestBodyProcessor=JSON"
`;
const BROKEN_BODIES = `
SecRule REQBODY_ERROR "!@eq 0" \\
  "id:460003,phase:2,deny,status:400,log,t:none,severity:CRITICAL,msg:'The body of the request cannot be read',\\
  logdata:'%{REQBODY_ERROR_MSG}',tag:'attack-protocol'"
`;

/** Finds the rules that are wanted. Throws {@link NoRulesError}. */
export function chooseRules(wishes: RuleWishes): ChosenRules {
  const { paranoia, rules = [] } = wishes;
  const own = rules.flatMap(ownFiles);
  const options: LoadOptions = wishes.detectionOnly === true ? { settings: { mode: 'detection' } } : {};
  const folder = wishes.crs ?? (rules.length === 0 ? DEBIAN_CRS : undefined);
  if (folder === undefined) {
    if (paranoia !== undefined) {
      throw new NoRulesError("a paranoia level is the Core Rule Set's: name that as well (--crs DIR)");
    }
    return {
      sources: [text('body processors', PROCESSORS), ...own.map(file)],
      options,
      builtIn: 2,
      origin: rules.join(', '),
      crs: undefined,
    };
  }
  if (wishes.crs === undefined && !existsSync(folder)) {
    throw new NoRulesError(
      "there are no rules: install Debian's Core Rule Set (apt-get install modsecurity-crs), or name a checkout of " +
        'it (--crs DIR) or own rules (--rules FILE)',
    );
  }
  const crs = findCoreRuleSet(folder);
  // The Core Rule Set's own names: what is to be excluded while requests run has to stand before the rules.
  const early = own.filter((path) => basename(path).startsWith('REQUEST-900-'));
  const late = own.filter((path) => !early.includes(path));
  const sources = [
    text('body processors', PROCESSORS + BROKEN_BODIES),
    file(crs.setup),
    ...(paranoia === undefined ? [] : [text('paranoia level', paranoiaRule(paranoia))]),
    ...[...crs.before, ...early, ...crs.rules, ...crs.after, ...late].map(file),
  ];
  const builtIn = paranoia === undefined ? 3 : 4;
  return { sources, options, builtIn, origin: [crs.folder, ...rules].join(' and '), crs };
}

/**
 * The files of a Core Rule Set in a folder: a checkout, or Debian's package with its setup under `/etc`. Throws
 * {@link NoRulesError} where the folder holds none, or no setup.
 */
export function findCoreRuleSet(folder: string): CoreRuleSet {
  const rules = coreRules(folder);
  if (rules === undefined) {
    const what = existsSync(folder) ? 'holds no Core Rule Set' : 'is not there';
    throw new NoRulesError(
      `${folder} ${what}: name a folder with rules/*.conf and crs-setup.conf, such as a checkout of ` +
        "coreruleset, or install Debian's (apt-get install modsecurity-crs)",
    );
  }
  const { etc, places } = setupPlaces(folder, rules);
  const setup = setupOf(folder, rules);
  if (setup === undefined) {
    throw new NoRulesError(`${rules} holds rules, but there is no setup for them: ${places.join(', ')}`);
  }
  const local = etc !== undefined && setup === join(etc, 'crs-setup.conf') ? conf(etc) : [];
  return {
    folder,
    setup,
    before: local.filter((path) => basename(path).startsWith('REQUEST-900-')),
    rules: conf(rules),
    after: local.filter((path) => basename(path).startsWith('RESPONSE-999-')),
  };
}

/** The folder of the rules themselves: below the one that is named, or that one. */
function coreRules(folder: string): string | undefined {
  return [join(folder, 'rules'), folder].find((place) => conf(place).some(isInitialization));
}

/** Where the setup of a Core Rule Set may be. */
function setupPlaces(
  folder: string,
  rules: string,
): { readonly etc: string | undefined; readonly places: readonly string[] } {
  const top = rules === folder ? join(folder, '..') : folder;
  // Debian's package has its setup apart, also where it was unpacked below another folder.
  const root = /^(.*)\/usr\/share\/[^/]+$/.exec(resolve(top))?.[1];
  const etc = root === undefined ? undefined : join(root, '/etc/modsecurity/crs');
  const places = [
    join(top, 'crs-setup.conf'),
    ...(etc === undefined ? [] : [join(etc, 'crs-setup.conf')]),
    join(top, 'crs-setup.conf.example'),
  ];
  return { etc, places };
}

function setupOf(folder: string, rules: string): string | undefined {
  return setupPlaces(folder, rules).places.find((path) => existsSync(path));
}

/**
 * The rule files of a path in their order: those of a Core Rule Set with its setup where there is one, a file, or all
 * `*.conf` of a folder. Throws {@link NoRulesError}.
 */
export function ruleFiles(path: string): readonly string[] {
  const found = coreRules(path);
  if (found === undefined) return ownFiles(path);
  const setup = setupOf(path, found);
  if (setup === undefined) return conf(found);
  const { before, rules, after } = findCoreRuleSet(path);
  return [setup, ...before, ...rules, ...after];
}

/** Rule files that a user names: a file, or all `*.conf` of a folder by name. Throws {@link NoRulesError}. */
export function ownFiles(path: string): readonly string[] {
  if (!existsSync(path)) throw new NoRulesError(`${path} is not there`);
  if (!statSync(path).isDirectory()) return [path];
  const found = conf(path);
  if (found.length === 0) throw new NoRulesError(`${path} holds no rule files (*.conf)`);
  return found;
}

/** The `*.conf` of a folder by name; none where it is no folder. */
function conf(folder: string): readonly string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.conf'))
    .sort()
    .map((name) => join(folder, name));
}

function isInitialization(path: string): boolean {
  return basename(path).startsWith('REQUEST-901-');
}

/** Both generations' names: 4 has blocking and detection levels, 3 had one and an executing one. */
function paranoiaRule(level: number): string {
  const names = [
    'paranoia_level',
    'executing_paranoia_level',
    'blocking_paranoia_level',
    'detection_paranoia_level',
  ];
  const set = names.map((name) => `setvar:tx.${name}=${level}`).join(',');
  return `SecAction "id:460000,phase:1,pass,nolog,t:none,${set}"\n`;
}

function file(path: string): RuleSource {
  return { kind: 'file', path: resolve(path) };
}

function text(name: string, rules: string): RuleSource {
  return { kind: 'text', name, text: rules };
}
