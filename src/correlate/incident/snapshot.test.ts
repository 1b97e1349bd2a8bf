import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { newIdentifier } from '../../event/index.ts';
import type { Evidence } from '../evidence.ts';
import { evidence, MINUTE_US, NOW_US } from '../reputation/testing.ts';
import { type Incident, Incidents, loadIncidents, saveIncidents } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-incidents-'));
after(() => rmSync(folder, { recursive: true }));
const OPTIONS = { newId: newIdentifier };
const VICTIM = '192.0.2.80';

/** Evidence of a chain: who scans gets in, what got in fetches something and reports home. */
const someEvidence: fc.Arbitrary<Evidence> = fc
  .record({
    minutes: fc.nat(300),
    address: fc.constantFrom('203.0.113.9', '2001:db8::9', VICTIM),
    target: fc.constantFrom(VICTIM, '192.0.2.81', '198.51.100.5', ''),
    type: fc.constantFrom('scanner' as const, 'waf_alert' as const, 'dpi_threat' as const),
    techniques: fc.constantFrom(['T1046'], ['T1190'], ['T1105'], ['T1071.001'], []),
    ja4: fc.constantFrom('', 't13'),
  })
  .map(({ minutes, ...fields }) => evidence({ ...fields, timeUs: NOW_US + minutes * MINUTE_US }));

function chain(): Incidents {
  const incidents = new Incidents(OPTIONS);
  const steps = [
    ['scanner', ['T1046']],
    ['waf_alert', ['T1190']],
  ] as const;
  for (const [i, [type, techniques]] of steps.entries())
    incidents.take(evidence({ type, techniques, timeUs: NOW_US + i * MINUTE_US, reason: '\u2028 "odd"' }));
  return incidents;
}

/** Names of incidents that begin later differ. */
function shown(list: readonly Incident[], known: ReadonlySet<string>): unknown {
  return list.map((one) => ({
    ...one,
    id: known.has(one.id) ? one.id : 'new',
    related: one.related.map((id) => (known.has(id) ? id : 'new')).toSorted(),
  }));
}

test('property: loaded incidents are those that were saved, and go on as they would have', async () => {
  const path = join(folder, 'incidents.jsonl');
  await fc.assert(
    fc.asyncProperty(fc.array(someEvidence, { maxLength: 30 }), fc.nat(30), async (pieces, at) => {
      const whole = new Incidents(OPTIONS);
      for (const piece of pieces.slice(0, at)) whole.take(piece);
      await saveIncidents(whole, path, NOW_US, 'the last');
      const { incidents, mark, problem } = await loadIncidents(path, OPTIONS);
      assert.deepEqual([mark, problem], ['the last', undefined]);
      const limit = 1000;
      const known = new Set(whole.list({ limit }).map(({ id }) => id));
      assert.deepEqual(
        new Set(incidents.list({ limit }).map((one) => JSON.stringify(one))),
        new Set(whole.list({ limit }).map((one) => JSON.stringify(one))),
      );
      // What comes after the last record of before: what was closed by then is closed.
      const nowUs = Math.max(NOW_US, ...pieces.slice(0, at).map(({ timeUs }) => timeUs));
      incidents.advance(nowUs);
      const next = evidence({ address: VICTIM, target: '198.51.100.6', techniques: ['T1071.001'] });
      for (const one of [whole, incidents]) one.take({ ...next, timeUs: nowUs + MINUTE_US });
      assert.deepEqual(
        shown(incidents.list({ address: VICTIM, status: 'open', limit }), known),
        shown(whole.list({ address: VICTIM, status: 'open', limit }), known),
      );
    }),
    { numRuns: 400 },
  );
});

