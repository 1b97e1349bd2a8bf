import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Configuration, parseConfiguration, readConfiguration } from '../config/index.ts';
import { QuestionError } from '../control/index.ts';
import { ConfigurationDesk } from './configuration-desk.ts';

const FIRST = '# ours\nlan: {enabled: true}\n';

function setUp(context: TestContext, { text = FIRST, refuse = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-desk-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'weir.yaml');
  writeFileSync(file, text);
  let configuration: Configuration = parseConfiguration(text, file);
  const desk = new ConfigurationDesk({
    file: () => file,
    configuration: () => configuration,
    pending: () => [],
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
