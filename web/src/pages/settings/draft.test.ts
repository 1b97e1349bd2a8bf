import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drafted, draftedValue, optionNameOf, withoutName } from './draft.ts';
import type { Option } from './options.ts';

const THRESHOLD: Option = {
  name: 'respond.autoBan.threshold',
  short: 'autoBan.threshold',
  help: '',
  kind: 'number',
  standard: 80,
  form: '',
  words: [],
  least: 1,
  most: 100,
};
const NAME = THRESHOLD.name;
const WITH = { respond: { autoBan: { threshold: 90 } } };

test('an edit is kept until it says what the file says', () => {
  const draft = drafted({}, WITH, THRESHOLD, 95);
  assert.deepEqual(draft, { [NAME]: 95 });
  assert.equal(draftedValue(draft, WITH, THRESHOLD), 95);
  assert.deepEqual(drafted(draft, WITH, THRESHOLD, 90), {});
});

test('the default takes the setting out of the file, and is no edit where it is not in it', () => {
  const draft = drafted({}, WITH, THRESHOLD, undefined);
  assert.deepEqual(draft, { [NAME]: null });
  assert.equal(draftedValue(draft, WITH, THRESHOLD), 80);
  assert.deepEqual(drafted({}, {}, THRESHOLD, 80), {});
  assert.deepEqual(drafted({}, {}, THRESHOLD, undefined), {});
});

test('who writes the default into a file that has another value gets it written', () => {
  assert.deepEqual(drafted({}, WITH, THRESHOLD, 80), { [NAME]: 80 });
});

test('other edits stay', () => {
  assert.deepEqual(drafted({ 'lan.enabled': false, [NAME]: 95 }, {}, THRESHOLD, 80), {
    'lan.enabled': false,
  });
});

test('lists that say the same are the same', () => {
  const list: Option = { ...THRESHOLD, name: 'respond.neverBan', kind: 'lines', standard: [] };
  assert.deepEqual(drafted({}, { respond: { neverBan: ['a'] } }, list, ['a']), {});
  assert.deepEqual(drafted({}, {}, list, []), {});
});

test('a mistake names its option first', () => {
  const told = 'respond.autoBan.threshold is out of range: from 1 to 100, not 900';
  assert.equal(optionNameOf(told), NAME);
  assert.equal(withoutName(told), 'Is out of range: from 1 to 100, not 900');
  assert.equal(withoutName("respond.neverBan: 'x' is no network"), "'x' is no network");
  assert.equal(optionNameOf("unknown key 'lan2'"), '');
});
