import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPERATORS } from '../../src/mitm/waf/operator/index.ts';
import { TRANSFORMATIONS } from '../../src/mitm/waf/transformation/index.ts';
import { VARIABLES } from '../../src/mitm/waf/variable/index.ts';
import { CORPUS, withoutCorpus } from '../support/corpus.ts';
import type { WafInput } from './input.ts';
import { mutated } from './mutate.ts';
import type { Random } from './random.ts';
import { bodyOf, request, requestText } from './waf-requests.ts';

/** Directives that one input is made of at most. */
const MOST_DIRECTIVES = 6;
const LARGEST = 128 << 10;

const OWN = [
  'SecRuleEngine DetectionOnly',
  'SecRequestBodyAccess On',
  'SecRequestBodyLimit 131072',
  'SecResponseBodyMimeType text/plain text/html',
  'SecDefaultAction "phase:2,log,deny,status:403,t:none"',
  'SecArgumentSeparator "&"',
  `SecAction "id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR},setvar:'tx.a=+1',setvar:!tx.b,expirevar:ip.x=60"`,
  'SecRule ARGS|!ARGS:foo|&REQUEST_HEADERS:Host|TX:/^a/ "@rx (?i)ev(i)l" "id:2,phase:2,block,capture,multiMatch,t:none,t:urlDecodeUni,t:lowercase"',
  `SecRule REQUEST_URI "!@within %{tx.a} /x" "id:3,phase:1,deny,msg:'it\\'s %{MATCHED_VAR_NAME}',logdata:'%{TX.1}',chain"\n  SecRule MATCHED_VARS "@unconditionalMatch" "setvar:tx.c=%{tx.c}%{MATCHED_VAR},chain"\n  SecRule XML:/*|XML://@* "@contains x" "ctl:ruleRemoveTargetById=2;ARGS:a"`,
  'SecRule REQUEST_BODY "@pmFromFile words.data" \\\n  "id:4,\\\n  phase:2,\\\n  redirect:http://example.org/%{UNIQUE_ID},\\\n  severity:CRITICAL,tag:a/b"',
  'SecRule TX:A "@gt 1" "id:5,phase:2,pass,skipAfter:END,ctl:requestBodyProcessor=XML"',
  'SecRule REMOTE_ADDR "@ipMatch 192.0.2.0/24,2001:db8::/32" "id:6,phase:3,allow:phase,skip:1"',
  'SecMarker END',
  'SecRuleRemoveById 4 100-200',
  'SecRuleRemoveByTag "^a"',
  'SecRuleUpdateTargetById 2 "!ARGS:/x|y/"',
  'SecRuleUpdateActionById 2 "pass,t:none,t:base64Decode"',
  'Include "rules/*.conf"',
] as const;

const WORDS = [
  '"',
  "'",
  '\\',
  '\\\n',
  '|',
  '|!',
  '|&',
  ',',
  ':',
  '%{',
  '}',
  '%{TX.0}',
  '@',
  '!@',
  '/',
  ':/',
  '#',
  'chain',
  'skipAfter:END',
  'setvar:tx.a=%{tx.a}%{tx.a}',
  'setvar:!tx.a',
  'ctl:ruleEngine=Off',
  'ctl:ruleRemoveById=1-9',
  'multiMatch',
  'capture',
  't:none',
  'phase:2',
  'phase:response',
  'id:',
  '(?:',
  '(a+)+$',
  '[[:alpha:]]',
  '\\x{110000}',
  '(?<=a{1,9})',
  '{1,65536}',
  '\\1',
  '(?R)',
] as const;

let seeds: readonly string[] | undefined;

/** Directives to begin with: our own, and those of the Core Rule Set where it is. */
export function ruleSeeds(): readonly string[] {
  if (seeds !== undefined) return seeds;
  const found: string[] = [...OWN];
  if (withoutCorpus('crs') === false) {
    const folder = join(CORPUS, 'crs/rules');
    for (const name of readdirSync(folder).sort()) {
      if (!name.endsWith('.conf')) continue;
      for (const block of readFileSync(join(folder, name), 'latin1').split(/\n(?=Sec)/)) {
        if (block.startsWith('Sec') && block.length < 8192) found.push(block);
      }
    }
  }
  seeds = found;
  return found;
}

/** Rules that use much of the language. */
export function ownRules(): string {
  return OWN.filter((line) => !line.startsWith('SecRuleRemove') && !line.startsWith('Include')).join('\n');
}

/** A rule file: some directives, changed. */
export function rulesInput(random: Random): WafInput {
  const all = ruleSeeds();
  const count = 1 + random.small(MOST_DIRECTIVES);
  const picked = Array.from({ length: count }, () => (random.once(2) ? random.pick(OWN) : random.pick(all)));
  let text = picked.join('\n');
  for (let left = random.small(6); left > 0; left--) {
    const at = random.below(text.length + 1);
    text = text.slice(0, at) + word(random) + text.slice(at + random.small(12));
  }
  const bytes = Buffer.from(text, 'latin1');
  return {
    kind: 'waf',
    part: 'rules',
    type: '',
    bytes: random.once(3) ? bytes : short(mutated(bytes, random)),
  };
}

function word(random: Random): string {
  switch (random.below(6)) {
    case 0:
      return random.pick([...OPERATORS.keys()]);
    case 1:
      return `t:${random.pick([...TRANSFORMATIONS.keys()])}`;
    case 2:
      return random.pick([...VARIABLES.keys()]);
    default:
      return random.pick(WORDS);
  }
}

/** A body of one of the kinds that are taken apart. */
export function bodyInput(random: Random): WafInput {
  const [type, body] = bodyOf(1 + random.below(4), random);
  return { kind: 'waf', part: 'body', type, bytes: short(mutated(Buffer.from(body, 'latin1'), random)) };
}

/** A whole request. */
export function requestInput(random: Random): WafInput {
  const text = Buffer.from(requestText(request(random)), 'latin1');
  return { kind: 'waf', part: 'request', type: '', bytes: short(mutated(text, random)) };
}

function short(bytes: Buffer): Buffer {
  return bytes.subarray(0, LARGEST);
}
