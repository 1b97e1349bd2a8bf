/** One thread of a pool: loads the rules, then judges what it is asked about, one request after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadRules } from '../engine/load.ts';
import { DISK, filesOf, recording } from '../engine/rule-files.ts';
import type { RuleSet } from '../engine/rule-set.ts';
import { newPlans } from '../pattern/plan.ts';
import { RulesError } from '../seclang/mistake.ts';
import { Inspector } from './inspector.ts';
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
  const { known, sources, settings } = start;
  const recorded = known === undefined ? recording(DISK) : undefined;
  const files = known === undefined ? recorded : filesOf(known.files);
  const plans = known?.plans ?? newPlans();
  try {
    const rules = loadRules(sources, { settings, files, plans });
    say({
      type: 'ready',
      known: recorded && { files: recorded.snapshot, plans },
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
  const inspector = new Inspector(loaded, start);
  port?.on('message', (question: Question) => {
    if (question.type === 'abandon') {
      inspector.abandon(question.begun);
      return;
    }
    const { id } = question;
    const { verdict, microseconds } = inspector.answer(question);
    const kept = inspector.counts;
    if (typeof verdict === 'string') say({ type: 'failed', id, reason: verdict, kept });
    else say({ type: 'verdict', id, verdict, microseconds, kept });
  });
}