test('a step that comes after a restart belongs to the incident of before', async () => {
  const path = join(folder, 'chain.jsonl');
  const before = chain();
  await saveIncidents(before, path, NOW_US);
  const { incidents } = await loadIncidents(path, OPTIONS);
  const [known] = before.list();
  incidents.take(
    evidence({
      address: VICTIM,
      target: '198.51.100.5',
      type: 'dpi_threat',
      techniques: ['T1105'],
      timeUs: NOW_US + 5 * MINUTE_US,
    }),
  );
  const [incident] = incidents.list();
  assert.equal(incident?.id, known?.id);
  assert.deepEqual(
    incident?.steps.map(({ stage }) => stage),
    ['reconnaissance', 'initial_access', 'tool_transfer'],
  );
  assert.equal(incidents.statistics().total, 1);
  // And what is idle is closed, as ever.
  incidents.advance(NOW_US + 120 * MINUTE_US);
  assert.equal(incidents.list()[0]?.status, 'closed');
});

test('who got in last is known after a restart, though many began later', async () => {
  const path = join(folder, 'many-attackers.jsonl');
  const before = new Incidents(OPTIONS);
  const attack = (attacker: number, minutes: number) =>
    before.take(
      evidence({
        type: 'waf_alert',
        address: `203.0.113.${attacker}`,
        target: VICTIM,
        techniques: ['T1190'],
        timeUs: NOW_US + minutes * MINUTE_US,
      }),
    );
  for (let attacker = 1; attacker <= 40; attacker++) attack(attacker, 0);
  attack(1, 10);
  await saveIncidents(before, path, NOW_US);
  const { incidents } = await loadIncidents(path, OPTIONS);
  const turned = evidence({
    address: VICTIM,
    target: '198.51.100.5',
    type: 'dpi_threat',
    techniques: ['T1105'],
  });
  for (const one of [before, incidents]) {
    one.take({ ...turned, timeUs: NOW_US + 11 * MINUTE_US });
    assert.deepEqual(one.list()[0]?.attackers, ['203.0.113.1']);
  }
});

test('of very many incidents the open and the latest are saved', async () => {
  const path = join(folder, 'many.jsonl');
  const many = new Incidents(OPTIONS);
  for (let i = 0; i < 2500; i++)
    many.take(evidence({ address: `10.0.${i >> 8}.${i & 255}`, target: '', timeUs: NOW_US + i }));
  await saveIncidents(many, path, NOW_US);
  const { incidents } = await loadIncidents(path, OPTIONS);
  assert.equal(incidents.statistics().open, 2000);
  assert.equal(incidents.list()[0]?.attackers[0], '10.0.9.195');
});

test('a damaged file is set aside and told of, and incidents begin anew', async () => {
  const path = join(folder, 'damaged.jsonl');
  await saveIncidents(chain(), path, NOW_US);
  const whole = readFileSync(path, 'utf8');
  for (const [damage, told] of [
    ['', /line 1 is missing/],
    [whole.slice(0, whole.length / 2), /the file was cut/],
    [whole.replace('"count":1,', '"count":2,'), /digest/],
    [whole.replace('"stage":"reconnaissance"', '"stage":"picnic"'), /line 2 is not an incident/],
    [whole.replace('"attacker"', '"hero"'), /line 2 is not an incident/],
    [whole.replace('"ja4s":[', `"ja4s":[${Array(9).fill('"x"').join()}`), /line 2 is not an incident/],
    [whole.replace('weir-incidents', 'weir-reputation'), /not the header of a weir-incidents file/],
  ] as const) {
    writeFileSync(path, damage);
    const { incidents, mark, problem } = await loadIncidents(path, OPTIONS);
    assert.match(problem ?? '', told);
    assert.ok(problem?.endsWith(`incidents begin anew, the file is kept as ${path}.damaged`), `${problem}`);
    assert.deepEqual([mark, incidents.statistics().total], ['', 0]);
    assert.equal(readFileSync(`${path}.damaged`, 'utf8'), damage);
  }
  assert.equal((await loadIncidents(path, OPTIONS)).problem, undefined);
});
