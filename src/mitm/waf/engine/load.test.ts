import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { newPlans } from '../pattern/plan.ts';
import { RulesError } from '../seclang/mistake.ts';
import { loadRules, loadRulesGently } from './load.ts';
import type { Rule } from './rule.ts';
import { DISK, filesOf, recording } from './rule-files.ts';
import type { RuleSet } from './rule-set.ts';
import { Waf } from './waf.ts';

function load(text: string): RuleSet {
  return loadRules([{ kind: 'text', name: 'x.conf', text }]);
}

function mistakes(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof RulesError) return error.message.split('\n');
    throw error;
  }
  return [];
}

function ids(rules: RuleSet): readonly number[] {
  return ([1, 2, 3, 4, 5] as const).flatMap((phase) => rules.rules(phase).map(({ id }) => id));
}

function only(rules: RuleSet): Rule {
  const [rule] = ([1, 2, 3, 4, 5] as const).flatMap((phase) => rules.rules(phase));
  assert.ok(rule !== undefined);
  return rule;
}

const MISTAKES: readonly (readonly [title: string, text: string, ...expected: readonly RegExp[]])[] = [
  ['a directive that is none', 'SecRulez A B', /^x\.conf:1: SecRulez is no directive that weir knows/],
  [
    'a method of every object',
    '__proto__ 1\nconstructor 1\ntoString',
    /:1: __proto__ is no/,
    /:2: constructor is no/,
    /:3: toString is no/,
  ],
  ['every mistake is told', 'Foo\n\nBar\nSecRule A', /:1: Foo/, /:3: Bar/, /:4: SecRule wants/],
  ['SecRule with too little', 'SecRule ARGS', /^x\.conf:1: SecRule wants variables, an operator and actions/],
  ['SecRule with too much', 'SecRule ARGS a "id:1" more', /SecRule wants/],
  ['SecAction without actions', 'SecAction', /SecAction wants one argument/],
  ['no id', 'SecAction "pass"', /the rule has no id/],
  ['an id that is none', 'SecAction "id:x,pass"', /x is no rule id/],
  ['an id twice', 'SecAction "id:1"\n\nSecAction "id:1"', /^x\.conf:3: rule 1 is there already: x\.conf:1$/],
  ['a phase that is none', 'SecAction "id:1,phase:6"', /6 is no phase/],
  ['a phase like a method', 'SecAction "id:1,phase:constructor"', /constructor is no phase/],
  ['an action that is none', 'SecAction "id:1,foo"', /rule 1: foo is no action/],
  ['an action like a method', 'SecAction "id:1,constructor"', /constructor is no action/],
  ['programs are not run', 'SecAction "id:1,exec:/bin/sh"', /exec: weir runs no programs/],
  ['a variable that is none', 'SecRule ARGZ a "id:1"', /rule 1: ARGZ is no variable/],
  ['an operator that is none', 'SecRule ARGS "@foo a" "id:1"', /rule 1: .*foo/],
  ['a pattern that is none', 'SecRule ARGS "@rx (" "id:1"', /^x\.conf:1: rule 1: /],
  ['a transformation that is none', 'SecRule ARGS a "id:1,t:foo"', /foo is no transformation/],
  ['a status that is none', 'SecAction "id:1,deny,status:999"', /999 is no status of HTTP/],
  ['a severity that is none', 'SecAction "id:1,severity:BAD"', /BAD is no severity/],
  ['a way to allow that is none', 'SecAction "id:1,allow:x"', /allow:x is neither/],
  ['a variable that cannot be set', 'SecAction "id:1,setvar:args.x=1"', /setvar:args\.x names no variable/],
  ['a macro that names nothing', `SecAction "id:1,msg:'%{-}'"`, /%\{-\} names no variable/],
  ['a collection that is none', 'SecAction "id:1,initcol:tx=1"', /initcol:tx=1 names no collection/],
  ['ctl that sets nothing', 'SecAction "id:1,ctl:foo=1"', /foo is nothing that ctl can set/],
  ['ctl without a value', 'SecAction "id:1,ctl:ruleEngine"', /ctl:ruleEngine sets nothing/],
  [
    'ctl with a target missing',
    'SecAction "id:1,ctl:ruleRemoveTargetById=1"',
    /names no variable behind a semicolon/,
  ],
  ['an XML path that cannot be followed', 'SecRule XML:/a/b x "id:1"', /only XML:\/\* and XML:\/\/@\*/],
  ['skipping to nowhere', 'SecAction "id:1,skipAfter:END"', /rule 1: there is no marker END/],
  ['skipping no number', 'SecAction "id:1,skip:x"', /skip:x is no number/],
  [
    'a chain without an end',
    'SecRule ARGS a "id:1,chain"',
    /^x\.conf:1: rule 1 ends with chain, and no rule follows it$/,
  ],
  [
    'a chain with a directive inside',
    'SecRule ARGS a "id:1,chain"\nSecMarker X',
    /:2: rule 1 ends with chain, and SecMarker follows/,
  ],
  [
    'a chain with a rule of its own',
    'SecRule ARGS a "id:1,chain"\nSecRule ARGS a "id:2"',
    /the chain of rule 1 is not finished/,
  ],
  ['a mode that is none', 'SecRuleEngine Maybe', /Maybe is no mode/],
  ['a switch that is none', 'SecRequestBodyAccess Maybe', /Maybe is neither On nor Off/],
  ['a number that is none', 'SecRequestBodyLimit 1k', /1k is no number/],
  ['a setting without its value', 'SecRequestBodyLimit', /wants a value/],
  ['a default action without a phase', 'SecDefaultAction "pass"', /SecDefaultAction names no phase/],
  [
    'an update of id or phase',
    'SecAction "id:1"\nSecRuleUpdateActionById 1 "phase:1"',
    /id and phase of a rule cannot be changed/,
  ],
  ['ids that are none', 'SecRuleRemoveById x', /x is no rule id and no range/],
  ['rules from elsewhere', 'SecRemoteRules key https://example.org/', /weir loads rules from files alone/],
  ['a file that is not there', 'Include /nowhere/x.conf', /^x\.conf:1: \/nowhere\/x\.conf cannot be read/],
  ['files that are not there', 'Include /nowhere/*.conf', /^x\.conf:1: \/nowhere\/\*\.conf names no file$/],
];

