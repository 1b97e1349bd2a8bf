import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type Configuration,
  changes,
  defaultConfiguration,
  parseConfiguration,
  readConfiguration,
} from '../config/index.ts';
import { QuestionError } from '../control/index.ts';
import { ConfigurationDesk } from './configuration-desk.ts';
import { writeDurably } from './configuration-versions.ts';
import { GUARDED } from './guarded-settings.ts';

const FIRST = '# ours\nlan: {enabled: true}\n';

function setUp(context: TestContext, { text = FIRST, refuse = false, guarded = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-desk-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'weir.yaml');
  writeFileSync(file, text);
  let configuration: Configuration = parseConfiguration(text, file);
  const desk = new ConfigurationDesk({
    file: () => file,
    configuration: () => configuration,
    pending: () => [],
    guarded: () => guarded,
    takeOver: async (path) => {
      if (refuse) throw new Error('/nowhere cannot be made');
      configuration = readConfiguration(path);
    },
  });
  const change = (to: string, more: { readonly dry?: boolean; readonly basis?: string } = {}) =>
    desk.change({ ask: 'configure', text: to, author: 'ann', note: 'why', basis: '', dry: false, ...more });
  return { file, desk, change, configuration: () => configuration };
}

test('a change is planned, applied, kept as a version, and can be taken back', async (context) => {
  const { file, desk, change, configuration } = setUp(context);
  chmodSync(file, 0o640);
  const next = '# ours\nlan: {enabled: false}\nrespond: {autoBan: {enabled: true}}\n';
  const planned = await change(next, { dry: true });
  assert.deepEqual(
    planned.changes.map(({ name, live }) => [name, live]),
    [
      ['respond.autoBan.enabled', true],
      ['lan.enabled', false],
    ],
  );
  assert.ok(planned.plan.length > 5);
  assert.equal(planned.applied, false);
  assert.equal(readFileSync(file, 'utf8'), FIRST);

  const { digest } = desk.read();
  const applied = await change(next, { basis: digest });
  assert.ok(applied.applied);
  assert.equal(applied.version, 1);
  assert.equal(readFileSync(file, 'utf8'), next);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.equal(configuration().lan.enabled, false);
  const [version] = desk.versions();
  assert.deepEqual([version?.version, version?.author, version?.note], [1, 'ann', 'why']);
  assert.equal(desk.version(1).text, FIRST);
  assert.throws(() => desk.version(7), QuestionError);

  await assert.rejects(change(FIRST, { basis: digest }), /changed by somebody else/);
  assert.ok((await change(desk.version(1).text)).applied);
  assert.equal(readFileSync(file, 'utf8'), FIRST);
  assert.equal(desk.versions().length, 2);
});

test('a text with mistakes changes nothing, and names their places', async (context) => {
  const { file, change } = setUp(context);
  const { mistakes, applied } = await change('lan: {enabled: maybe}\nnonsense: 1\n');
  assert.equal(applied, false);
  assert.deepEqual(
    mistakes.map(({ line }) => line),
    [1, 2],
  );
  assert.equal(readFileSync(file, 'utf8'), FIRST);
});

test('what cannot be taken over is undone', async (context) => {
  const { file, change } = setUp(context, { refuse: true });
  await assert.rejects(change('lan: {enabled: false}\n'), /cannot be made/);
  assert.equal(readFileSync(file, 'utf8'), FIRST);
});

test('where the configuration says so, or is of dpi-dual, nobody changes it here', async (context) => {
  const closed = setUp(context, { text: 'api: {configure: false}\n' });
  assert.match(closed.desk.read().closed, /api\.configure/);
  await assert.rejects(closed.change('api: {configure: true}\n'), QuestionError);
  const many = setUp(context);
  for (let i = 0; i < 60; i++) await many.change(`# ${i}\n`);
  const versions = many.desk.versions();
  assert.equal(versions.length, 50);
  assert.equal(versions[0]?.version, 60);
});

