import type { Field } from '../../http/message.ts';
import { parseOrigin } from '../origin.ts';
import type { LocalAnswer } from '../rewriting.ts';
import { type CompiledInjection, compileInjections } from './body-change.ts';
import { Checker, RewriteRulesError, shown } from './checker.ts';
import { compileFieldChanges, type FieldChanges, fieldName, fieldValue } from './fields.ts';
import { type Conditions, compileMatch, EVERYTHING, needsResponse } from './match.ts';
import { compilePathChange, type PathChange } from './path.ts';
import { compileSubstitutions, type Substitution } from './substitution.ts';
import { Template } from './template.ts';

const MOST_RULES = 512;
const MOST_ANSWER = 1 << 20;
const MOST_FIELDS = 64;
const REDIRECTS: readonly unknown[] = [301, 302, 303, 307, 308];
/** Answers with these have no body, so that a status must neither become nor stay one of them (RFC 9110, 15). */
export const BODILESS: readonly unknown[] = [204, 205, 304];
const LOCATION = /^(?:\/(?!\/)|https?:\/\/(?:[A-Za-z0-9[]|\{host\})|\{scheme\}:\/\/|\{path\})/;

/** A redirect that is made for each request. */
export interface CompiledRedirect {
  readonly status: number;
  readonly location: Template;
}

/** A rule that was found to be right. */
export interface CompiledRule {
  readonly name: string;
  readonly conditions: Conditions;
  readonly last: boolean;
  readonly request:
    | {
        readonly fields: FieldChanges | undefined;
        readonly path: PathChange | undefined;
        readonly origin: string | undefined;
        readonly redirect: CompiledRedirect | undefined;
        readonly answer: LocalAnswer | undefined;
      }
    | undefined;
  readonly response:
    | {
        readonly fields: FieldChanges | undefined;
        readonly status: number | undefined;
        readonly securityFields: 'insert' | 'strip' | undefined;
        readonly substitutions: readonly Substitution[];
        readonly injections: readonly CompiledInjection[];
      }
    | undefined;
}

/** What is wrong with rules, `rules[2].response.headers.set: ...`; empty where nothing is. */
export function rewriteFaults(rules: unknown): readonly string[] {
  const checker = new Checker();
  compileAll(checker, rules);
  return checker.faults;
}

/** Reads rules as they came out of YAML or JSON. Throws a {@link RewriteRulesError} that tells all mistakes. */
export function compileRewriteRules(rules: unknown): readonly CompiledRule[] {
  const checker = new Checker();
  const compiled = compileAll(checker, rules);
  if (checker.faults.length > 0) throw new RewriteRulesError(checker.faults);
  return compiled;
}

function compileAll(checker: Checker, rules: unknown): CompiledRule[] {
  if (Array.isArray(rules) && rules.length === 0) return [];
  return checker.list('rules', rules, MOST_RULES).flatMap((rule, i) => {
    const compiled = compileRule(checker, `rules[${i}]`, rule, i);
    return compiled === undefined ? [] : [compiled];
  });
}

function compileRule(
  checker: Checker,
  place: string,
  value: unknown,
  index: number,
): CompiledRule | undefined {
  const members = checker.object(place, value, ['name', 'match', 'request', 'response', 'last']);
  if (members === undefined) return undefined;
  const { name, match, request, response, last } = members;
  const conditions = match === undefined ? EVERYTHING : compileMatch(checker, `${place}.match`, match);
  if (request === undefined && response === undefined && last === undefined)
    checker.fault(place, 'the rule does nothing: request or response is wanted');
  if (request !== undefined && needsResponse(conditions))
    checker.fault(
      `${place}.request`,
      'status and contentType are known with the answer only: requests cannot be changed by them',
    );
  return {
    name:
      name === undefined
        ? `rules[${index}]`
        : (checker.text(`${place}.name`, name, 100) ?? `rules[${index}]`),
    conditions,
    last: last !== undefined && checker.boolean(`${place}.last`, last) === true,
    request: request === undefined ? undefined : compileRequest(checker, `${place}.request`, request),
    response: response === undefined ? undefined : compileResponse(checker, `${place}.response`, response),
  };
}

function compileRequest(checker: Checker, place: string, value: unknown): CompiledRule['request'] {
  const members = checker.object(place, value, ['headers', 'path', 'upstream', 'redirect', 'answer']);
  if (members === undefined) return undefined;
  const { headers, path, upstream, redirect, answer } = members;
  if (redirect !== undefined && answer !== undefined)
    checker.fault(place, 'redirect and answer exclude each other');
  if ((redirect ?? answer) !== undefined && (headers ?? path ?? upstream) !== undefined)
    checker.fault(place, 'the request goes to no server: headers, path and upstream have no effect');
  return {
    fields:
      headers === undefined
        ? undefined
        : compileFieldChanges(checker, `${place}.headers`, headers, 'request'),
    path: path === undefined ? undefined : compilePathChange(checker, `${place}.path`, path),
    origin: upstream === undefined ? undefined : compileOrigin(checker, `${place}.upstream`, upstream),
    redirect: redirect === undefined ? undefined : compileRedirect(checker, `${place}.redirect`, redirect),
    answer: answer === undefined ? undefined : compileAnswer(checker, `${place}.answer`, answer),
  };
}

function compileResponse(checker: Checker, place: string, value: unknown): CompiledRule['response'] {
  const known = ['headers', 'status', 'securityHeaders', 'replace', 'inject'];
  const members = checker.object(place, value, known);
  if (members === undefined) return undefined;
  const { headers, status, securityHeaders, replace, inject } = members;
  return {
    fields:
      headers === undefined
        ? undefined
        : compileFieldChanges(checker, `${place}.headers`, headers, 'response'),
    status: status === undefined ? undefined : compileStatus(checker, `${place}.status`, status),
    securityFields:
      securityHeaders === undefined
        ? undefined
        : checker.word(`${place}.securityHeaders`, securityHeaders, ['insert', 'strip']),
    substitutions: replace === undefined ? [] : compileSubstitutions(checker, `${place}.replace`, replace),
    injections: inject === undefined ? [] : compileInjections(checker, `${place}.inject`, inject),
  };
}

function compileOrigin(checker: Checker, place: string, value: unknown): string | undefined {
  const text = checker.text(place, value, 300);
  if (text === undefined) return undefined;
  const origin = parseOrigin(text)?.text;
  return (
    origin ?? checker.fault(place, `${shown(text)} is no server: write http://127.0.0.1:3000, without path`)
  );
}

function compileStatus(checker: Checker, place: string, value: unknown): number | undefined {
  if (!Number.isInteger(value) || (value as number) < 200 || (value as number) > 599)
    return checker.fault(place, `${shown(value)} is no status: 200 to 599`);
  if (BODILESS.includes(value))
    return checker.fault(place, `answers with ${shown(value)} have no body, and this one may have`);
  return value as number;
}

function compileRedirect(checker: Checker, place: string, value: unknown): CompiledRedirect | undefined {
  const members = checker.object(place, value, ['status', 'location']);
  if (members === undefined) return undefined;
  const { status = 302, location } = members;
  if (!REDIRECTS.includes(status))
    return checker.fault(
      `${place}.status`,
      `${shown(status)} is no redirect: ${REDIRECTS.join(', ')} are known`,
    );
  const template = Template.compile(checker, `${place}.location`, location, 'location');
  if (template === undefined) return undefined;
  if (!LOCATION.test(String(location)))
    return checker.fault(
      `${place}.location`,
      `${shown(location)} leads nowhere certain: it begins with http://host, https://host, {scheme}://, {path} or one /`,
    );
  return { status: status as number, location: template };
}

function compileAnswer(checker: Checker, place: string, value: unknown): LocalAnswer | undefined {
  const members = checker.object(place, value, ['status', 'headers', 'body', 'contentType']);
  if (members === undefined) return undefined;
  const { status, headers, body, contentType = 'text/plain; charset=utf-8' } = members;
  const isBodiless = BODILESS.includes(status);
  const number = isBodiless ? (status as number) : compileStatus(checker, `${place}.status`, status);
  if (isBodiless && body !== undefined)
    checker.fault(`${place}.body`, `answers with ${shown(status)} have no body`);
  const text = body === undefined ? '' : checker.text(`${place}.body`, body, MOST_ANSWER);
  const type = fieldValue(checker, `${place}.contentType`, contentType);
  const fields: Field[] = [];
  if (headers !== undefined) {
    for (const [key, each] of checker.entries(`${place}.headers`, headers, MOST_FIELDS)) {
      const name = fieldName(checker, `${place}.headers`, key);
      const written = fieldValue(checker, `${place}.headers.${key.slice(0, 60)}`, each);
      if (name?.toLowerCase() === 'content-type')
        checker.fault(`${place}.headers`, 'Content-Type is given as contentType');
      else if (name !== undefined && written !== undefined) fields.push([name, written]);
    }
  }
  if (number === undefined || text === undefined || type === undefined) return undefined;
  if (text !== '') fields.unshift(['Content-Type', type]);
  return { status: number, fields, body: Buffer.from(text) };
}
