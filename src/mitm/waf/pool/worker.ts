/** One thread of a pool: loads the rules, then judges what it is asked about, one request after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadRules } from '../engine/load.ts';
import { DISK, filesOf, recording } from '../engine/rule-files.ts';
import type { RuleSet } from '../engine/rule-set.ts';
import { Waf } from '../engine/waf.ts';
import { Policy } from '../policy.ts';
import type { HttpRequest } from '../request.ts';
import { RulesError } from '../seclang/mistake.ts';
import type { Verdict } from '../verdict.ts';
import { KeptInspections } from './kept.ts';
import type { Answer, Question, WorkerStart } from './messages.ts';

const start = workerData as WorkerStart;
const port = parentPort;
if (port === null) throw new Error('this file runs as a worker');

function say(answer: Answer): void {
  port?.postMessage(answer);
}

/** Loads the rules and tells how that went; undefined where they cannot be used. */
function load(): RuleSet | undefined {
  const begunMs = performance.now();
  const recorded = start.files === undefined ? recording(DISK) : undefined;
  const files = start.files === undefined ? recorded : filesOf(start.files);
  try {
    const rules = loadRules(start.sources, { settings: start.settings, files });
    say({
      type: 'ready',
      files: recorded?.snapshot,
      loaded: {
        rules: rules.count,
        warnings: rules.warnings,
        mode: rules.settings.mode,
        loadMs: performance.now() - begunMs,
        heapBytes: process.memoryUsage().heapUsed,
      },
    });
    return rules;
  } catch (error) {
    if (!(error instanceof RulesError)) throw error;
    say({ type: 'refused', mistakes: error.mistakes });
    return undefined;
  }
}

const rules = load();
if (rules === undefined) port.close();
else serve(rules);

function serve(loaded: RuleSet): void {
  const { budgetMs, onLimit } = start;
  const policy = start.policy === undefined ? undefined : new Policy(start.policy);
  const waf = new Waf(loaded, { budgetMs, onLimit, policy });
  const kept = new KeptInspections(start.kept);
  setInterval(() => kept.expire(performance.now()), start.kept.timeoutMs / 4).unref();

  const answer = (question: Exclude<Question, { readonly type: 'abandon' }>): Verdict | string => {
    switch (question.type) {
      case 'inspect': {
        const inspection = waf.begin(question.request);
        inspection.requestHeaders();
        const { action } = inspection.requestBody();
        if (question.response !== undefined && action === 'pass') inspection.response(question.response);
        return inspection.end();
      }
      case 'begin': {
        const inspection = waf.begin(question.request);
        inspection.requestHeaders();
        const verdict = inspection.requestBody();
        if (verdict.action !== 'pass') return inspection.end();
        kept.keep(question.id, inspection, sizeOf(question.request), performance.now());
        return verdict;
      }
      case 'response': {
        const inspection = kept.take(question.begun);
        if (inspection === undefined) return 'the request was kept too long, or too many were';
        inspection.response(question.response);
        return inspection.end();
      }
      default:
        return question satisfies never;
    }
  };

  port?.on('message', (question: Question) => {
    if (question.type === 'abandon') {
      kept.take(question.begun)?.end();
      return;
    }
    const { id } = question;
    const begunMs = performance.now();
    let verdict: Verdict | string;
    try {
      verdict = answer(question);
    } catch (error) {
      verdict = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    }
    if (typeof verdict === 'string') say({ type: 'failed', id, reason: verdict, kept: kept.counts });
    else {
      const microseconds = (performance.now() - begunMs) * 1000;
      say({ type: 'verdict', id, verdict, microseconds, kept: kept.counts });
    }
  });
}

/** About what a request takes while it is kept: its text, and what is made of it. */
function sizeOf({ target, headers, body }: HttpRequest): number {
  let size = 4096 + target.length + 2 * body.length;
  for (const [name, value] of headers) size += name.length + value.length;
  return size;
}