test('where weir runs as root nobody has it act on other files, or as somebody else', async (context) => {
  const { file, change, desk } = setUp(context, { guarded: true });
  const refused = [
    'outputs: {eve: {file: /etc/ld.so.preload}}',
    'capture: {ring: {folder: /etc/systemd/system/cron.service.d}}',
    'privileges: {user: root}',
    'respond: {crowdsec: {bouncerKeyFile: /root/.ssh/id_ed25519}}',
    'web: {waf: {rules: [/etc/shadow]}}',
    "api: {listen: 'unix:/run/other.sock'}",
    'control: {folder: /etc/weir}',
  ];
  for (const text of refused) {
    await assert.rejects(change(`${text}\n`), (error) => error instanceof QuestionError, text);
    assert.equal(readFileSync(file, 'utf8'), FIRST, text);
  }
  await assert.rejects(change('outputs: {eve: {file: /etc/passwd}}\n'), /outputs\.eve\.file names files/);
  // What dpi-dual's reader would take for its own is not what was looked at.
  await assert.rejects(
    change("api:\n  oidc:\n    name: |\n      x\n      config dpi-dual 'settings'\n"),
    QuestionError,
  );
  assert.ok((await change("lan: {enabled: false}\napi: {listen: '127.0.0.1:9000', rate: 50}\n")).applied);
  const planned = await change('privileges: {user: root}\n', { dry: true });
  assert.match(planned.plan[0] ?? '', /^Refused: .*privileges\.user/);
  assert.deepEqual(planned.changes.map(({ name }) => name).sort(), [
    'api.listen',
    'api.rate',
    'lan.enabled',
    'privileges.user',
  ]);

  // Who may write the file has decided: what stands there already keeps nothing else from being changed.
  writeFileSync(file, 'store: {folder: /srv/weir}\n');
  assert.ok((await change('store: {folder: /srv/weir}\nlan: {enabled: false}\n')).applied);
  await assert.rejects(change(desk.version(1).text), /store\.folder/);
});

test('guarded settings are named as changes name them', () => {
  const before = defaultConfiguration();
  assert.ok(GUARDED.size > 30);
  for (const name of GUARDED) {
    const after = structuredClone(before) as unknown as Record<string, unknown>;
    const path = name.split('.');
    const last = path.pop() ?? '';
    const section = path.reduce((at, part) => at[part] as Record<string, unknown>, after);
    assert.ok(last in section, name);
    section[last] = '/elsewhere';
    assert.deepEqual(
      changes(before, after as unknown as Configuration).map((one) => one.name),
      [name],
    );
  }
});

test('a file is written anew beside what was left over, and keeps whose it is', (context) => {
  const { file } = setUp(context);
  const other = `${file}.other`;
  writeFileSync(other, 'kept');
  symlinkSync(other, `${file}.new`);
  chmodSync(file, 0o600);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(file, 65_534, 65_534);
  writeDurably(file, 'lan: {enabled: false}\n', 0o644);
  assert.equal(readFileSync(file, 'utf8'), 'lan: {enabled: false}\n');
  assert.equal(readFileSync(other, 'utf8'), 'kept');
  const { mode, uid } = statSync(file);
  assert.equal(mode & 0o777, 0o600);
  if (isRoot) assert.equal(uid, 65_534);
});

test('on a disk that fills up the old text stays', {
  skip: process.getuid?.() !== 0 && 'needs root to mount',
}, (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-desk-full-'));
  context.after(() => {
    spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder]);
  if (mounted.status !== 0) {
    context.skip('nothing can be mounted here');
    return;
  }
  const file = join(folder, 'weir.yaml');
  writeDurably(file, FIRST, 0o644);
  assert.throws(() => writeDurably(file, `# ${'x'.repeat(200_000)}\n`, 0o644), /ENOSPC/);
  assert.equal(readFileSync(file, 'utf8'), FIRST);
  assert.equal(existsSync(`${file}.new`), false);
});
