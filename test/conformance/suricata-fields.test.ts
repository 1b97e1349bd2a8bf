import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { allFields, nodeOf, RECORDS } from '../../src/event/schema/index.ts';

/** Names of Suricata's fields, as the file's `about` says. */
interface SuricataFields {
  readonly eventTypes: readonly string[];
  readonly schema: readonly string[];
  readonly written: readonly string[];
}

const SURICATA = JSON.parse(
  readFileSync(join(import.meta.dirname, 'suricata-fields.json'), 'utf8'),
) as SuricataFields;
const NAMES = new Set([...SURICATA.schema, ...SURICATA.written]);
const ROOTS = Object.entries(RECORDS).map(([type, schema]) => [type, nodeOf(schema)] as const);

test('every field has a name of Suricata or is marked as our own', () => {
  const unknown = ROOTS.flatMap(([type, root]) =>
    allFields(root)
      .filter(({ path, own }) => !own && !NAMES.has(path))
      .map(({ path }) => `${type}: ${path}`),
  );
  assert.deepEqual(unknown, []);
});

test('nothing is marked as our own that Suricata has', () => {
  // The fields of a record type of our own may have Suricata's names.
  const claimed = ROOTS.filter(([, root]) => root['x-weir'] !== true).flatMap(([type, root]) =>
    allFields(root)
      .filter(({ path, own }) => own && NAMES.has(path))
      .map(({ path }) => `${type}: ${path}`),
  );
  assert.deepEqual(claimed, []);
});

test('record types that Suricata does not have are marked', () => {
  for (const [type, root] of ROOTS) {
    assert.equal(root['x-weir'] === true, !SURICATA.eventTypes.includes(type), type);
  }
});
