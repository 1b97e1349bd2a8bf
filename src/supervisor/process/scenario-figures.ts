import { readFileSync } from 'node:fs';
import type { ScenarioAnswer, ScenarioList, ScenarioText } from '../../control/index.ts';
import type { Overflow } from '../../correlate/evidence.ts';
import type { Scenario, ScenarioMistake } from '../../correlate/scenario/index.ts';

/** Whom a scenario met last: so many. */
const MOST_MET = 20;
const MOST_MISTAKES = 100;
/** Characters of a scenario's text. */
const MOST_TEXT = 65_536;

interface Figures {
  overflows: number;
  firstUs: number;
  lastUs: number;
  /** By address or network, the latest last. */
  readonly met: Map<string, { overflows: number; lastUs: number }>;
}

/** The scenarios that run, and how often each ran over since the start. */
export class ScenarioFigures {
  private readonly scenarios: readonly Scenario[];
  private readonly mistakes: readonly ScenarioMistake[];
  private readonly figures = new Map<string, Figures>();
  private readonly sinceUs = 1000 * Date.now();

  constructor(scenarios: readonly Scenario[], mistakes: readonly ScenarioMistake[]) {
    this.scenarios = scenarios;
    this.mistakes = mistakes;
  }

  /** A bucket ran over. Names are those of scenarios: there are no more than those. */
  overflowed({ scenario, value, timeUs }: Overflow): void {
    const known = this.figures.get(scenario) ?? { overflows: 0, firstUs: timeUs, lastUs: 0, met: new Map() };
    this.figures.set(scenario, known);
    known.overflows++;
    known.lastUs = Math.max(known.lastUs, timeUs);
    const before = known.met.get(value);
    known.met.delete(value);
    known.met.set(value, { overflows: (before?.overflows ?? 0) + 1, lastUs: timeUs });
    if (known.met.size > MOST_MET) known.met.delete(known.met.keys().next().value ?? '');
  }

  /** All of them by name. A name that several documents of a file have is there once. */
  list(): ScenarioList {
    const byName = new Map<string, Scenario>();
    for (const one of this.scenarios) if (!byName.has(one.name)) byName.set(one.name, one);
    return {
      sinceUs: this.sinceUs,
      scenarios: [...byName.values()]
        .map((one) => this.shown(one))
        .sort((a, b) => b.overflows - a.overflows || (a.name < b.name ? -1 : 1)),
      mistakes: this.mistakes.slice(0, MOST_MISTAKES),
    };
  }

  /** One of them with its text as its file has it by now; undefined where there is none. Throws the system's error. */
  text(name: string): ScenarioText | undefined {
    const documents = this.scenarios.filter((one) => one.name === name);
    const [first] = documents;
    if (first === undefined) return undefined;
    const lines = readFileSync(first.file, 'utf8').split('\n');
    const texts = documents.map(({ line }) => documentAt(lines, line));
    return { ...this.shown(first), text: texts.join('---\n').slice(0, MOST_TEXT) };
  }

  private shown(one: Scenario): ScenarioAnswer {
    const { name, type, description, file, line, remediation, simulated, evidence, threat, techniques } = one;
    const known = this.figures.get(name);
    return {
      name,
      type,
      description,
      file,
      line,
      scope: one.scope.name,
      remediation,
      ...(one.banMs === undefined ? {} : { banMs: one.banMs }),
      simulated,
      evidence,
      threat,
      techniques,
      overflows: known?.overflows ?? 0,
      firstUs: known?.firstUs ?? 0,
      lastUs: known?.lastUs ?? 0,
      met: [...(known?.met ?? [])].reverse().map(([value, met]) => ({ value, ...met })),
    };
  }
}

/** The document of YAML around a line (from 1), with the comments in front of it. */
function documentAt(lines: readonly string[], line: number): string {
  const isEnd = (text: string | undefined): boolean => text === undefined || /^(?:---|\.\.\.)\s*$/.test(text);
  let from = Math.min(line, lines.length) - 1;
  while (from > 0 && !isEnd(lines[from - 1])) from--;
  let to = Math.max(from, line - 1);
  while (to < lines.length && (to < line || !isEnd(lines[to]))) to++;
  return `${lines.slice(from, to).join('\n').trim()}\n`;
}