for (const [title, text, ...expected] of MISTAKES) {
  test(`mistake: ${title}`, () => {
    const found = mistakes(() => load(text));
    assert.equal(found.length, expected.length, found.join('\n'));
    for (const [i, pattern] of expected.entries()) assert.match(found[i] ?? '', pattern);
  });
}

test('settings are taken over, the last one counts', () => {
  const { settings } = load(`SecRuleEngine On
SecRuleEngine DetectionOnly
SecRequestBodyAccess Off
SecRequestBodyLimit 10
SecRequestBodyLimitAction ProcessPartial
SecResponseBodyMimeType text/html Application/JSON
SecArgumentSeparator ;
SecArgumentsLimit 5
SecRequestBodyJsonDepthLimit 3
SecCollectionTimeout 60
SecAuditLog /var/log/x
SecUnicodeMapFile unicode.mapping 20127
`);
  assert.deepEqual(
    { ...settings, responseBodyTypes: [...(settings.responseBodyTypes ?? [])] },
    {
      ...settings,
      mode: 'detection',
      requestBodyAccess: false,
      requestBodyLimit: 10,
      requestBodyLimitAction: 'partial',
      responseBodyTypes: ['text/html', 'application/json'],
      argumentSeparator: ';',
      argumentsLimit: 5,
      jsonDepthLimit: 3,
      collectionTimeoutSeconds: 60,
    },
  );
  const over = loadRules([{ kind: 'text', name: 'x', text: 'SecRuleEngine On' }], {
    settings: { mode: 'off' },
  });
  assert.equal(over.settings.mode, 'off');
});

test('rules keep their order within a phase, their file and their line', () => {
  const rules = load('SecAction "id:3,phase:2"\n\nSecAction "id:1,phase:1"\nSecAction \\\n "id:2,phase:2"\n');
  assert.deepEqual(ids(rules), [1, 3, 2]);
  assert.deepEqual(
    rules.rules(2).map(({ file, line }) => `${file}:${line}`),
    ['x.conf:1', 'x.conf:4'],
  );
  assert.equal(rules.count, 3);
});

test('what a rule holds', () => {
  const rule = only(
    load(
      `SecRule ARGS|!ARGS:x "!@rx a" "id:7,phase:request,deny,status:410,severity:'2',ver:'v1',tag:'a',tag:b/c,msg:'m',logdata:'d',t:none,t:lowercase,t:trim,capture,multiMatch,nolog"`,
    ),
  );
  const { link } = rule;
  assert.deepEqual(
    [rule.id, rule.phase, rule.disruption, rule.severity, rule.version, rule.tags, rule.log],
    [7, 2, { kind: 'deny', status: 410 }, 'CRITICAL', 'v1', ['a', 'b/c'], false],
  );
  assert.deepEqual(
    [
      link.negated,
      link.capture,
      link.multiMatch,
      link.message?.source,
      link.logData?.source,
      link.operatorText,
    ],
    [true, true, true, 'm', 'd', '!@rx a'],
  );
});

test('t:none forgets the transformations before it, those of the default action too', () => {
  const text = `SecDefaultAction "phase:2,pass,t:lowercase"
SecRule ARGS a "id:1,phase:2,t:trim"
SecRule ARGS a "id:2,phase:2,t:urlDecode,t:none,t:trim"
SecRule ARGS a "id:3,phase:2,t:none,t:trim"
`;
  const [first, second, third] = load(text).rules(2);
  assert.notEqual(first?.link.subject, second?.link.subject);
  // Rules that look at the same share it.
  assert.equal(second?.link.subject, third?.link.subject);
});

