import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tryRules } from '../../../../src/mitm/waf/trial/index.ts';
import { exclusionsOf } from './exclusion.ts';

const RULE =
  'SecRuleEngine On\nSecRule ARGS "@contains attack" "id:1000,phase:2,deny,status:403,msg:\'An attack\'"';

async function actionOf(path: string, exclusion = ''): Promise<string> {
  const request = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const text = `${exclusion.startsWith('SecRule ') ? `${exclusion}\n${RULE}` : `${RULE}\n${exclusion}`}\n`;
  const answer = await tryRules({ kind: 'test', request, client: '192.0.2.1', rules: { text } });
  assert.equal(answer.kind, 'test');
  return answer.kind === 'test' ? answer.verdict.action : '';
}

test('each way takes back what matched, and no more than it says', { timeout: 30_000 }, async () => {
  const [here, everywhere, off] = exclusionsOf({ id: 1000, phase: 2, variable: 'ARGS:q', path: '/search' });
  assert.ok(here !== undefined && everywhere !== undefined && off !== undefined);
  assert.equal(await actionOf('/search?q=attack'), 'deny');
  assert.equal(await actionOf('/search?q=attack', here.text), 'pass');
  assert.equal(await actionOf('/other?q=attack', here.text), 'deny');
  assert.equal(await actionOf('/other?q=attack', everywhere.text), 'pass');
  assert.equal(await actionOf('/other?p=attack', everywhere.text), 'deny');
  assert.equal(await actionOf('/other?p=attack', off.text), 'pass');
});

test('names that would end the text are not put into it', () => {
  const names = ['ARGS:a"b', 'ARGS:a,b', 'ARGS:a;b', ''];
  for (const variable of names) {
    const found = exclusionsOf({ id: 1000, phase: 2, variable, path: '/a' });
    assert.deepEqual(
      found.map(({ text }) => text),
      ['SecRuleRemoveById 1000'],
    );
  }
  assert.equal(exclusionsOf({ id: 1000, phase: 2, variable: 'ARGS:q', path: '/a"b' }).length, 2);
  assert.equal(exclusionsOf({ id: 1000, phase: 1, variable: 'ARGS:q', path: '/a' }).length, 2);
});
