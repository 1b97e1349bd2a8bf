import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { loadRules } from '../../../src/mitm/waf/engine/load.ts';
import { SEMANTICS_HEAD, type SemanticsCase } from '../../../src/mitm/waf/engine/semantics-case.ts';
import { FLOW } from '../../../src/mitm/waf/engine/semantics-flow-cases.ts';
import { MATCHING } from '../../../src/mitm/waf/engine/semantics-matching-cases.ts';
import { CLIENT, headersOf, outcome, outcomeLine } from '../../../src/mitm/waf/engine/semantics-outcome.ts';
import { SELECTING } from '../../../src/mitm/waf/engine/semantics-variable-cases.ts';
import { Waf } from '../../../src/mitm/waf/engine/waf.ts';
import { Random } from '../../fuzz/random.ts';
import { buildOracle, type Oracle } from './oracle.ts';
import { randomRequest, randomRules } from './random-rules.ts';

const ROUNDS = 60;
const RULES = 40;
const REQUESTS = 10;
const FIRST_ID = 10;

const built = buildOracle();
const skip = typeof built === 'string' ? built : false;
after(() => {
  if (typeof built !== 'string') built.close();
});

function theirs(oracle: Oracle, { rules, requests }: SemanticsCase): readonly string[] {
  const asked = requests.map((request) => ({
    client: CLIENT,
    method: request.method ?? 'GET',
    uri: request.uri,
    headers: headersOf(request),
    ...(request.body === undefined ? {} : { body: request.body }),
    ...(request.response === undefined ? {} : { response: request.response }),
  }));
  return oracle
    .run({ text: SEMANTICS_HEAD + rules }, asked)
    .map(({ status, matches }) => outcomeLine(status, matches));
}

// What the engine says of the same cases is held against the same lines beside it (semantics.test.ts).
for (const each of [...MATCHING, ...FLOW, ...SELECTING]) {
  const { differs } = each;
  const title = differs === undefined ? each.name : `${each.name}; libmodsecurity differs: ${differs.reason}`;
  test(title, { skip }, () => {
    if (typeof built === 'string') throw new Error(built);
    if (differs?.theirs === 'refused') assert.throws(() => theirs(built, each), /Rules error|Line:/);
    else assert.deepEqual(theirs(built, each), differs?.theirs ?? each.expected);
  });
}

test('random rules match the same requests', { skip }, (context) => {
  if (typeof built === 'string') throw new Error(built);
  const random = new Random(4);
  let compared = 0;
  let matched = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const rules = randomRules(random, RULES, FIRST_ID);
    const text = `SecAction "id:1,phase:1,pass,nolog,setvar:tx.t=1,setvar:tx.u=a"\n${rules.join('\n')}\n`;
    const requests = Array.from({ length: REQUESTS }, () => randomRequest(random));
    const waf = new Waf(loadRules([{ kind: 'text', name: 'random.conf', text: SEMANTICS_HEAD + text }]));
    const said = theirs(built, { name: '', rules: text, requests, expected: [] });
    for (const [i, request] of requests.entries()) {
      const ours = idsOf(outcome(waf, request));
      const other = idsOf(said[i] ?? '');
      const unlike = rules.filter((_, rule) => ours.has(FIRST_ID + rule) !== other.has(FIRST_ID + rule));
      assert.deepEqual(unlike, [], JSON.stringify(request));
      compared += rules.length;
      matched += other.size;
    }
  }
  context.diagnostic(`${compared} rules compared, ${matched} matched`);
  assert.ok(matched > compared / 20);
});

function idsOf(line: string): ReadonlySet<number> {
  return new Set([...line.matchAll(/(\d+)\[x\]/g)].map(([, id]) => Number(id)));
}

test('what differs is said once and is true', () => {
  const all = [...MATCHING, ...FLOW, ...SELECTING];
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  for (const { name, expected, requests, differs } of all) {
    assert.equal(expected.length, requests.length, name);
    assert.notDeepEqual(differs?.theirs, expected, name);
  }
});
