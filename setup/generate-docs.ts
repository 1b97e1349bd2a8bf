// Makes docs/records.md and docs/eve.schema.json from src/event/schema and the demo captures: `make docs`.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchema, RECORDS, recordReference } from '../src/event/schema/index.ts';

const ROOT = join(import.meta.dirname, '..');
/** Characters of an example line that a page can bear. */
const LONGEST_EXAMPLE = 1500;

/** What the files are to hold, by their paths from the root of the checkout. */
export function generateDocs(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/records.md', recordReference(examples())],
    ['docs/eve.schema.json', `${JSON.stringify(jsonSchema(), null, 1)}\n`],
  ]);
}

/** Of each record type in the demo captures the line that shows the most fields without being too long. */
function examples(): Map<string, string> {
  const captures = join(ROOT, 'demo/captures');
  const types = Object.keys(RECORDS).join(',');
  // What nDPI would add depends on the machine.
  const args = ['read', captures, '--quiet', '--no-ndpi', '--eve', '-', '--eve-types', types];
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'weir'), args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`weir ended with ${status}: ${stderr}`);
  const best = new Map<string, { readonly line: string; readonly rank: number }>();
  for (const line of stdout.split('\n')) {
    if (line === '') continue;
    const record: unknown = JSON.parse(line);
    const type = (record as { readonly event_type: string }).event_type;
    const rank = line.length > LONGEST_EXAMPLE ? -line.length : namesIn(record);
    if (rank > (best.get(type)?.rank ?? Number.NEGATIVE_INFINITY)) best.set(type, { line, rank });
  }
  return new Map([...best].map(([type, { line }]) => [type, line]));
}

/** Different names of members within a value. */
function namesIn(value: unknown): number {
  const names = new Set<string>();
  JSON.stringify(value, (name, inner: unknown) => {
    names.add(name);
    return inner;
  });
  return names.size;
}

if (import.meta.main) {
  for (const [path, content] of generateDocs()) writeFileSync(join(ROOT, path), content);
}
