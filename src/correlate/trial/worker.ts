/** Scenarios that somebody tries, in a thread of their own: they may be slow, or need much memory. */
import { parentPort, workerData } from 'node:worker_threads';
import type { EveRecord } from '../../event/index.ts';
import { Exceptions } from '../exception/index.ts';
import { Reputation } from '../reputation/index.ts';
import { DataFiles } from '../scenario/data-files.ts';
import { parseScenarios } from '../scenario/definition.ts';
import { Simulation } from '../simulation.ts';
import type { TrialInput, TrialOutput, TrialSettings, TrialStart } from './job.ts';
import { TrialRuling } from './ruling.ts';

const MOST_MISTAKES = 100;
const WINDOW_MS = 60_000;

const port = parentPort;
if (port === null) throw new Error('this file runs as a worker');
const start = workerData as TrialStart;

function tell(output: TrialOutput): void {
  port?.postMessage(output);
}

/** A text has no folder: data files that it names are mistakes. */
function parse(text: string) {
  return parseScenarios(text, '', new DataFiles(undefined));
}

function check(text: string): void {
  const { scenarios, mistakes } = parse(text);
  tell({
    kind: 'checked',
    checked: {
      mistakes: mistakes
        .slice(0, MOST_MISTAKES)
        .map(({ line, column, message }) => ({ line, column, message })),
      scenarios: scenarios.map((one) => ({
        name: one.name,
        type: one.type,
        description: one.description,
        line: one.line,
        scope: one.scope.name,
        remediation: one.remediation,
        banMs: one.banMs,
        simulated: one.simulated,
        evidence: one.evidence,
        threat: one.threat,
        techniques: one.techniques,
      })),
    },
  });
}

async function run(text: string, { networks, neverBan }: TrialSettings): Promise<void> {
  const ruling = new TrialRuling(neverBan);
  const { exceptions } = await Exceptions.open();
  const simulation = new Simulation({
    networks,
    windowMs: WINDOW_MS,
    scenarios: parse(text).scenarios,
    reputation: new Reputation({}),
    exceptions,
    // The scenario alone is asked, not what else speaks against somebody.
    autoBan: { enabled: false, threshold: 100, durationMs: 0 },
    rule: (wish, nowMs) => ruling.rule(wish, nowMs),
  });
  port?.on('message', (input: TrialInput) => {
    if ('end' in input) {
      tell({ kind: 'result', result: simulation.end() });
      return;
    }
    simulation.take(input.lines.flatMap(recordOf));
    tell({ kind: 'taken' });
  });
  tell({ kind: 'taken' });
}

function recordOf(line: string): EveRecord[] {
  const value: unknown = JSON.parse(line);
  return typeof value === 'object' && value !== null ? [value as EveRecord] : [];
}

switch (start.kind) {
  case 'check':
    check(start.text);
    break;
  case 'run':
    await run(start.text, start.settings);
    break;
  default:
    start satisfies never;
}
