import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DECISION_TYPES, type Decision } from '../event/index.ts';
import { formatPrefix, parsePrefix, prefixContains } from '../net/index.ts';
import { DecisionBook, decisionKey, decisionPrefix } from './decision-book.ts';
import { decisionFor } from './enforcer-compliance.ts';

const T0 = 1_800_000_000_000;
const until = (untilMs: number, changes: Partial<Decision> = {}) => ({ createdMs: T0, untilMs, ...changes });
const values = (decisions: Iterable<Decision>) => [...decisions].map(({ value }) => value).sort();

test('a decision about the same prolongs; a shorter one leaves the older; enforced stands before simulated', () => {
  const book = new DecisionBook();
  const first = decisionFor('192.0.2.1', until(T0 + 100));
  assert.deepEqual(book.offer(first), { kind: 'added', replaced: undefined });
  assert.deepEqual(book.offer(decisionFor('192.0.2.1', until(T0 + 99))), { kind: 'kept', by: first });
  assert.deepEqual(book.offer(decisionFor('192.0.2.1', until(T0 + 999, { simulated: true }))), {
    kind: 'kept',
    by: first,
  });
  const longer = decisionFor('192.0.2.1', until(T0 + 200));
  assert.deepEqual(book.offer(longer), { kind: 'added', replaced: first });
  assert.equal(book.get(first.id), undefined);
  assert.equal(book.size, 1);
  assert.deepEqual(book.offer(decisionFor('192.0.2.1', until(T0 + 1, { type: 'throttle' }))).kind, 'added');
  const simulated = decisionFor('192.0.2.2', until(T0 + 500, { simulated: true }));
  book.offer(simulated);
  const enforced = decisionFor('192.0.2.2', until(T0 + 5));
  assert.deepEqual(book.offer(enforced), { kind: 'added', replaced: simulated });
  assert.deepEqual(book.active().get('ban'), { enforced: 2, simulated: 0 });
});

test('a full book turns new ones away, and still prolongs; a user finds room beyond', () => {
  const book = new DecisionBook(2);
  book.offer(decisionFor('192.0.2.1', until(T0 + 1)));
  book.offer(decisionFor('192.0.2.2', until(T0 + 1)));
  assert.deepEqual(book.offer(decisionFor('192.0.2.3', until(T0 + 1))), { kind: 'full' });
  assert.equal(book.offer(decisionFor('192.0.2.1', until(T0 + 2))).kind, 'added');
  assert.equal(book.offer(decisionFor('192.0.2.3', until(T0 + 1)), 1).kind, 'added');
  assert.deepEqual(book.offer(decisionFor('192.0.2.4', until(T0 + 1)), 1), { kind: 'full' });
});

test('allow stands before all others, whole and in parts', () => {
  const book = new DecisionBook();
  const ban = decisionFor('198.51.100.7', until(T0 + 100));
  const range = decisionFor('198.51.100.0/24', until(T0 + 100));
  const other = decisionFor('198.51.0.0/16', until(T0 + 100, { type: 'throttle' }));
  for (const decision of [ban, range, other]) book.put(decision);
  assert.equal(book.effective('198.51.100.7'), ban);
  assert.equal(book.effective('198.51.100.8'), range);
  assert.equal(book.effective('198.51.1.1'), other);
  assert.equal(book.effective('203.0.113.1'), undefined);
  const allow = decisionFor('198.51.100.0/28', until(T0 + 50, { type: 'allow' }));
  book.put(allow);
  assert.equal(book.effective('198.51.100.7'), allow);
  assert.equal(book.allowFor(ban), allow);
  assert.equal(book.allowFor(range), undefined);
  assert.deepEqual(book.allowsWithin(range), [allow]);
  assert.deepEqual(book.allowsWithin(ban), []);
  assert.deepEqual(values(book.overlapping([decisionPrefix(allow)!])), [
    '198.51.0.0/16',
    '198.51.100.0/24',
    '198.51.100.0/28',
    '198.51.100.7',
  ]);
  book.remove(allow.id);
  assert.equal(book.effective('198.51.100.7'), ban);
  const session = decisionFor('cookie:a', until(T0 + 9, { scope: 'session' }));
  book.put(session);
  book.put(decisionFor('cookie:a', until(T0 + 9, { scope: 'session', type: 'allow' })));
  assert.ok(book.allowFor(session));
  assert.equal(book.about('cookie:a').length, 2);
});

