import { writeSync } from 'node:fs';
import { type EveRecord, Store } from '../../src/store/index.ts';

/**
 * Appends batches without an end and prints the number of each when it is acknowledged; to be killed. Arguments: the
 * folder, and the number of the first batch. Every fifth time all goes to Parquet, so that kills meet that too.
 */
const [folder = '', first = '0'] = process.argv.slice(2);

/** Records of one batch. */
export const BATCH = 20;

/** A batch whose records name it: flows and DNS records of two days. */
export function numberedBatch(batch: number): EveRecord[] {
  return Array.from({ length: BATCH }, (_, i) => ({
    timestamp: `2026-03-0${1 + (i % 2)}T12:00:00.0000${10 + i}+0000`,
    event_type: i % 4 === 3 ? 'dns' : 'flow',
    flow_id: batch * BATCH + i,
    src_ip: '192.0.2.1',
    dest_ip: '198.51.100.2',
  }));
}

if (process.argv[1] === import.meta.filename) {
  const store = await Store.open(folder, { onFinding: (message) => writeSync(2, `${message}\n`) });
  for (let batch = Number(first); ; batch++) {
    await store.append(numberedBatch(batch));
    writeSync(1, `${batch}\n`);
    if (batch % 5 === 4) await store.compact();
  }
}
