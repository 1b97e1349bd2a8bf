import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parseUrlEncoded } from '../../../src/mitm/waf/body/urlencoded.ts';
import { buildOracle, type OracleMatch, type OracleRequest } from './oracle.ts';

const PIECES = [
  '&',
  '=',
  '%',
  '+',
  '%4',
  '41',
  '%41',
  '%00',
  '%ff',
  ';',
  'a',
  'b',
  '\0',
  '\xe9',
  '%26',
  '%3d',
  'zz',
];
const BODIES = 1500;
const SEED = 4;

const NAME = 1;
const VALUE = 2;
const ERROR = 3;

/** A rule logs once however many arguments match; its setvar runs for each. */
const RULES = `SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecRule ARGS_POST_NAMES "@unconditionalMatch" "id:4,phase:2,pass,nolog,t:none,t:hexEncode,setvar:'tx.names=%{tx.names}<%{MATCHED_VAR}>'"
SecRule ARGS_POST "@unconditionalMatch" "id:5,phase:2,pass,nolog,t:none,t:hexEncode,setvar:'tx.values=%{tx.values}<%{MATCHED_VAR}>'"
SecRule URLENCODED_ERROR "@eq 1" "id:${ERROR},phase:2,pass,log,t:none,msg:'invalid'"
SecRule TX:names "@unconditionalMatch" "id:${NAME},phase:2,pass,log,t:none,msg:'%{MATCHED_VAR}'"
SecRule TX:values "@unconditionalMatch" "id:${VALUE},phase:2,pass,log,t:none,msg:'%{MATCHED_VAR}'"
`;

const built = buildOracle();
const skip = typeof built === 'string' ? built : false;
after(() => {
  if (typeof built !== 'string') built.close();
});

test('forms are split and decoded as libmodsecurity does', { skip }, () => {
  if (typeof built === 'string') throw new Error(built);
  const bodies = randomBodies();
  for (const [index, { matches }] of built.run({ text: RULES }, bodies.map(asForm)).entries()) {
    const { args, invalid } = parseUrlEncoded(bodies[index] ?? '');
    // libmodsecurity keeps arguments in a hash table, so their order says nothing.
    const theirs = {
      names: texts(matches, NAME),
      values: texts(matches, VALUE),
      invalid: matches.some(({ id }) => id === ERROR),
    };
    const ours = {
      names: args.map(([name]) => name).sort(),
      values: args.map(([, value]) => value).sort(),
      invalid,
    };
    assert.deepEqual(ours, theirs, JSON.stringify(bodies[index]));
  }
});

/** The texts between angle brackets that a rule logged, in hexadecimal digits there. */
function texts(matches: readonly OracleMatch[], rule: number): string[] {
  const message = matches.find(({ id }) => id === rule)?.msg ?? '';
  return [...message.matchAll(/<([\da-f]*)>/g)]
    .map(([, digits = '']) => Buffer.from(digits, 'hex').toString('latin1'))
    .sort();
}

function asForm(body: string): OracleRequest {
  return {
    method: 'POST',
    uri: '/',
    headers: [
      ['Host', 'localhost'],
      ['Content-Type', 'application/x-www-form-urlencoded'],
    ],
    body,
  };
}

/** The same bodies in every run. */
function randomBodies(): string[] {
  let state = SEED;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  return Array.from({ length: BODIES }, () =>
    Array.from({ length: 1 + below(12) }, () => PIECES[below(PIECES.length)] ?? '').join(''),
  );
}
