import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { curl, ownFolder, withoutPrograms } from '../../../test/support/web-parts.ts';
import { parseConfiguration, plan } from '../../config/index.ts';
import { GatewayError } from './index.ts';
import { policyOf, type WafPolicy } from './policies.ts';
import { application, optionsIn, started } from './testing.ts';

const POLICY: WafPolicy = { host: '', path: '', mode: 'inherit', paranoia: 0, exclude: [] };
const RULES = `SecRuleEngine On
SecAction "id:1,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level=1"
SecRule ARGS "@contains evil" "id:10,phase:2,deny,status:403,log,msg:'evil'"
SecRule ARGS "@contains odd" "id:20,phase:2,pass,nolog,chain"
  SecRule TX:blocking_paranoia_level "@ge 3" "setvar:tx.strict=1"
SecRule TX:strict "@eq 1" "id:30,phase:2,deny,status:403,log,msg:'odd'"
`;

test('the most exact host counts, then the longest path', () => {
  const entries = policyOf([
    { ...POLICY, mode: 'off' },
    { ...POLICY, path: '/admin', paranoia: 4 },
    { ...POLICY, host: '*.example', path: '/long/path' },
    { ...POLICY, host: '*.shop.example' },
    { ...POLICY, host: 'shop.example', exclude: [942100, 942110] },
    { ...POLICY, host: 'shop.example', path: '/admin', mode: 'on' },
  ])?.entries;
  assert.deepEqual(
    entries?.map(({ host = '', path = '' }) => host + path),
    ['shop.example/admin', 'shop.example', '*.shop.example', '*.example/long/path', '/admin', ''],
  );
  assert.deepEqual(entries[1], { host: 'shop.example', excludedRules: ['942100', '942110'] });
  assert.equal(policyOf([]), undefined);
  assert.equal(policyOf(undefined), undefined);
});

test('what is no policy is refused with its place', () => {
  const cases: readonly (readonly [WafPolicy[], RegExp])[] = [
    [[POLICY, { ...POLICY, path: '/a/../b' }], /web\.waf\.policies\[1\]\.path: .* is no path/],
    [[{ ...POLICY, path: '/a?b' }], /policies\[0\]\.path/],
    [[{ ...POLICY, path: 'auto' }], /policies\[0\]\.path/],
    [[{ ...POLICY, host: 'a b' }], /policies\[0\]\.host: .* is no host/],
    [
      [
        { ...POLICY, host: 'A' },
        { ...POLICY, host: 'a' },
      ],
      /policies\[1\]: there is one for a already, \[0\]/,
    ],
    [[POLICY, POLICY], /one for every host and path already/],
  ];
  for (const [policies, message] of cases) {
    assert.throws(
      () => policyOf(policies),
      (error) => error instanceof GatewayError && message.test(error.message),
      String(message),
    );
  }
});

test('settings of policies are read, said, and their mistakes told with line and column', () => {
  const text = `web:
  enabled: true
  reverse: {listen: ":8080", to: "http://127.0.0.1:3000"}
  waf:
    policies:
      - host: shop.example
        path: /admin
        mode: detection
        exclude: [942100, 942110]
      - path: /static
        mode: off
`;
  const { web } = parseConfiguration(text, 'w.yaml');
  assert.deepEqual(web.waf.policies[0], {
    ...POLICY,
    host: 'shop.example',
    path: '/admin',
    mode: 'detection',
    exclude: [942100, 942110],
  });
  const words = plan(parseConfiguration(text, 'w.yaml'));
  assert.ok(
    words.includes('shop.example, /admin: nothing is blocked, without 942100, 942110.'),
    words.join('\n'),
  );
  assert.ok(words.includes('Every host, /static: nothing is judged.'));
  for (const [line, message] of [
    ['{mode: onn}', /w\.yaml:1:\d+: web\.waf\.policies\.mode takes inherit, on, detection, off/],
    ['{paranoia: 5}', /web\.waf\.policies\.paranoia is out of range/],
    ['{exclude: [x]}', /web\.waf\.policies\.exclude takes a whole number/],
    ['{hosts: a}', /unknown key 'hosts'.*did you mean 'host'/],
    ['{path: admin}', /is no absolute path/],
  ] as const) {
    assert.throws(() => parseConfiguration(`web: {waf: {policies: [${line}]}}\n`, 'w.yaml'), message);
  }
});

test('requests are judged by host and path', {
  skip: withoutPrograms('curl'),
  timeout: 60_000,
}, async (t) => {
  const folder = ownFolder(t);
  const { url: to } = await application(t);
  writeFileSync(join(folder, 'own.conf'), RULES);
  const base = optionsIn(folder);
  const options = {
    ...base,
    reverse: { ...base.reverse, listen: '127.0.0.1:0', to },
    waf: {
      ...base.waf,
      rules: [join(folder, 'own.conf')],
      policies: [
        { ...POLICY, path: '/quiet', mode: 'detection' as const },
        { ...POLICY, path: '/quiet/not', mode: 'on' as const },
        { ...POLICY, path: '/off', mode: 'off' as const },
        { ...POLICY, host: 'shop.example', exclude: [10] },
        { ...POLICY, host: 'strict.example', paranoia: 3 },
      ],
    },
  };
  const { gateway, url, records } = await started(t, options);
  const statuses = async (
    ...asked: readonly (readonly [path: string, host: string])[]
  ): Promise<number[]> => {
    const all: number[] = [];
    for (const [path, host] of asked) {
      all.push((await curl('--path-as-is', '-H', `Host: ${host}`, `${url}${path}`)).status);
    }
    return all;
  };
  const asked = [
    ['/?q=evil', 'other.example'],
    ['/quiet?q=evil', 'other.example'],
    ['/quiet/a?q=evil', 'other.example'],
    ['/quiet/not/a?q=evil', 'other.example'],
    ['/quietly?q=evil', 'other.example'],
    ['/off/a?q=evil', 'other.example'],
    ['/off/../a?q=evil', 'other.example'],
    ['/?q=evil', 'shop.example'],
    ['/?q=odd', 'shop.example'],
    ['/?q=odd', 'strict.example:8080'],
  ] as const;
  assert.deepEqual(await statuses(...asked), [403, 200, 200, 403, 403, 200, 403, 200, 200, 403]);
  // A reload takes others.
  await gateway.renew({ ...options, waf: { ...options.waf, mode: 'detection', policies: [] } });
  assert.deepEqual(await statuses(['/?q=evil', 'a'], ['/off?q=evil', 'a']), [200, 200]);
  const only = [{ ...POLICY, path: '/admin', mode: 'on' as const }];
  await gateway.renew({ ...options, waf: { ...options.waf, mode: 'detection', policies: only } });
  assert.deepEqual(await statuses(['/?q=evil', 'a'], ['/admin?q=evil', 'a']), [200, 403]);
  await gateway.close();
  // What is not blocked is told of all the same, but where nothing is judged.
  const matched = records().filter(({ event_type }) => event_type === 'waf');
  assert.equal(matched.length, 7 + 2 + 2);
});
