import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { kernelAddon } from '../../native/index.ts';
import { decisionFor } from '../enforcer-compliance.ts';
import { Assembler } from './assembler.ts';
import { XdpEnforcer } from './index.ts';
import { placeOf, type TableName } from './tables.ts';

/** Why XDP cannot be tried on this machine. */
function withoutXdp(): string | false {
  const addon = kernelAddon();
  if (addon === undefined) return 'build/weir.node is not built (setup/addon.sh)';
  if (process.getuid?.() !== 0) return 'needs root: network namespaces and BPF';
  const made = spawnSync('unshare', ['--net', '--', 'ip', 'link', 'add', 'x0', 'type', 'veth'], {
    encoding: 'utf8',
  });
  if (made.status !== 0) {
    return `a namespace with a veth pair cannot be made: ${made.error?.message ?? made.stderr.trim()}`;
  }
  try {
    const load = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', LOAD], {
      encoding: 'utf8',
    });
    return load.status === 0 ? false : `the kernel takes no XDP program: ${load.stderr.trim()}`;
  } catch (error) {
    return String(error);
  }
}

const LOAD = `
  import { kernelAddon } from ${JSON.stringify(import.meta.resolve('../../native/index.ts'))};
  const pass = Uint8Array.of(0xb7, 0, 0, 0, 2, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0);
  try { kernelAddon().bpfLoad(6, pass, 'weir_probe', 'Apache-2.0', 0); }
  catch (error) { console.error(error.message); process.exit(1); }`;

const CASES = join(import.meta.dirname, 'namespace-cases.ts');

test('XDP in a network namespace of its own', { skip: withoutXdp() }, async (t) => {
  // Without it the inner run would report to the runner of this file.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn('unshare', ['--net', '--', process.execPath, '--test-reporter=tap', CASES], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const code = await new Promise((done) => child.once('close', done));
  assert.equal(code, 0, output);
  // A run without cases must not count as a success.
  assert.match(output, /^# pass (2\d|[3-9]\d)$/m);
  t.diagnostic(/^# pass \d+$/m.exec(output)?.[0] ?? '');
});

test('the assembler lays instructions out as the kernel reads them', () => {
  const a = new Assembler();
  a.move('r0', 2);
  a.load(2, 'r5', 'r2', 12);
  a.jumpIf('r5', '==', 'r3', 'end');
  a.map('r1', 'table');
  a.store(4, 'r10', -24, 'r8');
  a.label('end');
  a.exit();
  const words = Buffer.from(a.assemble({ table: 9 }));
  if (words[1] !== 0) return;
  assert.equal(
    words.toString('hex'),
    [
      'b700000002000000',
      '69250c0000000000',
      '1d35030000000000',
      '1811000009000000',
      '0000000000000000',
      '638ae8ff00000000',
      '9500000000000000',
    ].join(''),
  );
});

test('the assembler refuses labels and maps that are not there', () => {
  const a = new Assembler();
  a.jump('nowhere');
  assert.throws(() => a.assemble({}), /no label nowhere/);
  const b = new Assembler();
  b.map('r1', 'none');
  assert.throws(() => b.assemble({}), /no map none/);
  b.label('twice');
  assert.throws(() => b.label('twice'), /two labels/);
});

test('each decision has its place', () => {
  const place = (value: string, type: 'ban' | 'allow' = 'ban'): [TableName, string] | undefined => {
    const found = placeOf(decisionFor(value, { type }));
    return found && [found.table, Buffer.from(found.key, 'latin1').toString('hex')];
  };
  assert.deepEqual(place('203.0.113.9'), ['host4', 'cb007109']);
  assert.deepEqual(place('2001:db8::1'), ['host6', '20010db8000000000000000000000001']);
  assert.deepEqual(place('203.0.113.9/8')?.[0], 'range4');
  assert.match(place('203.0.113.9/8')?.[1] ?? '', /cb000000$/);
  assert.match(place('2001:db8::1/33')?.[1] ?? '', /20010db8000000000000000000000000$/);
  assert.equal(place('203.0.113.9', 'allow')?.[0], 'allow4');
  assert.equal(place('::/0', 'allow')?.[0], 'allow6');
  assert.equal(place('no address'), undefined);
  assert.equal(place('10.0.0.0/33'), undefined);
});

test('handles bans and exceptions of addresses and ranges that are meant', () => {
  const enforcer = new XdpEnforcer({ interfaces: ['eth0'] });
  assert.ok(enforcer.handles(decisionFor('10.0.0.1')));
  assert.ok(enforcer.handles(decisionFor('10.0.0.1', { type: 'allow' })));
  assert.ok(!enforcer.handles(decisionFor('10.0.0.1', { simulated: true })));
  assert.ok(!enforcer.handles(decisionFor('nonsense')));
  for (const type of ['throttle', 'redirect', 'captcha'] as const) {
    assert.ok(!enforcer.handles(decisionFor('10.0.0.1', { type })));
  }
});

test('options that cannot work are refused', () => {
  assert.throws(() => new XdpEnforcer({ interfaces: [] }), /interfaces are needed/);
  assert.throws(() => new XdpEnforcer({ interfaces: ['eth0'], label: 'WEIR' }), /label WEIR/);
  assert.throws(() => new XdpEnforcer({ interfaces: ['eth0'], bounds: { hosts: 0 } }), /hosts is 0/);
});
