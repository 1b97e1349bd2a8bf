import { isIP } from 'node:net';
import { categoryOf, countCategories } from '../mitm/waf/categories.ts';
import { type HttpRequest, type HttpResponse, type RuleSet, Waf } from '../mitm/waf/index.ts';
import { matchedPart } from '../mitm/waf/matched-part.ts';
import { cutMatch, type RedactedMatch, redactMatch, redactText } from '../mitm/waf/redact.ts';
import { requestSecrets } from '../mitm/waf/secrets.ts';
import { terminalJson } from '../mitm/waf/terminal-text.ts';
import { terminalPaint } from './table.ts';
import { parseChoice, parseOptions, UsageError } from './usage.ts';
import { CLIENT, InputError, name, readRequest, readResponse } from './waf-input.ts';
import { loadWanted, RULE_HELP, RULE_OPTIONS } from './waf-rules.ts';
import { type Judged, renderJudged } from './waf-verdict.ts';

const HELP = `usage: weir waf test REQUEST.http... [--response FILE] [options]

Judges requests that are kept in files, as they would be sent: request line, headers, an empty line, the body. '-' is
standard input. Says whether it is blocked, and each rule that matched: what it found, and where.
Exit code 0: every request was judged, 1: one could not be, or was not what --expect says.

  --response FILE      the answer to the request (one request), for the rules about answers
${RULE_HELP}
  --client ADDRESS     where the request came from (default ${CLIENT.address})
  --expect VERDICT     blocked, or passed: anything else is exit code 1, for scripts
  --show-secrets       passwords, tokens, cookies, card numbers are shown as they are
  --json               verdicts as JSON; in texts each character is one byte
`;

/** `weir waf test`: judges requests of files. */
export async function wafTest(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    help: { type: 'boolean', short: 'h' },
    json: { type: 'boolean' },
    response: { type: 'string' },
    client: { type: 'string' },
    expect: { type: 'string' },
    'show-secrets': { type: 'boolean' },
    ...RULE_OPTIONS,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const hint = "Try 'weir waf test --help'";
  if (positionals.length === 0) throw new UsageError('waf test takes files with requests', hint);
  if (values.response !== undefined && positionals.length > 1) {
    throw new UsageError('--response is the answer to one request', hint);
  }
  if ([...positionals, values.response].filter((path) => path === '-').length > 1) {
    throw new UsageError('standard input can be read once', hint);
  }
  const { expect, client = CLIENT.address } = values;
  const expected =
    expect === undefined ? undefined : parseChoice('--expect', expect, ['blocked', 'passed'] as const);
  if (isIP(client) === 0) throw new UsageError(`--client takes an address, not '${client}'`, hint);
  const loaded = loadWanted(values);
  if (loaded === undefined) return 1;
  const { rules } = loaded;
  const waf = new Waf(rules);
  const judged: Judged[] = [];
  let failed = false;
  for (const path of positionals) {
    try {
      const request = readRequest(path, { ...CLIENT, address: client });
      const response = values.response === undefined ? undefined : readResponse(values.response);
      judged.push(judge(waf, rules, path, request, response, values['show-secrets'] === true));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      process.stderr.write(`weir: ${error.message}\n`);
      failed = true;
    }
  }
  for (const { verdict, file } of judged) {
    const blocked = verdict.action !== 'pass';
    if (verdict.limit !== '') failed = true;
    if (expected === undefined || blocked === (expected === 'blocked')) continue;
    process.stderr.write(`weir: ${name(file)} is ${blocked ? 'blocked' : 'passed'}, not ${expected}\n`);
    failed = true;
  }
  if (values.json) process.stdout.write(`${terminalJson({ requests: judged.map(jsonOf) })}\n`);
  else process.stdout.write(renderJudged(judged, terminalPaint()));
  return failed ? 1 : 0;
}

function judge(
  waf: Waf,
  rules: RuleSet,
  file: string,
  request: HttpRequest,
  response: HttpResponse | undefined,
  showSecrets: boolean,
): Judged {
  const inspection = waf.begin(request);
  inspection.requestHeaders();
  inspection.requestBody();
  if (response !== undefined) inspection.response(response);
  const verdict = inspection.end();
  const secrets = showSecrets ? [] : requestSecrets(inspection.transaction);
  const matches = verdict.matches.map((match): RedactedMatch => {
    const part = matchedPart(rules, match);
    return showSecrets ? cutMatch(match, part) : redactMatch(match, { part, secrets });
  });
  const target = showSecrets ? request.target : redactText(request.target, secrets);
  return {
    file,
    method: request.method,
    target,
    detectionOnly: inspection.transaction.mode === 'detection',
    verdict,
    matches,
    categories: countCategories(verdict.matches),
  };
}

function jsonOf({ verdict, matches, ...judged }: Judged): unknown {
  const { matches: _, ...rest } = verdict;
  return { ...judged, ...rest, matches: matches.map((match) => ({ ...match, category: categoryOf(match) })) };
}
