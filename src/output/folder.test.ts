import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from './folder.ts';
import { OutputError } from './output-error.ts';

test('missing folders are made, existing ones left alone', () => {
  const root = mkdtempSync(join(tmpdir(), 'weir-folder-'));
  try {
    makeFolder(join(root, 'a', 'b', 'c'));
    makeFolder(join(root, 'a', 'b'));
    assert(statSync(join(root, 'a', 'b', 'c')).isDirectory());
    writeFileSync(join(root, 'file'), '');
    assert.throws(() => makeFolder(join(root, 'file', 'below')), OutputError);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test('where no folder can be made there is an error, not an endless attempt', () => {
  assert.throws(() => makeFolder('/proc/weir-cannot-be-made/here'), OutputError);
});
