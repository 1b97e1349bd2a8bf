import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadRules } from '../engine/load.ts';
import { Waf } from '../engine/waf.ts';
import { compilePattern } from '../pattern/compile.ts';
import type { HttpResponse } from '../request.ts';
import type { Verdict } from '../verdict.ts';
import { answer } from './back-end.ts';
import { checkOutput, type Outcome, type Unmet } from './check-output.ts';
import { logLine } from './log-line.ts';
import { ruleSources } from './set-up.ts';
import { type FtwInput, type FtwTest, parseTestFile, TestFileError } from './test-file.ts';
import { rawRequest } from './test-request.ts';
import { receive } from './web-server.ts';

export interface RegressionOptions {
  /** Files, or folders with files, of go-ftw tests. */
  readonly tests: readonly string[];
  /** Folder of the Core Rule Set. */
  readonly rules: string;
  /** Runs tests whose id matches only. */
  readonly only?: RegExp | undefined;
}

/** What came of the tests; their ids are `RULE-TEST`. */
export interface RegressionSummary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly { readonly id: string; readonly reason: string }[];
  readonly failures: readonly Failure[];
  /** What of the rules was left out, and why. */
  readonly warnings: readonly string[];
}

/** A test that failed. */
export interface Failure {
  readonly id: string;
  readonly title: string;
  readonly expected: string;
  readonly got: string;
}

/** Rules may take longer than in front of a server: a verdict must not depend on what else the machine does. */
const BUDGET_MS = 60_000;
/** Tests between two breaths of the event loop. */
const BATCH = 50;

/**
 * Runs go-ftw's tests of the Core Rule Set against the engine, in this process: a web server and a back end as the tests
 * expect them are played. Throws RulesError, RulesFolderError, TestFileError.
 */
export async function runRegression(options: RegressionOptions): Promise<RegressionSummary> {
  const rules = loadRules(ruleSources(options.rules));
  const waf = new Waf(rules, { budgetMs: BUDGET_MS });
  const skipped: { id: string; reason: string }[] = [];
  const failures: Failure[] = [];
  let passed = 0;
  let run = 0;
  for (const test of testsIn(options.tests)) {
    const { id, title } = test;
    if (options.only?.test(id) === false) continue;
    if (++run % BATCH === 0) await new Promise((resolve) => setImmediate(resolve));
    const reason = reasonToSkip(test);
    if (reason !== undefined) {
      skipped.push({ id, reason });
      continue;
    }
    const unmet = runTest(waf, test);
    if (unmet === undefined) passed++;
    else failures.push({ id, title, ...unmet });
  }
  if (run === 0 && options.only !== undefined) {
    throw new TestFileError(`no test's id matches ${options.only.source}`);
  }
  return { passed, failed: failures.length, skipped, failures, warnings: rules.warnings };
}

function* testsIn(paths: readonly string[]): Generator<FtwTest> {
  for (const path of paths) {
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' })
          .filter((name) => /\.ya?ml$/.test(name))
          .sort()
          .map((name) => join(path, name))
      : [path];
    let found = 0;
    for (const file of files) {
      const text = readFileSync(file, 'utf8');
      // Files of overrides and of settings stand beside the tests.
      if (files.length > 1 && !/^tests:/m.test(text)) continue;
      found++;
      yield* parseTestFile(text, file);
    }
    if (found === 0) throw new TestFileError(`${path}: there are no tests (YAML files with \`tests:\`)`);
  }
}

function reasonToSkip(test: FtwTest): string | undefined {
  if (!test.enabled) return 'the file says so (enabled: false)';
  const unsupported = test.stages.flatMap(({ input }) => input.unsupported);
  return unsupported.length === 0 ? undefined : `it wants ${unsupported.join(', ')}`;
}

function runTest(waf: Waf, test: FtwTest): Unmet | undefined {
  for (const { input, output } of test.stages) {
    const unmet = checkOutput(output, runStage(waf, input), compilePattern);
    if (unmet !== undefined) return unmet;
  }
  return undefined;
}

function runStage(waf: Waf, input: FtwInput): Outcome {
  const received = receive(rawRequest(input));
  if (received.request === undefined)
    return { status: 400, response: 'HTTP/1.1 400 Bad Request\r\n\r\n', log: [] };
  const { request } = received;
  const inspection = waf.begin(request);
  let verdict: Verdict = inspection.requestHeaders();
  let response: HttpResponse = { status: 400, protocol: 'HTTP/1.1', headers: [], body: '' };
  if (received.kind === 'request') {
    if (verdict.action === 'pass') verdict = inspection.requestBody();
    if (verdict.action === 'pass') {
      response = answer(request);
      verdict = inspection.response(response);
    }
  }
  const last = inspection.end();
  const status = verdict.action === 'pass' ? response.status : verdict.status;
  const { uniqueId } = inspection.transaction;
  return {
    status: received.kind === 'request' && received.noHeaders ? 0 : status,
    response: `HTTP/1.1 ${status}\r\n${response.headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${response.body}`,
    log: last.matches.map((match) => logLine(match, request, uniqueId)),
  };
}
