import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decisionFor } from '../enforcer-compliance.ts';
import { compare, type ElementSet } from './element-set.ts';
import { targetOf, textOf } from './target.ts';
import { Wanted } from './wanted.ts';

const NOW = 1_800_000_000_000;

const decision = fc
  .record({
    value: fc.oneof(
      fc
        .tuple(fc.nat(3), fc.integer({ min: 24, max: 32 }))
        .map(([n, length]) => `10.0.0.${n * 64}/${length}`),
      fc.nat(6).map((n) => `10.0.0.${n}`),
      fc.nat(6).map((n) => `2001:db8::${n}`),
      fc.integer({ min: 120, max: 128 }).map((length) => `2001:db8::/${length}`),
    ),
    type: fc.constantFrom('ban', 'allow', 'throttle', 'redirect'),
    hours: fc.integer({ min: -1, max: 5 }),
  })
  .map(({ value, type, hours }) => decisionFor(value, { type, untilMs: NOW + hours * 3_600_000 }));
const changes = fc.record({
  add: fc.array(decision, { maxLength: 12 }),
  remove: fc.array(decision, { maxLength: 6 }),
});

test('the changes of the sets lead from what was in them to what is wanted, and back', () => {
  fc.assert(
    fc.property(fc.array(changes, { maxLength: 8 }), (steps) => {
      const wanted = new Wanted();
      const sets = new Map<ElementSet, Map<string, number>>();
      for (const step of steps) {
        const before = wanted.size;
        const edits = wanted.read(step, NOW);
        for (const { set, remove, add } of wanted.changesOf(edits, NOW)) {
          const elements = sets.get(set) ?? new Map<string, number>();
          sets.set(set, elements);
          for (const element of remove)
            assert.ok(elements.delete(element), `${element} is not in ${set.name}`);
          for (const [element, untilMs] of add) {
            assert.ok(!elements.has(element), `${element} is in ${set.name} already`);
            elements.set(element, untilMs);
          }
        }
        const inverse = wanted.edit(edits);
        for (const set of new Set([...sets.keys(), ...wanted.sets])) {
          const elements = sets.get(set) ?? new Map<string, number>();
          const { remove, add } = compare(set, elements, wanted.elementsOf(set), NOW);
          assert.deepEqual({ remove, add }, { remove: [], add: [] }, set.name);
        }
        const forth = wanted.edit(inverse);
        assert.equal(wanted.size, before);
        wanted.edit(forth);
      }
    }),
  );
});

test('values that are no addresses, sessions and simulated decisions have no target', () => {
  for (const [value, scope] of [
    ['nowhere', 'address'],
    ['203.0.113.9/33', 'range'],
    ['203.0.113.9/24', 'address'],
    ['cookie:0123', 'session'],
    ["203.0.113.9 } ; flush ruleset '", 'address'],
  ] as const) {
    assert.equal(targetOf(decisionFor(value, { scope })), undefined, value);
  }
  assert.equal(targetOf(decisionFor('203.0.113.9', { simulated: true })), undefined);
  assert.equal(targetOf(decisionFor('203.0.113.9', { type: 'captcha' })), undefined);
});

test('a network is named by its first address and its length, and one of a single address is no host', () => {
  for (const [value, scope, name, shown] of [
    ['203.0.113.9/24', 'range', 'ban4_24', '203.0.113.0/24'],
    ['203.0.113.9/32', 'range', 'ban4_32', '203.0.113.9/32'],
    ['203.0.113.9', 'address', 'ban4', '203.0.113.9'],
    ['::/0', 'range', 'ban6_0', '::/0'],
  ] as const) {
    const target = targetOf(decisionFor(value, { scope }));
    assert.ok(target);
    assert.deepEqual([target.set.name, textOf(target)], [name, shown]);
  }
});