test('ends come in their order, and only those that count', () => {
  const book = new DecisionBook();
  for (let i = 0; i < 500; i++) {
    book.put(decisionFor(`192.0.2.${i % 50}`, until(T0 + ((i * 7919) % 1000))));
  }
  const ends = values(book.all()).length;
  assert.equal(ends, 50);
  assert.equal(book.nextEnd(), Math.min(...[...book.all()].map(({ untilMs }) => untilMs)));
  const due = book.due(T0 + 1000, 20);
  assert.equal(due.length, 20);
  for (const { id } of due) book.remove(id);
  const rest = book.due(T0 + 1000, 1000);
  assert.equal(rest.length, 30);
  const order = [...due, ...rest].map(({ untilMs }) => untilMs);
  assert.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

/** A few addresses and networks that lie in each other. */
const VALUES = [
  '10.0.0.1',
  '10.0.0.2',
  '10.0.0.0/31',
  '10.0.0.0/30',
  '10.0.0.0/8',
  '0.0.0.0/0',
  '2001:db8::1',
  '2001:db8::/64',
  '2001:db8::/32',
  '::/0',
];
const operation = fc.record({
  what: fc.constantFrom('offer', 'put', 'remove', 'due'),
  value: fc.constantFrom(...VALUES),
  type: fc.constantFrom(...DECISION_TYPES),
  simulated: fc.boolean(),
  end: fc.integer({ min: 0, max: 50 }),
});

test('whatever happens, the book finds what a plain list finds', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const book = new DecisionBook(12);
      const list = new Map<string, Decision>();
      for (const { what, value, type, simulated, end } of operations) {
        const decision = decisionFor(value, until(T0 + end, { type, simulated }));
        const key = decisionKey(decision);
        const active = list.get(key);
        if (what === 'put') {
          assert.equal(book.put(decision), active);
          list.set(key, decision);
        } else if (what === 'offer') {
          const offer = book.offer(decision);
          const kept =
            active !== undefined && (simulated === active.simulated ? active.untilMs >= T0 + end : simulated);
          const expected = kept ? 'kept' : active === undefined && list.size >= 12 ? 'full' : 'added';
          assert.equal(offer.kind, expected);
          if (offer.kind === 'added') list.set(key, decision);
        } else if (what === 'remove') {
          assert.equal(active && book.remove(active.id), active);
          list.delete(key);
        } else {
          const ended = book.due(T0 + end, 1000);
          const expected = [...list].filter(([, { untilMs }]) => untilMs <= T0 + end);
          assert.deepEqual(values(ended), values(expected.map(([, one]) => one)));
          for (const { id } of ended) book.remove(id);
          for (const [ended] of expected) list.delete(ended);
        }
      }
      assert.deepEqual(values(book.all()), values(list.values()));
      for (const address of ['10.0.0.1', '10.0.0.3', '192.0.2.1', '2001:db8::1', '2001:db8:1::']) {
        const { version, words } = parsePrefix(address)!;
        const covers = (decision: Decision) => prefixContains(decisionPrefix(decision)!, version, ...words);
        assert.deepEqual(values(book.covering(address)), values([...list.values()].filter(covers)));
      }
      for (const value of VALUES) {
        const prefix = parsePrefix(value)!;
        const shares = (decision: Decision) => {
          const other = decisionPrefix(decision)!;
          return (
            prefixContains(prefix, other.version, ...other.words) ||
            prefixContains(other, prefix.version, ...prefix.words)
          );
        };
        const expected = [...list.values()].filter(shares);
        assert.deepEqual(values(book.overlapping([prefix])), values(expected), formatPrefix(prefix));
      }
      let counted = 0;
      for (const { enforced, simulated } of book.active().values()) counted += enforced + simulated;
      assert.equal(counted, list.size);
    }),
    { numRuns: 300 },
  );
});
