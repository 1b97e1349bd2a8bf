/**
 * What `weir read` makes of the bundled captures, held against what is expected. After an intended change:
 * `UPDATE_GOLDEN=1 node --test test/golden/`, then review the difference that git shows.
 */
import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { lineDifference } from './difference.ts';
import { CAPTURES, type Outputs, readCaptures, weir } from './reading.ts';

const EXPECTED = join(import.meta.dirname, 'expected');
const UPDATE = process.env.UPDATE_GOLDEN === '1';
/** Bounds that keep the repository small, in bytes. */
const MOST_CAPTURED = 3_000_000;
const MOST_EXPECTED = 320_000;

const files = readdirSync(CAPTURES)
  .sort()
  .map((name) => join(CAPTURES, name));

suite('the bundled captures', () => {
  let folder = '';
  let fromFolder: Outputs = new Map();

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-demo-'));
    fromFolder = readCaptures([CAPTURES]);
    if (UPDATE) writeExpected(fromFolder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('are small, and several', () => {
    assert.ok(files.length >= 4);
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
    assert.ok(bytes < MOST_CAPTURED, `${bytes} bytes`);
  });

  test('give the records, logs and figures that are expected', () => {
    assertSame(readExpected(), fromFolder);
  });

  test('have flows that cross from one file to the next', () => {
    const ends = files.map((file) =>
      weir(['read', file, '--quiet', '--flows-only', '--eve', '-']).toString(),
    );
    const communities = ends.map((lines) => new Set(lines.match(/"community_id":"[^"]+"/g)));
    for (let i = 1; i < communities.length; i++) {
      const shared = [...communities[i]!].filter((id) => communities[i - 1]!.has(id));
      assert.ok(shared.length > 0, `none between ${files[i - 1]} and ${files[i]}`);
    }
  });

  test('are the same stream in whatever order the files are named', () => {
    assertSame(fromFolder, readCaptures([...files].reverse()));
    assertSame(fromFolder, readCaptures([...files.slice(2), ...files.slice(0, 2)]));
  });

  test('are the same stream under names that sort otherwise', () => {
    const renamed = join(folder, 'renamed');
    mkdirSync(renamed);
    files.forEach((file, i) => {
      copyFileSync(
        file,
        join(renamed, `${9 - i}-${file.replace(/^[^.]*\./s, 'part.')}`.replaceAll('/', '_')),
      );
    });
    assertSame(fromFolder, readCaptures([renamed]));
  });

  test('are the same stream however the files are compressed', () => {
    const compressed = join(folder, 'compressed');
    mkdirSync(compressed);
    files.forEach((file, i) => {
      const plain = file.endsWith('.gz') ? gunzipSync(readFileSync(file)) : readFileSync(file);
      const name = join(compressed, `part-${i}`);
      if (file.endsWith('.zst')) copyFileSync(file, `${name}.zst`);
      else if (file.endsWith('.gz')) writeFileSync(`${name}.pcap`, plain);
      else if (i % 2 === 0) writeFileSync(`${name}.gz`, gzipSync(plain));
      else writeFileSync(`${name}.zst`, zstdCompressSync(plain));
    });
    assertSame(fromFolder, readCaptures([compressed]));
  });

  test('are the same stream as one pcapng through standard input', () => {
    const one = weir(['read', CAPTURES, '--quiet', '--flows-only', '--write', '-']);
    assertSame(fromFolder, readCaptures(['-'], one));
  });
});

function assertSame(expected: Outputs, found: Outputs): void {
  assert.deepEqual([...found.keys()].sort(), [...expected.keys()].sort(), 'not the same outputs');
  const differences: string[] = [];
  for (const [name, lines] of expected) {
    const difference = lineDifference(lines, found.get(name) ?? []);
    if (difference !== '') differences.push(`${name}:\n${difference}`);
  }
  if (differences.length > 0) {
    assert.fail(`${differences.join('\n\n')}\n\n- expected, + found. If it is intended: UPDATE_GOLDEN=1`);
  }
}

function readExpected(): Outputs {
  assert.ok(existsSync(EXPECTED), 'nothing is expected yet: UPDATE_GOLDEN=1');
  const names = readdirSync(EXPECTED, { recursive: true, encoding: 'utf8' });
  const outputs = new Map<string, readonly string[]>();
  for (const name of names) {
    const path = join(EXPECTED, name);
    if (statSync(path).isFile()) outputs.set(name, readFileSync(path, 'utf8').trimEnd().split('\n'));
  }
  return outputs;
}

function writeExpected(outputs: Outputs): void {
  rmSync(EXPECTED, { recursive: true, force: true });
  let bytes = 0;
  for (const [name, lines] of outputs) {
    const path = join(EXPECTED, name);
    const text = `${lines.join('\n')}\n`;
    bytes += text.length;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  assert.ok(bytes < MOST_EXPECTED, `the expected files take ${bytes} bytes`);
}
