import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withoutCorpus } from '../../../../test/support/corpus.ts';
import { RULE_FOLDERS, rulePatterns } from '../../../../test/support/waf/crs-patterns.ts';
import { Dice, hostileFragments, sampleValue } from '../../../../test/support/waf/sample-values.ts';
import { type Re2Addon, re2Addon } from '../../../native/index.ts';
import { LimitError } from '../operator/operator.ts';
import { compilePattern } from './compile.ts';
import { parsePattern } from './parse.ts';
import type { Pattern } from './pattern.ts';

/** On an idle machine 5 ms are never reached; others are busy. */
const MOST_MS = 25;
const ROUNDS = 4;

/** The shortest of some times: what the pattern takes, without what the machine does besides. */
function leastMs(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const begin = performance.now();
    work();
    least = Math.min(least, performance.now() - begin);
    if (least < MOST_MS / 5) break;
  }
  return least;
}

function refused(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof LimitError) return true;
    throw error;
  }
}

/** Runs each pattern on values that are made to stall it; returns how many were refused. */
function attack(patterns: readonly Pattern[], length: number, attacks: number): number {
  const dice = new Dice(77);
  let refusals = 0;
  for (const pattern of patterns) {
    const { root } = parsePattern(pattern.source);
    const fragments = hostileFragments(root, dice);
    for (let i = 0; i < attacks && fragments.length > 0; i++) {
      const fragment = i % 3 === 2 ? dice.pick(fragments) + dice.pick(fragments) : dice.pick(fragments);
      const before = i % 2 === 1 ? sampleValue(root, dice).slice(0, 40) : '';
      const repeated = before + fragment.repeat(Math.ceil(length / fragment.length));
      const value = repeated.slice(0, length - 1) + dice.pick(['\0', '!', 'a', '']);
      for (const work of [() => pattern.test(value), () => pattern.exec(value)]) {
        const ms = leastMs(() => {
          if (refused(work)) refusals++;
        });
        assert.ok(ms <= MOST_MS, `${ms} ms (${pattern.engine}): ${pattern.source.slice(0, 80)}: ${fragment}`);
      }
    }
  }
  return refusals;
}

describe('hostile values for the patterns of the Core Rule Set', { skip: withoutCorpus('crs') }, () => {
  const compileAll = (re2: Re2Addon | null): Pattern[] =>
    RULE_FOLDERS.flatMap(rulePatterns).map(({ source }) => compilePattern(source, re2));
  const re2 = re2Addon();
  const skip = re2 === undefined ? 'build/weir-re2.node is not built (setup/addon.sh)' : false;

  test('take no time to speak of with RE2', { skip }, () => {
    const patterns = compileAll(re2 ?? null);
    attack(patterns, 4096, 8);
    attack(patterns, 65_536, 2);
    assert.equal(patterns.filter(({ engine }) => engine === 'bounded').length <= 3, true);
  });

  test('are refused without RE2 where they would take long', () => {
    const refusals = attack(compileAll(null), 4096, 6);
    assert.ok(refusals > 0);
  });

  test('V8 gets only patterns on which twice the length takes twice the time', () => {
    const dice = new Dice(5);
    for (const pattern of compileAll(null)) {
      if (pattern.engine !== 'v8') continue;
      const fragments = hostileFragments(parsePattern(pattern.source).root, dice);
      for (let i = 0; i < 3 && fragments.length > 0; i++) {
        const fragment = dice.pick(fragments);
        const time = (length: number): number => {
          const value = `${fragment.repeat(length / fragment.length)}\0`;
          return leastMs(() => pattern.test(value));
        };
        // Where a quarter of a million characters take a few ms there is nothing quadratic.
        const long = time(1 << 18);
        if (long < 20) continue;
        const ratio = long / time(1 << 16);
        assert.ok(ratio < 9, `${ratio} times for four times the length: ${pattern.source}: ${fragment}`);
      }
    }
  });
});
