import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { withoutCorpus } from '../../../../test/support/corpus.ts';
import { RULE_FOLDERS, rulePatterns } from '../../../../test/support/waf/crs-patterns.ts';
import { askPcre2, type PeerAnswer, printed, withoutPcre2 } from '../../../../test/support/waf/pcre2-peer.ts';
import { Dice, disturb, sampleValue } from '../../../../test/support/waf/sample-values.ts';
import { LimitError } from '../operator/operator.ts';
import { BacktrackingMatcher } from './backtrack.ts';
import { compilePattern } from './compile.ts';
import { emitJavaScript } from './emit-v8.ts';
import { type Engine, V8Engine } from './engine.ts';
import { parsePattern } from './parse.ts';
import { relax } from './simplify.ts';
import { type Expression, some } from './syntax.ts';
import { widthOf } from './width.ts';

interface Question {
  readonly source: string;
  readonly values: readonly string[];
}

/** A loop whose rounds may take nothing: PCRE ends it there, V8 and RE2 look for a round that takes something. */
function hasIdleLoop(root: Expression): boolean {
  return some(root, (part) => {
    if (part.kind !== 'repeat' || widthOf(part.item)[0] > 0) return false;
    return part.most > 1 || part.least === 0;
  });
}

/** Our own matcher, which does all as PCRE does. */
function ownEngine(source: string): Pick<Engine, 'test' | 'exec'> {
  const syntax = parsePattern(source);
  const matcher = new BacktrackingMatcher(syntax, 1_000_000);
  return {
    test: (value) => matcher.exec(value) !== undefined,
    exec: (value) => {
      const slots = matcher.exec(value);
      if (slots === undefined) return undefined;
      return Array.from({ length: Math.min(10, syntax.groups + 1) }, (_, group) => {
        const start = slots[2 * group] as number;
        return start < 0 ? '' : value.slice(start, slots[2 * group + 1]);
      });
    },
  };
}

/** Compares every engine's answers with PCRE2's; returns how many values matched. */
function compare(questions: readonly Question[], v8GroupsToo: boolean): number {
  const answers = askPcre2(questions);
  let matched = 0;
  for (const [index, { source, values }] of questions.entries()) {
    const { root } = parsePattern(source);
    const idle = hasIdleLoop(root);
    const own = ownEngine(source);
    const engines: (readonly [string, Pick<Engine, 'test' | 'exec'>])[] = [['own', own]];
    if (!idle || !some(root, ({ kind }) => kind === 'atomic')) {
      engines.push(
        ['compiled', compilePattern(source)],
        ['compiled without RE2', compilePattern(source, null)],
      );
      engines.push(['V8', new V8Engine({ kind: 'v8', ...emitJavaScript(relax(root)) })]);
    }
    for (const [number, value] of values.entries()) {
      const answer = answers[index]?.[number] as PeerAnswer;
      // PCRE2 gave up.
      if (answer === 'refused') continue;
      if (answer !== undefined) matched++;
      const expected: readonly string[] | undefined =
        answer && Array.from(answer.slice(0, 10), (text) => text ?? '');
      for (const [name, engine] of engines) {
        const where = `${name}: ${JSON.stringify(source).slice(0, 300)} in ${JSON.stringify(value)}`;
        try {
          assert.equal(engine.test(value), answer !== undefined, where);
          const found = engine.exec(value)?.map(printed);
          if (v8GroupsToo || engine === own) assert.deepEqual(found, expected, where);
          else if (!idle) assert.equal(found?.[0], expected?.[0], where);
        } catch (error) {
          if (!(error instanceof LimitError)) throw error;
        }
      }
    }
  }
  return matched;
}

describe('PCRE2', { skip: withoutPcre2() }, () => {
  test('agrees on the patterns of the Core Rule Set', { skip: withoutCorpus('crs') }, () => {
    const dice = new Dice(23);
    for (const folder of RULE_FOLDERS) {
      const questions = rulePatterns(folder).map(({ source }) => {
        const { root } = parsePattern(source);
        const values = ['', '\n', 'a\n'];
        for (let i = 0; i < 4; i++) {
          const sample = sampleValue(root, dice).slice(0, 300);
          values.push(sample, disturb(sample, dice), disturb(`x${sample}`, dice));
        }
        return { source, values };
      });
      const matched = compare(questions, true);
      assert.ok(matched > 4 * questions.length, `only ${matched} matches`);
    }
  });

  test('agrees on patterns of any kind', () => {
    const atom = fc.constantFrom(
      ...[
        'a',
        'b',
        'A',
        '.',
        '\\n',
        '\\s',
        '\\w',
        '[^a]',
        '[a-c\\xe9]',
        '\\xc9',
        '^',
        '$',
        '\\b',
        '\\B',
        '\\A',
        '\\z',
        '\\Z',
      ],
      ...['(?i)a', '(?i)[^\\xe9b]', '(?=b)', '(?!a)', '(?<=a)', '(?<!\\n)', '\\Qa.\\E', '\\h', '[[:space:]]'],
    );
    const quantifier = fc.constantFrom(
      '',
      '',
      '',
      '*',
      '+',
      '?',
      '*?',
      '+?',
      '??',
      '{2}',
      '{1,2}',
      '*+',
      '++',
    );
    const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
      part: fc.oneof(
        { maxDepth: 3, withCrossShrink: true },
        atom,
        tie('pattern').map((inner) => `(?:${inner})`),
        tie('pattern').map((inner) => `(${inner})`),
        tie('pattern').map((inner) => `(?>${inner})`),
        tie('pattern').map((inner) => `(?=${inner})`),
      ),
      pattern: fc
        .array(fc.tuple(tie('part'), quantifier, fc.constantFrom('', '', '', '', '|')), {
          minLength: 1,
          maxLength: 4,
        })
        .map((parts) =>
          parts
            .map(([part, times, end]) => (/^[\^$]|^\\[bBAzZ]$/.test(part) ? part : part + times) + end)
            .join(''),
        ),
    }));
    const value = fc.string({
      unit: fc.constantFrom('a', 'b', 'c', 'A', '\n', ' ', '\xe9', '\xc9', '\xa0', '.', '\r'),
      maxLength: 8,
    });
    const questions = fc
      .sample(fc.record({ source: pattern, values: fc.array(value, { minLength: 6, maxLength: 12 }) }), {
        numRuns: 15_000,
        seed: 5,
      })
      .filter(({ source }) => source.length < 120);
    // V8 forgets in each round of a loop what groups matched in earlier ones.
    const matched = compare(questions, false);
    assert.ok(matched > 30_000, `only ${matched} matches`);
  });
});
