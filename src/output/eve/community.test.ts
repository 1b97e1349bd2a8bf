import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { eveRecords } from '../../../test/support/eve-records.ts';

const CAPTURE = join(import.meta.dirname, '../../../demo/captures/campus-1.pcap');

test('community ids are those of the engine, whatever another one wrote in this process', async () => {
  // The same seed of the table gives flows the same numbers in both.
  const idsOf = async (communitySeed: number) =>
    (await eveRecords([CAPTURE], { communitySeed })).flatMap(({ flow_id, community_id }) =>
      flow_id === undefined ? [] : [`${flow_id} ${community_id}`],
    );
  const [first, second, again] = [await idsOf(0), await idsOf(7), await idsOf(0)];
  assert.ok(first.length > 50);
  assert.deepEqual(
    second.filter((id) => first.includes(id)),
    [],
  );
  assert.deepEqual(again, first);
});
