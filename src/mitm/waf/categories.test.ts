import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CORPUS, withoutCorpus } from '../../../test/support/corpus.ts';
import { type Category, categoryOf, countCategories } from './categories.ts';
import type { Match } from './verdict.ts';

const CASES: readonly (readonly [id: number, tags: readonly string[], category: Category])[] = [
  [942100, ['application-multi', 'attack-sqli'], 'sqli'],
  [941100, ['attack-xss'], 'xss'],
  [930100, ['attack-lfi'], 'path_traversal'],
  [930110, ['attack-lfi'], 'path_traversal'],
  [930120, ['attack-lfi'], 'lfi'],
  [931100, ['attack-rfi'], 'rfi'],
  [932100, ['language-shell', 'attack-rce'], 'rce'],
  [933100, ['language-php', 'attack-injection-php'], 'php'],
  [944100, ['language-java', 'attack-rce'], 'java'],
  [934100, ['language-javascript', 'attack-rce', 'attack-injection-generic'], 'nodejs'],
  [934110, ['attack-ssrf'], 'ssrf'],
  [934180, ['attack-ssti'], 'ssti'],
  [921200, ['language-ldap', 'attack-protocol'], 'ldap'],
  [943100, ['attack-fixation'], 'session_fixation'],
  [913100, ['attack-reputation-scanner'], 'scanner'],
  [920100, ['attack-protocol'], 'protocol'],
  [953100, ['language-php', 'attack-disclosure'], 'disclosure'],
  [949110, ['attack-generic'], 'evaluation'],
  [980170, ['reporting'], 'evaluation'],
  [1, ['anomaly-evaluation'], 'evaluation'],
  [1, ['attack-path-traversal'], 'path_traversal'],
  [1, ['attack-constructor'], 'other'],
  [1, [], 'other'],
];

for (const [id, tags, category] of CASES) {
  test(`rule ${id} ${tags.join(' ')}: ${category}`, () => assert.equal(categoryOf({ id, tags }), category));
}

function match(id: number, severity: string, tag: string): Match {
  const text = { message: '', data: '', version: '', file: '', variable: '', value: '', operator: '' };
  return { id, phase: 2, severity, tags: [tag], line: 1, ...text };
}

test('counts matches and points by category, evaluation left out', () => {
  const counted = countCategories([
    match(1, 'NOTICE', 'attack-xss'),
    match(2, 'CRITICAL', 'attack-sqli'),
    match(3, 'WARNING', 'attack-sqli'),
    match(949110, 'CRITICAL', 'attack-generic'),
    match(4, '', ''),
  ]);
  assert.deepEqual(counted, [
    { category: 'sqli', matches: 2, points: 8 },
    { category: 'xss', matches: 1, points: 2 },
    { category: 'other', matches: 1, points: 0 },
  ]);
});

test('each attack tag of the Core Rule Set leads to a category', { skip: withoutCorpus('crs/rules') }, () => {
  const folder = join(CORPUS, 'crs/rules');
  const tags = new Set<string>();
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.conf'))) {
    const text = readFileSync(join(folder, name), 'latin1').replaceAll(/^\s*#.*$/gm, '');
    for (const [, tag = ''] of text.matchAll(/tag:'(attack-[a-z-]+)'/g)) tags.add(tag);
  }
  assert.ok(tags.size > 10);
  assert.deepEqual(
    [...tags].filter((tag) => categoryOf({ id: 1, tags: [tag] }) === 'other'),
    [],
  );
});
