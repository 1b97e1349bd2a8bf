import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { LIVE_FLAGS } from './process-list.ts';

test('the launcher gives what stands in the path of requests the flags that the supervisor gives it', () => {
  const launcher = readFileSync(new URL('../../weir', import.meta.url), 'utf8');
  assert.equal(/^ {2}proxy \| haproxy\) live='(.*)' ;;$/m.exec(launcher)?.[1], LIVE_FLAGS.join(' '));
});
