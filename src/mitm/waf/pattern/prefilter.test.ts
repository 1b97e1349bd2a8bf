import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { withoutCorpus } from '../../../../test/support/corpus.ts';
import {
  corpusValues,
  percentDecoded,
  RULE_FOLDERS,
  rulePatterns,
} from '../../../../test/support/waf/crs-patterns.ts';
import { Dice, disturb, sampleValue } from '../../../../test/support/waf/sample-values.ts';
import { foldCase } from './automaton.ts';
import { compilePattern } from './compile.ts';
import { parsePattern } from './parse.ts';
import { Prefilter } from './prefilter.ts';

function candidatesOf(prefilter: Prefilter, value: string): (pattern: number) => boolean {
  const words = new Uint32Array(prefilter.words);
  prefilter.scan(value, words);
  return (pattern) => (((words[pattern >> 5] as number) >>> (pattern & 31)) & 1) === 1;
}

describe('the prefilter', () => {
  test('tells which patterns could match', () => {
    const prefilter = new Prefilter([[['union'], ['select', 'from']], undefined, [['<', '>']], [], [['']]]);
    const candidates = (value: string): number[] => {
      const is = candidatesOf(prefilter, value);
      return [0, 1, 2, 3, 4].filter(is);
    };
    assert.deepEqual(candidates(''), [1, 3, 4]);
    assert.deepEqual(candidates('UNION'), [1, 3, 4]);
    assert.deepEqual(candidates('x FROM union>'), [0, 1, 2, 3, 4]);
    assert.deepEqual(candidates('unio'), [1, 3, 4]);
    assert.deepEqual(candidates('selectunionselect'), [0, 1, 3, 4]);
  });

  test('takes any number of patterns', () => {
    for (const count of [0, 1, 31, 32, 33, 100]) {
      const prefilter = new Prefilter(Array.from({ length: count }, (_, index) => [[`<${index}>`]]));
      const is = candidatesOf(prefilter, `<${count - 1}><0>`);
      for (let i = 0; i < count; i++) assert.equal(is(i), i === 0 || i === count - 1);
    }
  });

  test('finds what a search for each literal finds', () => {
    const text = (minLength: number, maxLength: number) =>
      fc.string({ unit: fc.constantFrom('a', 'b', 'c', '<', '\xe9'), minLength, maxLength });
    const requirement = fc.array(fc.array(text(1, 3), { minLength: 1, maxLength: 3 }), { maxLength: 2 });
    fc.assert(
      fc.property(
        fc.array(requirement, { maxLength: 40 }),
        fc.array(text(0, 12), { maxLength: 4 }),
        (all, values) => {
          const prefilter = new Prefilter(all);
          for (const value of values) {
            const is = candidatesOf(prefilter, value);
            for (const [index, required] of all.entries()) {
              const expected = required.every((alternatives) =>
                alternatives.some((literal) => value.includes(literal)),
              );
              assert.equal(is(index), expected, `${JSON.stringify(required)} in ${JSON.stringify(value)}`);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the prefilter over rules', { skip: withoutCorpus('crs') }, () => {
  for (const folder of RULE_FOLDERS) {
    const sources = [...new Set(rulePatterns(folder).map(({ source }) => source))];
    const patterns = sources.map((source) => compilePattern(source));
    const prefilter = new Prefilter(patterns.map(({ required }) => required));

    test(`misses no match in the values of the corpus: ${folder}`, () => {
      const values = new Set<string>();
      for (const value of corpusValues()) {
        for (const form of [value, percentDecoded(value), foldCase(percentDecoded(value))]) values.add(form);
      }
      assert.ok(values.size > 5000 && patterns.length > 100);
      let skipped = 0;
      const words = new Uint32Array(prefilter.words);
      for (const value of values) {
        prefilter.scan(value, words);
        for (const [index, pattern] of patterns.entries()) {
          if ((((words[index >> 5] as number) >>> (index & 31)) & 1) === 1) continue;
          skipped++;
          if (pattern.test(value)) assert.fail(`missed: ${pattern.source}: ${JSON.stringify(value)}`);
        }
      }
      // It does spare most of the work.
      assert.ok(
        skipped > 0.7 * values.size * patterns.length,
        `skipped ${skipped / values.size} of ${patterns.length}`,
      );
    });

    test(`misses no match in values made from the patterns: ${folder}`, () => {
      const dice = new Dice(11);
      let matched = 0;
      let asked = 0;
      for (const [index, pattern] of patterns.entries()) {
        const { root } = parsePattern(pattern.source);
        for (let i = 0; i < 12; i++) {
          const sample = sampleValue(root, dice).slice(0, 2000);
          for (const value of [sample, disturb(sample, dice)]) {
            if (!pattern.test(value)) continue;
            matched++;
            if (!candidatesOf(prefilter, value)(index)) {
              assert.fail(`missed: ${pattern.source}: ${JSON.stringify(value)}`);
            }
            if (pattern.among === undefined) continue;
            asked++;
            const { separator } = pattern.among;
            for (const other of ['', 'a', '0', '-', ' ', '\n', '\xe4', value]) {
              const joined = [other, value, other].join(separator);
              assert.ok(
                pattern.among.matches(joined),
                `missed among others: ${pattern.source}: ${JSON.stringify(joined)}`,
              );
            }
          }
        }
      }
      assert.ok(asked > 0 || !patterns.some(({ engine }) => engine === 're2'));
      assert.ok(matched > 10 * patterns.length, `only ${matched} matches`);
    });
  }
});
