import type { Action } from '../seclang/action.ts';
import { DirectiveError } from '../seclang/mistake.ts';
import { nearMiss } from '../seclang/near-miss.ts';
import { parseTargets } from '../seclang/target.ts';
import { TRANSFORMATIONS } from '../transformation/index.ts';
import type { Transformation } from '../transformation/transformation.ts';
import { PERSISTENT } from '../variable/index.ts';
import { has, lastValue } from './draft.ts';
import { parseMacro } from './macro.ts';
import type { Assignment, CollectionStart, Control, Disruption, Expiry } from './rule.ts';
import { parseIds, parseSelection } from './select.ts';
import { engineMode, switchValue } from './settings.ts';

/** Actions that no verdict depends on, or that {@link file://./draft.ts} has read. */
const KNOWN: ReadonlySet<string> = new Set([
  'accuracy',
  'allow',
  'append',
  'auditlog',
  'block',
  'capture',
  'chain',
  'ctl',
  'deny',
  'deprecatevar',
  'drop',
  'expirevar',
  'id',
  'initcol',
  'log',
  'logdata',
  'maturity',
  'msg',
  'multimatch',
  'noauditlog',
  'nolog',
  'pass',
  'pause',
  'phase',
  'prepend',
  'redirect',
  'rev',
  'sanitisearg',
  'sanitisematched',
  'sanitisematchedbytes',
  'sanitiserequestheader',
  'sanitiseresponseheader',
  'setenv',
  'setrsc',
  'setsid',
  'setuid',
  'setvar',
  'severity',
  'skip',
  'skipafter',
  'status',
  't',
  'tag',
  'ver',
  'xmlns',
]);
const REFUSED: Readonly<Record<string, string>> = {
  exec: 'weir runs no programs for a rule',
  proxy: 'weir does not send a request elsewhere for a rule',
};

/** Throws {@link DirectiveError} for an action that is not known. */
export function checkActions(actions: readonly Action[]): void {
  for (const { name } of actions) {
    const why = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
    if (why !== undefined) throw new DirectiveError(`the action ${name}: ${why}`);
    if (!KNOWN.has(name)) throw new DirectiveError(`${name} is no action${nearMiss(name, KNOWN)}`);
  }
}

/** The transformations of a rule: `t:none` forgets those before. Throws {@link DirectiveError}. */
export function transformationsOf(...lists: readonly (readonly Action[])[]): readonly Transformation[] {
  let chain: Transformation[] = [];
  for (const { name, value } of lists.flat()) {
    if (name !== 't') continue;
    const key = value.toLowerCase();
    if (key === 'none') {
      chain = [];
      continue;
    }
    const transformation = TRANSFORMATIONS.get(key);
    if (transformation === undefined) {
      const names = [...TRANSFORMATIONS.values()].map((known) => known.name);
      throw new DirectiveError(`${value} is no transformation${nearMiss(value, names)}`);
    }
    chain.push(transformation);
  }
  return chain;
}

/** The `setvar` actions. Throws {@link DirectiveError}. */
export function assignmentsOf(actions: readonly Action[]): Assignment[] {
  return named(actions, 'setvar').map(assignment);
}

function assignment(text: string): Assignment {
  const unset = text.startsWith('!');
  const equals = text.indexOf('=');
  const [collection, key] = member(
    unset ? text.slice(1) : equals < 0 ? text : text.slice(0, equals),
    'setvar',
  );
  if (unset) return { collection, key: parseMacro(key), change: 'unset', value: parseMacro('') };
  const value = equals < 0 ? '1' : text.slice(equals + 1);
  const change = value.startsWith('+') ? 'add' : value.startsWith('-') ? 'subtract' : 'set';
  return {
    collection,
    key: parseMacro(key),
    change,
    value: parseMacro(change === 'set' ? value : value.slice(1)),
  };
}

/** `tx.name` as its collection in upper case and its key in lower case. */
function member(text: string, action: string): [string, string] {
  const match = /^\s*([A-Za-z_]+)[.:]([\s\S]+?)\s*$/.exec(text);
  const collection = (match?.[1] ?? '').toUpperCase();
  const known = collection === 'TX' || (PERSISTENT as readonly string[]).includes(collection);
  if (match === null || !known) {
    throw new DirectiveError(`${action}:${text} names no variable that a rule can set`);
  }
  return [collection, (match[2] ?? '').toLowerCase()];
}

/** The `expirevar` actions. Throws {@link DirectiveError}. */
export function expiriesOf(actions: readonly Action[]): Expiry[] {
  return named(actions, 'expirevar').map((text) => {
    const equals = text.indexOf('=');
    const [collection, key] = member(equals < 0 ? text : text.slice(0, equals), 'expirevar');
    const seconds = equals < 0 ? '3600' : text.slice(equals + 1);
    return { collection, key: parseMacro(key), seconds: parseMacro(seconds) };
  });
}

