import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { answer } from '../../../src/mitm/waf/regression/back-end.ts';
import { ruleSources } from '../../../src/mitm/waf/regression/set-up.ts';
import { parseTestFile } from '../../../src/mitm/waf/regression/test-file.ts';
import { rawRequest } from '../../../src/mitm/waf/regression/test-request.ts';
import { receive } from '../../../src/mitm/waf/regression/web-server.ts';
import type { HttpRequest, HttpResponse } from '../../../src/mitm/waf/request.ts';

/** A request of the Core Rule Set's tests that a web server would take, and the answer to it. */
export interface CrsRequest {
  /** Of the test that sends it. */
  readonly id: string;
  readonly request: HttpRequest;
  readonly response: HttpResponse;
}

/** All requests of the tests in a folder. */
export function crsRequests(folder: string): CrsRequest[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => parseTestFile(readFileSync(join(folder, name), 'utf8'), name))
    .flatMap(({ id, stages }) => stages.map(({ input }) => ({ id, received: receive(rawRequest(input)) })))
    .flatMap(({ id, received }) =>
      received.kind === 'request'
        ? [{ id, request: received.request, response: answer(received.request) }]
        : [],
    );
}

/** Scores of both generations of the Core Rule Set, as variables of `TX`. */
export const SCORES = [
  ...['anomaly_score', 'blocking_anomaly_score', 'blocking_inbound_anomaly_score'],
  ...['detection_inbound_anomaly_score', 'inbound_anomaly_score'],
  ...[1, 2, 3, 4].flatMap((level) => [
    `anomaly_score_pl${level}`,
    `inbound_anomaly_score_pl${level}`,
    `outbound_anomaly_score_pl${level}`,
  ]),
  ...['outbound_anomaly_score', 'blocking_outbound_anomaly_score'],
  ...['sql_injection_score', 'xss_score', 'rfi_score', 'lfi_score', 'rce_score', 'php_injection_score'],
  ...['http_violation_score', 'session_fixation_score'],
] as const;

/** The rule at the end that tells of the scores. */
export const SCORE_RULE = 460_101;
/** Behind it, those that {@link comparableRules} adds. */
const FIRST_ADDED = 460_102;

const TELL_SCORES = `SecAction "id:${SCORE_RULE},phase:5,pass,log,t:none,msg:'${SCORES.map((name) => `%{tx.${name}}`).join(';')}'"\n`;

/** Files of rules, in the order in which they are loaded. */
export interface ComparableRules {
  readonly folder: string;
  readonly files: readonly string[];
}

/**
 * Copies a Core Rule Set into a temporary folder, with what stands around it in the tests, so that libmodsecurity 3.0.9
 * tells of all that it finds:
 * - it writes nothing of rules with `noauditlog` into the server's log, which is what the oracle reads: without it;
 * - it empties `MATCHED_VARS` when a rule does not match only, later releases behind each rule: so that they do not hold
 *   what an earlier rule found, a rule that never matches stands before each rule with a link that looks at them;
 * - a rule at the end tells of the scores.
 * `setUp`: rules between the set-up of the Core Rule Set and its rules; without it those of the regression tests.
 */
export function comparableRules(crs: string, setUp?: string): ComparableRules {
  const folder = mkdtempSync(join(tmpdir(), 'weir-crs-'));
  mkdirSync(join(folder, 'rules'));
  const files: string[] = [];
  const write = (name: string, text: string): void => {
    files.push(join(folder, 'rules', name));
    writeFileSync(join(folder, 'rules', name), text, 'latin1');
  };
  const texts = [undefined, undefined, setUp];
  let data = '';
  for (const [index, source] of ruleSources(crs).entries()) {
    if (source.kind === 'text') write(`${index}.conf`, texts[index] ?? source.text);
    else {
      write(basename(source.path), comparable(readFileSync(source.path, 'latin1'), index * 100));
      data = join(source.path, '..');
    }
  }
  write('scores.conf', TELL_SCORES);
  for (const name of readdirSync(data).filter((each) => each.endsWith('.data'))) {
    cpSync(join(data, name), join(folder, 'rules', name));
  }
  return { folder, files };
}

function comparable(text: string, offset: number): string {
  const lines: string[] = [];
  let start = -1;
  let added = 0;
  for (const line of text.replaceAll(/\bnoauditlog,/g, '').split('\n')) {
    if (line.startsWith('SecRule ')) start = lines.length;
    if (/^\s+SecRule MATCHED_VARS\b/.test(line) && start >= 0) {
      const id = FIRST_ADDED + offset + added++;
      lines.splice(start, 0, `SecRule REQUEST_METHOD "@streq none" "id:${id},phase:2,pass,nolog,t:none"`);
      start = -1;
    }
    lines.push(line);
  }
  return lines.join('\n');
}

/** Debian's Core Rule Set; undefined where it is not installed. */
export function debianRules(): string | undefined {
  const folder = '/usr/share/modsecurity-crs';
  return existsSync(join(folder, 'rules')) ? folder : undefined;
}
