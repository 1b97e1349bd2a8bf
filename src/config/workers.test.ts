import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfiguration } from './configuration.ts';
import { ConfigurationError } from './error.ts';
import { plan } from './plan.ts';
import { defaultOf } from './reader.ts';
import { SCHEMA, type Settings } from './schema.ts';
import { webOf } from './web.ts';
import { workersOf } from './workers.ts';

function settings(capture: object): Settings {
  const all = defaultOf(SCHEMA) as Settings;
  return { ...all, capture: { ...all.capture, ...capture } };
}

function mistakesOf(text: string): readonly string[] {
  try {
    parseConfiguration(text, 'weir.yaml');
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split('\n');
    throw error;
  }
  return [];
}

test('auto: the thread that takes requests in judges as well, and has a core of its own where there are several', () => {
  const { web } = settings({});
  assert.equal(web.waf.workers, 'auto');
  assert.deepEqual(
    [1, 2, 3, 8, 400].map((cores) => webOf(web, cores).waf.workers),
    [1, 1, 2, 7, 64],
  );
  const chosen = { ...web, waf: { ...web.waf, workers: 5 } };
  assert.equal(webOf(chosen, 2).waf.workers, 5);
});

test('one sensor unless more are asked for; auto leaves a core to the hub', () => {
  assert.equal(workersOf(settings({}), 8), 1);
  assert.equal(workersOf(settings({ workers: 3 }), 8), 3);
  const auto = settings({ workers: 'auto' });
  assert.deepEqual(
    [1, 2, 8, 400].map((cores) => workersOf(auto, cores)),
    [1, 1, 7, 16],
  );
  const large = { workers: 'auto', buffer: '1GiB', ring: { ...auto.capture.ring, folder: '/ring' } };
  assert.equal(workersOf(settings(large), 400), 64);
  assert.equal(workersOf(settings({ ...large, flows: 100 }), 400), 6);
  assert.equal(workersOf(settings({ ...large, ring: { ...large.ring, size: '64MiB' } }), 400), 4);
});

test('the number is told in the plan, with the share of each', () => {
  const text = 'capture: {workers: 3, ring: {folder: /ring}}';
  const lines = plan(parseConfiguration(text, 'weir.yaml')).join('\n');
  assert.match(lines, /^3 sensors share the packets, flow by flow; each has 5376 KiB .* and 83333 flows\.$/m);
  assert.match(lines, /^Packets are kept in \/ring\/sensor-1 to sensor-3, at most 2 GiB /m);
});

test('what is no number of sensors is refused', () => {
  for (const value of ['0', '65', '1.5', 'many', 'true', '[1]']) {
    const [mistake, ...more] = mistakesOf(`capture:\n  workers: ${value}\n`);
    assert.match(mistake ?? '', /^weir\.yaml:2:12: capture\.workers.*whole number.*auto/, value);
    assert.deepEqual(more, []);
  }
  assert.deepEqual(mistakesOf('capture:\n  workers: 64\n  buffer: 64MiB\n'), []);
  assert.deepEqual(mistakesOf('capture: {workers: auto}'), []);
});

test('more sensors than there is a share for are refused, at their place', () => {
  const text = 'capture:\n  flows: 20\n  workers: 8\n  buffer: 4MiB\n  ring: {folder: /ring, size: 64MiB}\n';
  assert.deepEqual(mistakesOf(text), [
    'weir.yaml:3:12: capture.workers: 8 workers share capture.buffer, which must be 1 MiB for each: set capture.buffer higher, or at most 4 workers',
    'weir.yaml:3:12: capture.workers: 8 workers share capture.flows, which must be 16 for each: set capture.flows higher, or at most 1 worker',
    'weir.yaml:3:12: capture.workers: 8 workers share capture.ring.size, which must be 16 MiB for each: set capture.ring.size higher, or at most 4 workers',
  ]);
});