/** The actions that begin a persistent collection. Throws {@link DirectiveError}. */
export function startsOf(actions: readonly Action[]): CollectionStart[] {
  const starts: CollectionStart[] = [];
  for (const { name, value } of actions) {
    if (name === 'initcol') {
      const equals = value.indexOf('=');
      const collection = value.slice(0, equals).trim().toUpperCase();
      if (equals < 0 || !(PERSISTENT as readonly string[]).includes(collection)) {
        throw new DirectiveError(`initcol:${value} names no collection`);
      }
      starts.push({ collection, record: parseMacro(value.slice(equals + 1)) });
    } else if (name === 'setsid') starts.push({ collection: 'SESSION', record: parseMacro(value) });
    else if (name === 'setuid') starts.push({ collection: 'USER', record: parseMacro(value) });
    else if (name === 'setrsc') starts.push({ collection: 'RESOURCE', record: parseMacro(value) });
  }
  return starts;
}

/** The `ctl` actions. Throws {@link DirectiveError}. */
export function controlsOf(actions: readonly Action[]): Control[] {
  return named(actions, 'ctl').flatMap((text) => {
    const equals = text.indexOf('=');
    if (equals < 0) throw new DirectiveError(`ctl:${text} sets nothing`);
    return control(text.slice(0, equals).trim().toLowerCase(), text.slice(equals + 1).trim());
  });
}

function control(name: string, value: string): Control[] {
  switch (name) {
    case 'ruleengine':
      return [{ kind: 'engine', mode: engineMode(value) }];
    case 'requestbodyprocessor':
      return [{ kind: 'bodyProcessor', processor: value.toUpperCase() }];
    case 'requestbodyaccess':
      return [{ kind: 'bodyAccess', direction: 'request', on: switchValue(value) }];
    case 'responsebodyaccess':
      return [{ kind: 'bodyAccess', direction: 'response', on: switchValue(value) }];
    case 'ruleremovebyid':
      return parseIds(value).map((select) => ({ kind: 'removeRules', select }));
    case 'ruleremovebytag':
      return [{ kind: 'removeRules', select: parseSelection('tag', value) }];
    case 'ruleremovebymsg':
      return [{ kind: 'removeRules', select: parseSelection('message', value) }];
    case 'ruleremovetargetbyid':
      return removedTargets(value, (which) => parseIds(which));
    case 'ruleremovetargetbytag':
      return removedTargets(value, (which) => [parseSelection('tag', which)]);
    case 'ruleremovetargetbymsg':
      return removedTargets(value, (which) => [parseSelection('message', which)]);
    case 'forcerequestbodyvariable':
      return [{ kind: 'forceBodyVariable', on: switchValue(value) }];
    // Logs are weir's own.
    case 'auditengine':
    case 'auditlogparts':
    case 'debugloglevel':
    case 'hashengine':
    case 'hashenforcement':
    case 'parsexmlintoargs':
      return [];
    default:
      throw new DirectiveError(`${name} is nothing that ctl can set`);
  }
}

function removedTargets(text: string, selections: (which: string) => ReturnType<typeof parseIds>): Control[] {
  const semicolon = text.indexOf(';');
  if (semicolon < 0) throw new DirectiveError(`${text} names no variable behind a semicolon`);
  const targets = parseTargets(text.slice(semicolon + 1));
  return selections(text.slice(0, semicolon)).flatMap((select) =>
    targets.map((target) => ({ kind: 'removeTarget', select, target }) as const),
  );
}

/** What happens to the request; undefined where the actions say nothing of it. Throws {@link DirectiveError}. */
export function disruptionOf(actions: readonly Action[]): Disruption | 'block' | undefined {
  const status = statusOf(actions);
  for (const { name, value } of actions.toReversed()) {
    switch (name) {
      case 'pass':
        return { kind: 'pass' };
      case 'deny':
      case 'drop':
        return { kind: name, status: status ?? 403 };
      case 'block':
        return 'block';
      case 'redirect':
        return { kind: 'redirect', status: status ?? 302, to: parseMacro(value) };
      case 'allow': {
        const scope = value === '' ? 'all' : value.toLowerCase();
        if (scope !== 'all' && scope !== 'phase' && scope !== 'request') {
          throw new DirectiveError(`allow:${value} is neither allow, allow:phase nor allow:request`);
        }
        return { kind: 'allow', scope };
      }
      default:
        break;
    }
  }
  return undefined;
}

/** The status that actions name. Throws {@link DirectiveError}. */
export function statusOf(actions: readonly Action[]): number | undefined {
  const status = lastValue(actions, 'status');
  if (status === undefined) return undefined;
  if (!/^[1-5]\d\d$/.test(status)) throw new DirectiveError(`${status} is no status of HTTP`);
  return Number(status);
}

/** Whether matches are told: `nolog` and `log`, the last one counts; undefined where neither is there. */
export function logOf(actions: readonly Action[]): boolean | undefined {
  const found = actions.findLast(({ name }) => name === 'log' || name === 'nolog');
  return found === undefined ? undefined : found.name === 'log';
}

/** Whether the rule goes on with the next one. */
export function chains(actions: readonly Action[]): boolean {
  return has(actions, 'chain');
}

function named(actions: readonly Action[], name: string): string[] {
  return actions.filter((action) => action.name === name).map(({ value }) => value);
}
