import { parseJson } from '../../src/mitm/waf/body/json.ts';
import { multipartParts, parseMultipart } from '../../src/mitm/waf/body/multipart.ts';
import { parseUrlEncoded } from '../../src/mitm/waf/body/urlencoded.ts';
import { parseXml } from '../../src/mitm/waf/body/xml.ts';
import type { RuleFiles } from '../../src/mitm/waf/engine/rule-files.ts';
import { type HttpRequest, loadRules, RulesError, Waf } from '../../src/mitm/waf/index.ts';
import { CORPUS, withoutCorpus } from '../support/corpus.ts';
import type { WafInput } from './input.ts';
import { linear } from './linear.ts';
import { Random } from './random.ts';
import { ownRules } from './waf-generate.ts';
import { parseRequest, request } from './waf-requests.ts';

/** No bound of time hides what is slow; the watcher ends what hangs. */
const BUDGET_MS = 60_000;
const LIMITS = { arguments: 1000, depth: 512 } as const;

/** Rules of a fuzzed file read no file of the machine. */
const NO_FILES: RuleFiles = {
  read: (path) => {
    if (path.endsWith('.data')) return 'evil\nworse # why\n\n#\n192.0.2.0/24\n';
    throw new Error('there are no files');
  },
  find: () => [],
};

/** Runs one input. Throws what went wrong. */
export function executeWaf(input: WafInput): void {
  const text = Buffer.from(input.bytes).toString('latin1');
  switch (input.part) {
    case 'rules':
      runRules(text);
      return;
    case 'body':
      linear(text, twice, (body) => processBody(input.type, body));
      return;
    case 'request': {
      const parsed = parseRequest(text);
      const waf = coreRules();
      linear(parsed.body, twice, (body) => void waf.inspect({ ...parsed, body }));
      linear(parsed.target, twice, (target) => void waf.inspect({ ...parsed, target }));
      return;
    }
    default:
      input.part satisfies never;
  }
}

/** Rules load or are refused with their mistakes; what loads judges requests. */
function runRules(text: string): void {
  let waf: Waf;
  try {
    waf = new Waf(loadRules([{ kind: 'text', text, name: 'fuzz.conf' }], { files: NO_FILES }), {
      budgetMs: BUDGET_MS,
    });
  } catch (error) {
    if (error instanceof RulesError && error.mistakes.length > 0) return;
    throw error;
  }
  for (const each of SAMPLES) {
    const inspection = waf.begin(each);
    inspection.requestHeaders();
    inspection.requestBody();
    inspection.response({
      status: 500,
      protocol: 'HTTP/1.1',
      headers: [['Content-Type', 'text/html']],
      body: 'evil',
    });
    inspection.end();
  }
}

const SAMPLES: readonly HttpRequest[] = Array.from({ length: 4 }, (_, i) => request(new Random(i + 1)));

let core: Waf | undefined;

/** The Core Rule Set where it is, else rules of our own; loaded once, which takes seconds. */
export function coreRules(): Waf {
  if (core === undefined) {
    const text = `SecRuleEngine On\nInclude ${CORPUS}/crs/rules/*.conf`;
    const rules =
      withoutCorpus('crs') === false
        ? loadRules([
            { kind: 'file', path: `${CORPUS}/crs/crs-setup.conf.example` },
            {
              kind: 'text',
              name: 'level',
              text: 'SecAction "id:900000,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level=4"',
            },
            { kind: 'text', name: 'core', text },
          ])
        : loadRules([{ kind: 'text', name: 'own', text: ownRules() }], { files: NO_FILES });
    core = new Waf(rules, { budgetMs: BUDGET_MS });
  }
  return core;
}

function processBody(type: string, body: string): void {
  switch (type.split(/[/;]/)[1]) {
    case 'json':
      parseJson(body, LIMITS);
      return;
    case 'xml':
      parseXml(body, LIMITS);
      return;
    case 'form-data':
      multipartParts(parseMultipart(body, type, LIMITS));
      return;
    default:
      parseUrlEncoded(body, '&', LIMITS.arguments);
  }
}

function twice(text: string): string {
  return text + text;
}
