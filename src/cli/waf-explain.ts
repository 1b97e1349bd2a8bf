import { explainRule } from '../mitm/waf/explain.ts';
import type { RuleSet } from '../mitm/waf/index.ts';
import { ruleById } from '../mitm/waf/matched-part.ts';
import { redactText, redactValue } from '../mitm/waf/redact.ts';
import { requestSecrets } from '../mitm/waf/secrets.ts';
import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { type RuleTrace, traceRule } from '../mitm/waf/trace.ts';
import { terminalPaint } from './table.ts';
import { parseOptions, UsageError } from './usage.ts';
import { type Redact, renderRule, renderTrace } from './waf-explanation.ts';
import { InputError, readRequest, readResponse } from './waf-input.ts';
import { loadWanted, RULE_HELP, RULE_OPTIONS } from './waf-rules.ts';

const HELP = `usage: weir waf explain RULE_ID [REQUEST.http [--response FILE]] [options]

Shows a rule as it was loaded: where it stands, what it looks at, through which transformations, what it looks for and
what runs that. With a request ('-' is standard input): every value that the rule looked at, what the transformations
made of it, whether it matched, and why not. Exit code 0: done, 1: there is no such rule, or the request is none.

  --response FILE      the answer to the request, for rules about answers
${RULE_HELP}
  --show-secrets       passwords, tokens, cookies, card numbers are shown as they are
  --json               as JSON; in texts each character is one byte
`;

/** `weir waf explain`: a rule, and what it does with a request. */
export async function wafExplain(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
    response: { type: 'string' },
    'show-secrets': { type: 'boolean' },
    ...RULE_OPTIONS,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const hint = "Try 'weir waf explain --help'";
  const [id, file, ...more] = positionals;
  if (id === undefined) throw new UsageError('waf explain takes the id of a rule', hint);
  if (!/^\d{1,15}$/.test(id))
    throw new UsageError(`'${id}' is no id of a rule: a number such as 942100`, hint);
  if (more.length > 0) throw new UsageError('waf explain takes one rule and one request', hint);
  if (values.response !== undefined && file === undefined) {
    throw new UsageError('--response is the answer to a request: name that as well', hint);
  }
  const loaded = loadWanted(values);
  if (loaded === undefined) return 1;
  const { rules, chosen } = loaded;
  const rule = ruleById(rules, Number(id));
  if (rule === undefined) {
    process.stderr.write(`weir: there is no rule ${id} in ${chosen.origin}${leftOut(rules, id)}\n`);
    return 1;
  }
  const explanation = explainRule(rule);
  let trace: RuleTrace | undefined;
  try {
    if (file !== undefined) {
      const response = values.response === undefined ? undefined : readResponse(values.response);
      trace = traceRule(rules, rule, readRequest(file), response);
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`weir: ${error.message}\n`);
    return 1;
  }
  const redact = values['show-secrets'] === true || trace === undefined ? asItIs : redaction(trace);
  if (values.json) {
    const told = trace === undefined ? {} : { request: traceJson(trace, redact) };
    process.stdout.write(`${terminalJson({ rule: explanation, ...told })}\n`);
    return 0;
  }
  const colors = terminalPaint();
  process.stdout.write(renderRule(explanation, colors));
  if (trace !== undefined) process.stdout.write(renderTrace(explanation, trace, redact, colors));
  return 0;
}

/** Longest value that is shown. */
const MOST_SHOWN = 200;

function asItIs(_: string, value: string): string {
  return value.length <= MOST_SHOWN ? value : `${value.slice(0, MOST_SHOWN)}...`;
}

function redaction({ transaction }: RuleTrace): Redact {
  const secrets = requestSecrets(transaction);
  return (variable, value) =>
    variable === '' ? redactText(value, secrets) : redactValue(variable, value, { secrets });
}

/** Why a rule that the files have is not there. */
function leftOut(rules: RuleSet, id: string): string {
  const warning = rules.warnings.find((text) => text.includes(`rule ${id} is left out`));
  return warning === undefined ? '' : `: ${warning}`;
}

function traceJson({ matched, notRun, links, verdict }: RuleTrace, redact: Redact): unknown {
  return {
    matched,
    notRun:
      notRun === undefined
        ? undefined
        : 'by' in notRun && typeof notRun.by === 'object'
          ? { why: notRun.why, by: notRun.by.id }
          : notRun,
    links: links.map(({ argument, values }) => ({
      argument,
      values: values.map(({ variable, value, steps, outcome }) => ({
        variable,
        value: redact(variable, value),
        steps: steps.map((step) => ({ ...step, text: redact(variable, step.text) })),
        outcome,
      })),
    })),
    action: verdict.action,
    status: verdict.status,
    ruleId: verdict.ruleId,
    limit: verdict.limit,
    score: verdict.score,
  };
}