function inFolder(context: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-load-'));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

test('files include others: beside them, by pattern, in the order of their names', (context) => {
  const folder = inFolder(context, {
    'main.conf':
      'Include rules/*.conf\nInclude "one more.conf"\nIncludeOptional none/*.conf\nSecAction "id:4,phase:1"',
    'rules/b.conf': 'SecAction "id:2,phase:1"\n',
    'rules/a.conf': 'SecRule ARGS "@pmFromFile words.data" "id:1,phase:1"',
    'rules/words.data': 'evil\n',
    'rules/c.txt': 'nonsense',
    'one more.conf': 'SecAction "id:3,phase:1"',
  });
  assert.deepEqual(ids(loadRules([{ kind: 'file', path: join(folder, 'main.conf') }])), [1, 2, 3, 4]);
});

test('a mistake in an included file has the place of that file', (context) => {
  const folder = inFolder(context, { 'a.conf': '\nInclude b.conf', 'b.conf': '\n\nNonsense' });
  const [found] = mistakes(() => loadRules([{ kind: 'file', path: join(folder, 'a.conf') }]));
  assert.match(found ?? '', /b\.conf:3: Nonsense is no directive/);
});

test('a chain does not go on in another file', (context) => {
  const folder = inFolder(context, {
    'a.conf': 'SecRule ARGS a "id:1,chain"\nInclude b.conf\n',
    'b.conf': 'SecRule ARGS b "t:none"',
  });
  assert.notDeepEqual(
    mistakes(() => loadRules([{ kind: 'file', path: join(folder, 'a.conf') }])),
    [],
  );
});

test('files that include each other are told', (context) => {
  const folder = inFolder(context, { 'a.conf': 'Include b.conf', 'b.conf': 'Include a.conf' });
  const found = mistakes(() => loadRules([{ kind: 'file', path: join(folder, 'a.conf') }]));
  assert.equal(found.length, 1);
  assert.match(found[0] ?? '', /b\.conf:1: .*a\.conf includes itself$/);
});

test('files are included at most so deep, and so often', (context) => {
  const deep = Array.from({ length: 20 }, (_, i) => [`${i}.conf`, `Include ${i + 1}.conf`] as const);
  const chain = inFolder(context, Object.fromEntries(deep));
  const [tooDeep] = mistakes(() => loadRules([{ kind: 'file', path: join(chain, '0.conf') }]));
  assert.match(tooDeep ?? '', /16\.conf:1: files include each other 16 deep$/);
  const wide = Array.from(
    { length: 12 },
    (_, i) => [`${i}.conf`, `Include ${i + 1}.conf\n`.repeat(8)] as const,
  );
  const tree = inFolder(context, { ...Object.fromEntries(wide), '12.conf': '' });
  const [tooMany] = mistakes(() => loadRules([{ kind: 'file', path: join(tree, '0.conf') }]));
  assert.match(tooMany ?? '', /more than 4096 files are included$/);
});

test('what was read once is loaded again without its files', (context) => {
  const folder = inFolder(context, {
    'a.conf': 'Include r/*.conf',
    'r/b.conf': 'SecRule ARGS "@pmFromFile w.data" "id:1,phase:1"',
    'r/w.data': 'evil',
  });
  const recorded = recording(DISK);
  const sources = [{ kind: 'file', path: join(folder, 'a.conf') }] as const;
  loadRules(sources, { files: recorded });
  for (const name of ['a.conf', 'r/b.conf', 'r/w.data']) writeFileSync(join(folder, name), 'nonsense');
  assert.deepEqual(ids(loadRules(sources, { files: filesOf(recorded.snapshot) })), [1]);
  const [found] = mistakes(() =>
    loadRules([{ kind: 'file', path: '/elsewhere' }], { files: filesOf(recorded.snapshot) }),
  );
  assert.match(found ?? '', /was not there when the rules were first loaded/);
});

test('a gentle load by what another one found gives the same rules, and others their turn', async () => {
  const words = Array.from(
    { length: 400 },
    (_, i) => `(?:alpha|beta|gamma)\\d{1,${i + 1}}\\s*word${i}(?:x|yz)+`,
  );
  const text = words.map((word, i) => `SecRule ARGS "@rx ${word}" "id:${i + 1},phase:2,deny"`).join('\n');
  const sources = [
    {
      kind: 'text',
      name: 'x.conf',
      text: `SecRuleEngine On\n${text}\nSecRule ARGS "@pm one words" "id:1000,phase:2,deny"`,
    },
  ] as const;
  const plans = newPlans();
  const first = loadRules(sources, { plans });
  assert.equal(plans.patterns.size, 400);
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  const second = await loadRulesGently(sources, { plans: structuredClone(plans) });
  clearInterval(counting);
  assert.ok(turns > 0);
  assert.deepEqual(ids(second), ids(first));
  // The phrases and the prefilter.
  assert.equal(plans.automata.size, 2);
  const request = {
    method: 'GET',
    target: '/?a=beta77%20word123yz',
    protocol: 'HTTP/1.1',
    headers: [],
    body: '',
    client: { address: '192.0.2.7', port: 40000 },
  };
  for (const rules of [first, second]) {
    assert.equal(new Waf(rules).inspect(request).ruleId, 124);
    assert.equal(new Waf(rules).inspect({ ...request, target: '/?a=two+words' }).ruleId, 1000);
  }
  await assert.rejects(loadRulesGently([{ ...sources[0], text: 'SecRule ARGS' }]), RulesError);
});
