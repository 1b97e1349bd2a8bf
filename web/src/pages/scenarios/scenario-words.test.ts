import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkScenarios } from '../../../../src/correlate/trial/index.ts';
import { difference, effectOf, FIRST_TEXT, originOf, runsOverOf, scalarOf } from './scenario-words.ts';

test('whose a scenario is', () => {
  assert.equal(originOf({ name: 'weir/beacon' }), 'weir');
  assert.equal(originOf({ name: 'crowdsecurity/http-probing' }), 'crowdsecurity');
  assert.equal(originOf({ name: 'alone' }), 'own file');
});

test('what happens to who runs it over', () => {
  assert.equal(effectOf({ remediation: false, simulated: false }), 'is told of');
  assert.equal(effectOf({ remediation: true, simulated: false, banMs: 3_600_000 }), 'ban of 1 h');
  assert.equal(effectOf({ remediation: true, simulated: true }), 'ban, only tried');
});

test('keys are read out of a text', () => {
  const text = '# capacity: 1\nlabels:\n  behavior: "http:scan"\ncapacity: 14\nfilter: a == "b: c"\n';
  assert.equal(scalarOf(text, 'behavior'), 'http:scan');
  assert.equal(scalarOf(text, 'capacity'), '14');
  assert.equal(scalarOf(text, 'filter'), 'a == "b: c"');
  assert.equal(scalarOf(text, 'missing'), '');
});

test('when it runs over, by its type', () => {
  assert.equal(
    runsOverOf('type: leaky\ncapacity: 4\nleakspeed: 10s\n'),
    'It holds 4 events, of which one leaks out each 10s; the next runs it over.',
  );
  assert.match(
    runsOverOf('type: leaky\ncapacity: 4\nleakspeed: 10s\ndistinct: evt.Meta.x\n'),
    /4 different evt/,
  );
  assert.equal(runsOverOf('type: trigger\n'), 'One event is enough.');
  assert.equal(runsOverOf('nothing'), '');
});

test('what differs between two runs', () => {
  assert.deepEqual(difference(['a', 'b'], ['b', 'c', 'c']), { added: ['c'], gone: ['a'] });
});

test('the text that an empty editor begins with has no mistakes', async () => {
  const { mistakes, scenarios } = await checkScenarios(FIRST_TEXT);
  assert.deepEqual(mistakes, []);
  assert.equal(scenarios.length, 1);
});
