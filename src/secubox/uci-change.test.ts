import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { changeDpiDual, parseDpiDual, parseUci, SettingsFileError, UciError } from './index.ts';
import { changeUci, type UciChange } from './uci-change.ts';

const FILE = `# of ours
config global 'settings'  # main
	option mode "tap-only"

config correlation 'correlation'
	option auto_ban '0' # not yet
	option sensitivity medium

config whitelist 'whitelist'
	list ip '10.0.0.0/8' # LAN
	# the office
	list ip 192.0.2.7; list ip '192.0.2.8'
`;

const sensitivity = (value: string): UciChange => ({
  type: 'correlation',
  section: 'correlation',
  option: 'sensitivity',
  change: 'set',
  value,
});
const PLACE = { type: 'whitelist', section: 'whitelist', option: 'ip' } as const;
const gone = (...values: readonly string[]): UciChange => ({
  ...PLACE,
  change: 'remove',
  isGone: (value) => values.includes(value),
});

test('one value changes, and nothing else of the file', () => {
  assert.equal(
    changeUci(FILE, 'f', sensitivity('high')),
    FILE.replace('sensitivity medium', "sensitivity 'high'"),
  );
  assert.equal(changeUci(FILE, 'f', sensitivity('medium')), FILE);
  const decay = { ...sensitivity('7'), option: 'reputation_decay' };
  assert.equal(
    changeUci(FILE, 'f', decay),
    FILE.replace('sensitivity medium\n', "sensitivity medium\n\toption reputation_decay '7'\n"),
  );
  assert.equal(
    changeUci('config global settings', 'f', sensitivity('low')),
    "config global settings\n\nconfig correlation 'correlation'\n\toption sensitivity 'low'\n",
  );
  // The last one counts, in sections that come twice too.
  const twice = 'config a correlation\noption sensitivity low\nconfig a correlation\noption sensitivity high';
  assert.equal(changeUci(twice, 'f', sensitivity('custom')), twice.replace('high', "'custom'"));
  assert.equal(
    changeUci('config a correlation; config b b\r\n', 'f', sensitivity('low')),
    "config a correlation\r\n\toption sensitivity 'low'; config b b\r\n",
  );
});

test('values of a list come and go', () => {
  assert.equal(
    changeUci(FILE, 'f', { ...PLACE, change: 'add', value: '2001:db8::/32' }),
    `${FILE.trimEnd()}\n\tlist ip '2001:db8::/32'\n`,
  );
  assert.equal(changeUci(FILE, 'f', gone('10.0.0.0/8')), FILE.replace("\tlist ip '10.0.0.0/8' # LAN\n", ''));
  assert.equal(changeUci(FILE, 'f', gone('192.0.2.7')), FILE.replace('list ip 192.0.2.7', ''));
  assert.equal(changeUci(FILE, 'f', gone('1.1.1.1')), FILE);
  const none = changeUci(FILE, 'f', gone('10.0.0.0/8', '192.0.2.7', '192.0.2.8'));
  assert.equal(parseUci(none, 'f').find(({ name }) => name === 'whitelist')?.options.size, 0);
  assert.match(none, /# the office/);
});

test('no value can become more than a value', () => {
  for (const value of ["a'\noption enabled '0", 'a\nb', '\u001b[31m', '', 'x'.repeat(300), 'back\\slash']) {
    assert.throws(() => changeUci(FILE, 'f', sensitivity(value)), RangeError);
  }
  assert.throws(() => changeUci('config\n', 'f', sensitivity('low')), UciError);
});

test('whatever the file looks like, it reads afterwards as before but for the change', () => {
  const line = fc.constantFrom(
    "config correlation 'correlation'",
    'config a a # x',
    'option sensitivity low',
    'option sensitivity \'hi\'"gh" # y',
    "list ip 'two\nlines'",
    'list ip a;list ip b',
    '# config correlation correlation',
    '',
    '\t',
  );
  const read = (text: string): Map<string, readonly string[]> =>
    new Map(
      parseUci(text, 'f').flatMap((section) =>
        [...section.options.values()].map(
          (one) => [`${section.name}.${one.name}`, one.values.map(({ text: value }) => value)] as const,
        ),
      ),
    );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), (lines, newline) => {
      const text = ['config z z', ...lines].join(newline);
      const wanted = read(text);
      wanted.set('correlation.sensitivity', [
        ...(wanted.get('correlation.sensitivity') ?? []).slice(0, -1),
        'custom',
      ]);
      const next = changeUci(text, 'f', sensitivity('custom'));
      assert.deepEqual([...read(next)].toSorted(), [...wanted].toSorted());
      const without = changeUci(next, 'f', {
        ...PLACE,
        section: 'a',
        change: 'remove',
        isGone: (value) => value === 'a',
      });
      const left = (wanted.get('a.ip') ?? []).filter((value) => value !== 'a');
      assert.deepEqual(read(without).get('a.ip') ?? [], left);
    }),
    { numRuns: 300 },
  );
});

test('the file is replaced as a whole, with its rights, behind a link', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-uci-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'dpi-dual');
  writeFileSync(path, FILE);
  chmodSync(path, 0o604);
  const link = join(folder, 'link');
  symlinkSync('dpi-dual', link);
  assert.equal(changeDpiDual(link, [sensitivity('high')]), true);
  assert.equal(changeDpiDual(link, [sensitivity('high')]), false);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.equal(statSync(path).mode & 0o777, 0o604);
  assert.equal(
    (parseDpiDual(readFileSync(path, 'utf8')).document.correlation as { sensitivity: string }).sensitivity,
    'high',
  );
  const before = readFileSync(path, 'utf8');
  assert.throws(() => changeDpiDual(path, [sensitivity('wild')]), /sensitivity takes low, medium/);
  assert.equal(readFileSync(path, 'utf8'), before);
  assert.deepEqual(readdirSync(folder).toSorted(), ['dpi-dual', 'link']);
  assert.throws(() => changeDpiDual(join(folder, 'none'), [sensitivity('low')]), SettingsFileError);
  assert.throws(() => changeDpiDual(folder, [sensitivity('low')]), /it is no file/);
});
