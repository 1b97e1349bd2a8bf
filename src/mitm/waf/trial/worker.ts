/** One trial, in a thread of its own: rules that somebody tries may be slow, or need much memory. */
import { readFileSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { categoryOf, countCategories } from '../categories.ts';
import type { Phase } from '../engine/rule.ts';
import type { RuleSet } from '../engine/rule-set.ts';
import { Waf } from '../engine/waf.ts';
import { explainRule, paranoiaLevel } from '../explain.ts';
import { parseRequest, RequestSyntaxError } from '../http/parse-request.ts';
import { matchedPart } from '../matched-part.ts';
import { redactMatch, redactText } from '../redact.ts';
import { NoRulesError } from '../rule-sources.ts';
import { parseDirectives } from '../seclang/directive.ts';
import { RulesError } from '../seclang/mistake.ts';
import { requestSecrets } from '../secrets.ts';
import { GIVEN, loadGiven, loadTrial } from './given-rules.ts';
import type {
  RuleCatalogue,
  RuleCounts,
  TrialAnswer,
  TrialJob,
  TrialRule,
  TrialRules,
  TrialVerdict,
} from './job.ts';

/** Time that the rules may take for a request, as on the live path. */
const BUDGET_MS = 500;
const SERVER = { address: '192.0.2.2', port: 80 };
const CLIENT_PORT = 40_000;
/** Characters of a rule's text. */
const MOST_TEXT = 32_768;
const MOST_RULES = 20_000;

function answerTo(job: TrialJob): TrialAnswer {
  try {
    switch (job.kind) {
      case 'check':
        return { kind: 'check', checked: check(job.text) };
      case 'test':
        return { kind: 'test', verdict: test(job.request, job.client, job.rules) };
      case 'catalogue':
        return { kind: 'catalogue', catalogue: catalogueOf(job.rules) };
      default:
        return job satisfies never;
    }
  } catch (error) {
    if (error instanceof RulesError) {
      return { kind: 'refused', reason: 'the rules have mistakes', mistakes: error.mistakes };
    }
    if (error instanceof NoRulesError) return { kind: 'refused', reason: error.message, mistakes: [] };
    if (error instanceof RequestSyntaxError) {
      return { kind: 'refused', reason: `request:${error.line}: ${error.message}`, mistakes: [] };
    }
    throw error;
  }
}

function check(text: string) {
  try {
    return { mistakes: [], counts: countsOf(loadGiven(text)) };
  } catch (error) {
    if (error instanceof RulesError) return { mistakes: error.mistakes };
    throw error;
  }
}

function countsOf(rules: RuleSet): RuleCounts {
  const phases: Record<string, number> = {};
  const paranoia: Record<string, number> = {};
  for (const phase of [1, 2, 3, 4, 5] as const) {
    const own = rules.rules(phase);
    phases[phase] = own.length;
    for (const rule of own) {
      const level = String(paranoiaLevel(rule) ?? 'none');
      paranoia[level] = (paranoia[level] ?? 0) + 1;
    }
  }
  return { rules: rules.count, phases, paranoia, leftOut: rules.warnings };
}

function test(text: string, client: string, wanted: TrialRules): TrialVerdict {
  const raw = Buffer.from(text, 'utf8').toString('latin1');
  const request = { ...parseRequest(raw), client: { address: client, port: CLIENT_PORT }, server: SERVER };
  const { rules } = loadTrial(wanted);
  const begunMs = performance.now();
  const inspection = new Waf(rules, { budgetMs: BUDGET_MS, onLimit: 'pass' }).begin(request);
  inspection.requestHeaders();
  inspection.requestBody();
  const { matches, ...verdict } = inspection.end();
  const tookMs = performance.now() - begunMs;
  const secrets = requestSecrets(inspection.transaction);
  return {
    method: request.method,
    target: shown(redactText(request.target, secrets)),
    detectionOnly: inspection.transaction.mode === 'detection',
    ...verdict,
    categories: countCategories(matches),
    matches: matches.map((match) => {
      const { variable, value, part, message, data, ...rest } = redactMatch(match, {
        part: matchedPart(rules, match),
        secrets,
      });
      return {
        id: rest.id,
        phase: rest.phase,
        severity: rest.severity,
        tags: rest.tags,
        operator: shown(rest.operator),
        line: rest.file === GIVEN ? rest.line : 0,
        message: shown(message),
        data: shown(data),
        category: categoryOf(match),
        variable: shown(variable),
        value: shown(value),
        // Places are those of bytes.
        ...(part === undefined || shown(value) !== value ? {} : { part }),
      };
    }),
    rules: rules.count,
    tookMs,
  };
}

function catalogueOf(wanted: TrialRules): RuleCatalogue {
  const { rules, origin } = loadTrial(wanted);
  const texts = new RuleTexts();
  const phases: readonly Phase[] = [1, 2, 3, 4, 5];
  const shown = phases
    .flatMap((phase) => rules.rules(phase))
    .slice(0, MOST_RULES)
    .map((rule): TrialRule => {
      const explained = explainRule(rule);
      return { ...explained, category: categoryOf(rule), text: texts.of(explained) };
    });
  return { origin, counts: countsOf(rules), rules: shown };
}

/** Rules as their files have them: each with the directives of its chain. */
class RuleTexts {
  private readonly files = new Map<
    string,
    { readonly lines: readonly string[]; readonly starts: readonly number[] }
  >();

  /** Empty for weir's own rules, which are in no file. */
  of({ file, line, links }: Pick<TrialRule, 'file' | 'line' | 'links'>): string {
    if (!file.startsWith('/')) return '';
    const { lines, starts } = this.file(file);
    const at = starts.indexOf(line);
    if (at < 0) return '';
    const own = lines.slice(line - 1, (starts[at + links.length] ?? Number.POSITIVE_INFINITY) - 1);
    while (/^\s*(?:#.*)?$/.test(own.at(-1) ?? 'x')) own.pop();
    return shown(own.join('\n').slice(0, MOST_TEXT));
  }

  private file(path: string) {
    const known = this.files.get(path);
    if (known !== undefined) return known;
    const text = readFileSync(path, 'latin1');
    const starts = parseDirectives(text, path).directives.map(({ line }) => line);
    const read = { lines: text.split('\n'), starts };
    this.files.set(path, read);
    return read;
  }
}

/** Binary text as people read it: UTF-8 where it is that. */
function shown(binary: string): string {
  return /[\x80-\xff]/.test(binary) ? Buffer.from(binary, 'latin1').toString('utf8') : binary;
}

parentPort?.postMessage(answerTo(workerData as TrialJob));
