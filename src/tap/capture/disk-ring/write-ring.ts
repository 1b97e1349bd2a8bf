/**
 * A program for tests: keeps a ring in a folder until it is killed, and prints after each flush how many packets were
 * written until then.
 *   write-ring.ts FOLDER
 */

import { writeSync } from 'node:fs';
import { RingWriter } from './index.ts';
import { batchOf } from './testing.ts';

const ring = new RingWriter({
  folder: process.argv[2] ?? '',
  sizeBytes: 1 << 30,
  ageMs: 3_600_000,
  fileBytes: 1 << 20,
});
const startUs = Date.now() * 1000;
for (let number = 0; ; number += 100) {
  const batch = batchOf(number, 100, 1000, startUs + number);
  for (let i = 0; i < 100; i++) ring.writeFrom(batch, i);
  ring.flush();
  writeSync(1, `${number + 100}\n`);
}
