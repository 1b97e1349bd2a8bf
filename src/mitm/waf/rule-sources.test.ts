import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, test } from 'node:test';
import { CORPUS, withoutCorpus } from '../../../test/support/corpus.ts';
import { loadRules, Waf } from './index.ts';
import { chooseRules, DEBIAN_CRS, findCoreRuleSet, NoRulesError, ruleFiles } from './rule-sources.ts';

const root = mkdtempSync(join(tmpdir(), 'weir-rules-'));
after(() => rmSync(root, { recursive: true }));

function file(path: string, text = ''): string {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

file('checkout/crs-setup.conf.example');
file('checkout/rules/REQUEST-901-INITIALIZATION.conf', 'SecAction "id:901000,phase:1,pass,nolog"');
file('checkout/rules/REQUEST-942-SQLI.conf', 'SecRule ARGS "@contains evil" "id:942100,phase:2,deny,log"');
file('checkout/rules/REQUEST-900-BEFORE.conf.example', 'nonsense');
file('debian/usr/share/modsecurity-crs/rules/REQUEST-901-INITIALIZATION.conf');
file('debian/etc/modsecurity/crs/crs-setup.conf');
file('debian/etc/modsecurity/crs/REQUEST-900-EXCLUSION.conf');
file('debian/etc/modsecurity/crs/RESPONSE-999-EXCLUSION.conf');
file('bare/rules/REQUEST-901-INITIALIZATION.conf');
file('own/b.conf', 'SecRule ARGS "@contains bad" "id:2,phase:2,deny"');
file('own/a.conf', 'SecRule ARGS "@contains worse" "id:3,phase:2,deny"');
file('own/note.txt');
file('early/REQUEST-900-own.conf', 'SecAction "id:4,phase:1,pass,nolog,ctl:ruleRemoveById=942100"');
mkdirSync(join(root, 'empty'));

const at = (...names: string[]): string => join(root, ...names);
const shown = (paths: readonly string[]): string[] => paths.map((path) => relative(root, path));

test('a checkout, by its folder or that of its rules', () => {
  for (const folder of [at('checkout'), at('checkout/rules')]) {
    const crs = findCoreRuleSet(folder);
    assert.deepEqual(shown([crs.setup]), ['checkout/crs-setup.conf.example']);
    assert.deepEqual(shown(crs.rules), [
      'checkout/rules/REQUEST-901-INITIALIZATION.conf',
      'checkout/rules/REQUEST-942-SQLI.conf',
    ]);
  }
});

test("Debian's layout, also below another root", () => {
  const crs = findCoreRuleSet(at('debian/usr/share/modsecurity-crs'));
  assert.deepEqual(shown([crs.setup, ...crs.before, ...crs.after]), [
    'debian/etc/modsecurity/crs/crs-setup.conf',
    'debian/etc/modsecurity/crs/REQUEST-900-EXCLUSION.conf',
    'debian/etc/modsecurity/crs/RESPONSE-999-EXCLUSION.conf',
  ]);
});

test('where there are no rules, the message says what to do', () => {
  const cases: readonly (readonly [run: () => unknown, message: RegExp])[] = [
    [() => findCoreRuleSet(at('empty')), /holds no Core Rule Set.*apt-get install modsecurity-crs/],
    [() => findCoreRuleSet(at('nowhere')), /nowhere is not there/],
    [() => findCoreRuleSet(at('bare')), /there is no setup for them: .*crs-setup\.conf/],
    [() => chooseRules({ rules: [at('nowhere.conf')] }), /nowhere\.conf is not there/],
    [() => chooseRules({ rules: [at('empty')] }), /holds no rule files \(\*\.conf\)/],
    [() => chooseRules({ rules: [at('own')], paranoia: 2 }), /--crs DIR/],
  ];
  for (const [run, message] of cases) {
    assert.throws(run, (error) => error instanceof NoRulesError && message.test(error.message));
  }
});

test('files to be checked: with the setup where there is one, all of a folder, or one', () => {
  assert.equal(ruleFiles(at('checkout')).length, 3);
  assert.deepEqual(shown(ruleFiles(at('bare'))), ['bare/rules/REQUEST-901-INITIALIZATION.conf']);
  assert.deepEqual(shown(ruleFiles(at('own'))), ['own/a.conf', 'own/b.conf']);
  assert.deepEqual(shown(ruleFiles(at('own/note.txt'))), ['own/note.txt']);
});

function inspect(wishes: Parameters<typeof chooseRules>[0], target: string, body = '', type = '') {
  const { sources, options } = chooseRules(wishes);
  const headers = [['Host', 'a'], ...(type === '' ? [] : [['Content-Type', type]])] as [string, string][];
  return new Waf(loadRules(sources, options)).inspect({
    method: 'POST',
    target,
    protocol: 'HTTP/1.1',
    headers,
    body,
  });
}

test('own rules stand behind the Core Rule Set, exclusions before it', () => {
  assert.equal(inspect({ crs: at('checkout') }, '/?a=evil').ruleId, 942100);
  assert.equal(inspect({ crs: at('checkout'), rules: [at('own')] }, '/?a=bad').ruleId, 2);
  assert.equal(inspect({ crs: at('checkout'), rules: [at('early')] }, '/?a=evil').action, 'pass');
  assert.equal(inspect({ rules: [at('own')] }, '/?a=worse').ruleId, 3);
});

test('nothing is blocked in detection', () => {
  const { action, matches } = inspect({ crs: at('checkout'), detectionOnly: true }, '/?a=evil');
  assert.equal(action, 'pass');
  assert.deepEqual(
    matches.map(({ id }) => id),
    [942100],
  );
});

test('JSON and XML are read, what cannot be read is refused', () => {
  const crs = { crs: at('checkout') };
  assert.equal(inspect(crs, '/', '{"a":{"b":"evil"}}', 'application/json').ruleId, 942100);
  assert.equal(
    inspect(crs, '/', '{"a":{"b":"evil"}}', 'application/vnd.api+json; charset=utf-8').ruleId,
    942100,
  );
  assert.equal(inspect(crs, '/', '{"a":{"b":"good"}}', 'application/json').action, 'pass');
  const broken = inspect(crs, '/', '{"a":', 'application/json');
  assert.deepEqual([broken.ruleId, broken.status], [460003, 400]);
  assert.equal(inspect(crs, '/', '<a>', 'text/xml').ruleId, 460003);
  assert.equal(inspect(crs, '/', '<a>x</a>', 'application/soap+xml').action, 'pass');
});

/** Rules of paranoia level 2 and above that a request with a lone `'` and odd characters meets. */
const ODD = '/?a=%27%22%60~!%23%24%25%5E%26*()_%2B-%3D%7B%7D';

for (const [name, folder, skip] of [
  ['version 4', join(CORPUS, 'crs'), withoutCorpus('crs/rules')],
  ["Debian's", DEBIAN_CRS, existsSync(DEBIAN_CRS) ? false : 'modsecurity-crs is not installed'],
] as const) {
  test(`the Core Rule Set, ${name}: loads, and the paranoia level counts`, { skip }, () => {
    const matches = [1, 4].map(
      (paranoia) => inspect({ crs: folder, paranoia, detectionOnly: true }, ODD).matches,
    );
    assert.ok((matches[1]?.length ?? 0) > (matches[0]?.length ?? 0));
    assert.ok(matches[1]?.some(({ tags }) => tags.includes('paranoia-level/4')));
    assert.ok(!matches[0]?.some(({ tags }) => tags.includes('paranoia-level/2')));
  });
}
