import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIGURATION_SCHEMA, parseConfiguration } from '../../../../src/config/index.ts';
import { boundsOf } from './option-bounds.ts';
import { matches, type Option, optionsOf, sectionsOf, valueIn, wordsOf } from './options.ts';

// As it comes over the wire.
const sections = sectionsOf(JSON.parse(JSON.stringify(CONFIGURATION_SCHEMA)));
const options = sections.flatMap(optionsOf);
const option = (name: string): Option => {
  const found = options.find((one) => one.name === name);
  assert.ok(found !== undefined, name);
  return found;
};

test('every option of the configuration has a control, and its help', () => {
  assert.ok(options.length > 150);
  assert.equal(new Set(options.map(({ name }) => name)).size, options.length);
  for (const { name, help, kind, words, standard } of options) {
    assert.notEqual(help, '', name);
    if (kind === 'choice') assert.ok(words.includes(String(standard)), name);
    if (kind === 'switch') assert.equal(typeof standard, 'boolean', name);
    if (kind === 'number') assert.equal(typeof standard, 'number', name);
    if (kind === 'lines') assert.ok(Array.isArray(standard), name);
  }
});

test('a mistake is told by the name that the option has here', () => {
  for (const name of ['respond.autoBan.threshold', 'store.retention.flow', 'capture.ring.size']) {
    const [section, ...rest] = option(name).name.split('.');
    const yaml = `${section}: ${rest.reduceRight((inner, part) => `{ ${part}: ${inner} }`, '[x]')}\n`;
    assert.throws(
      () => parseConfiguration(yaml, 'weir.yaml'),
      (error: Error) => error.message.includes(name),
    );
  }
});

test('options are sorted into the groups of their sections', () => {
  const respond = sections.find(({ name }) => name === 'respond');
  assert.ok(respond?.groups.some(({ name, help }) => name === 'autoBan' && help !== ''));
  assert.equal(option('respond.autoBan.enabled').short, 'autoBan.enabled');
  assert.deepEqual(sectionsOf('nothing'), []);
});

test('bounds are told as the file would say them', () => {
  assert.equal(boundsOf(option('capture.buffer')), '1MiB to 2GiB');
  assert.equal(boundsOf(option('processes.restart.first')), '50ms to 1h');
  assert.equal(boundsOf(option('respond.autoBan.threshold')), '1 to 100');
  assert.equal(boundsOf(option('capture.workers')), '1 to 64, or auto');
  assert.equal(boundsOf(option('capture.interface')), '');
});

test('the search wants each word in the name or the help', () => {
  assert.ok(matches(option('respond.autoBan.threshold'), 'autoban REPUTATION'));
  assert.ok(!matches(option('respond.autoBan.threshold'), 'autoban mirror'));
});

test('values are found where the file has them', () => {
  assert.equal(valueIn({ respond: { autoBan: { threshold: 90 } } }, 'respond.autoBan.threshold'), 90);
  assert.equal(valueIn({ respond: null }, 'respond.autoBan.threshold'), undefined);
  assert.equal(valueIn({}, 'constructor.name'), undefined);
  assert.equal(wordsOf([]), 'none');
  assert.equal(wordsOf(['a', 'b']), 'a, b');
  assert.equal(wordsOf(false), 'off');
  assert.equal(wordsOf(''), 'empty');
});
