import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateDocs } from '../setup/generate-docs.ts';

const ROOT = join(import.meta.dirname, '..');

test('the generated pages are up to date', () => {
  for (const [path, content] of generateDocs()) {
    const lines = readFileSync(join(ROOT, path), 'utf8').split('\n');
    const wanted = content.split('\n');
    const at = wanted.findIndex((line, i) => line !== lines[i]);
    const where = at < 0 ? wanted.length : at;
    assert.equal(lines[where], wanted[where], `${path}, line ${where + 1}: run 'make docs' and commit`);
  }
});
