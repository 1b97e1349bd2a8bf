import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { mirrorCommand, TestNetwork, withoutNamespaces } from './namespace-network.ts';

const skip = withoutNamespaces();

describe('weir mirror in a network namespace', { skip }, () => {
  let network: TestNetwork;
  beforeEach(() => {
    network = new TestNetwork();
  });
  afterEach(() => network?.remove());

  const tc = (...args: readonly string[]): string => network.inGateway('tc', ...args);
  const start = (...args: readonly string[]) => network.mirror(['start', '--source', 'wan0', ...args]);
  const filtersOf = (direction: string): string => tc('filter', 'show', 'dev', 'wan0', direction);

  /** Disciplines, classes and filters of somebody else, of several kinds. */
  function addForeign(): void {
    tc('qdisc', 'add', 'dev', 'wan0', 'root', 'handle', '1:', 'htb', 'default', '10');
    tc('class', 'add', 'dev', 'wan0', 'parent', '1:', 'classid', '1:10', 'htb', 'rate', '100mbit');
    tc(
      'filter',
      'add',
      'dev',
      'wan0',
      'parent',
      '1:',
      'pref',
      '1',
      'u32',
      'match',
      'u32',
      '0',
      '0',
      'flowid',
      '1:10',
    );
    tc('qdisc', 'add', 'dev', 'wan0', 'clsact');
    const bpf = ['bpf', 'da', 'bytecode', '1,6 0 0 0,'];
    tc('filter', 'add', 'dev', 'wan0', 'ingress', 'protocol', 'ip', 'pref', '7', ...bpf);
    tc('filter', 'add', 'dev', 'wan0', 'egress', 'protocol', 'all', 'pref', '1001', ...bpf);
    tc(
      ...[
        'filter',
        'add',
        'dev',
        'wan0',
        'ingress',
        'protocol',
        'all',
        'pref',
        '1000',
        'u32',
        'match',
        'u32',
        '0',
        '0',
      ],
      ...['action', 'mirred', 'egress', 'mirror', 'dev', 'lo'],
    );
  }

  test('stop leaves everything as it was', () => {
    const clean = network.snapshot();
    assert.equal(start().status, 0);
    assert.notEqual(network.snapshot(), clean);
    const stopped = network.mirror(['stop']);
    assert.equal(stopped.status, 0, stopped.stderr);
    assert.equal(stopped.stdout, 'wan0: no longer mirrored\n');
    assert.equal(network.snapshot(), clean);
    assert.deepEqual(network.records(), []);
  });

  test('what others have there stays, and their filters are still asked', () => {
    addForeign();
    const foreign = network.snapshot();
    const started = start('--json');
    assert.equal(started.status, 0, started.stderr);
    assert.deepEqual(JSON.parse(started.stdout).mirror.notes, []);
    network.run(network.client, [
      process.execPath,
      '-e',
      'require("dgram").createSocket("udp4").send("x", 9, "10.9.8.1", () => process.exit())',
    ]);
    const shown = tc('-s', 'filter', 'show', 'dev', 'wan0', 'ingress');
    const theirs = shown.slice(shown.indexOf('Egress Mirror to device lo'));
    assert.match(theirs, /Sent [1-9]\d* bytes/, 'a filter behind the mirror was not asked');
    assert.equal(network.mirror(['stop', '--source', 'wan0']).status, 0);
    assert.equal(network.snapshot(), foreign);
  });

  test('a filter that must come first is told of', () => {
    tc('qdisc', 'add', 'dev', 'wan0', 'clsact');
    tc('filter', 'add', 'dev', 'wan0', 'egress', 'pref', '1', 'bpf', 'da', 'bytecode', '1,6 0 0 0,');
    const before = network.snapshot();
    const started = start();
    assert.match(started.stdout, /filters of others come first in what the source sends \(preference 1\)/);
    assert.equal(network.mirror(['stop']).status, 0);
    assert.equal(network.snapshot(), before);
  });

  test('starting twice is harmless and says so, also at the same time', async () => {
    const both = [1, 2].map(() =>
      network.start(network.gateway, mirrorCommand(['start', '--source', 'wan0', '--json'])),
    );
    const answers = await Promise.all(
      both.map(async (child) => JSON.parse(String(await child.stdout!.toArray()))),
    );
    assert.deepEqual(answers.map(({ changed }) => changed).sort(), [false, true]);
    const once = network.snapshot();
    const again = start();
    assert.equal(again.status, 0);
    assert.match(again.stderr, /wan0 is mirrored already; nothing was changed/);
    assert.equal(network.snapshot(), once);
    for (const direction of ['ingress', 'egress'])
      assert.equal(filtersOf(direction).match(/cookie/g)?.length, 1);
    assert.match(start('--target', 'other').stderr, /mirrored already, to weir0: weir mirror stop/);
    assert.equal(start('--mode', 'hardware').status, 1);
  });

  test('stopping what is not mirrored is harmless', () => {
    const before = network.snapshot();
    const stopped = network.mirror(['stop']);
    assert.equal(stopped.status, 0);
    assert.equal(stopped.stdout, 'nothing is mirrored\n');
    assert.equal(network.mirror(['stop', '--source', 'wan0']).stdout, 'wan0 is not mirrored\n');
    assert.deepEqual(JSON.parse(network.mirror(['stop', '--json']).stdout), { stopped: [], notes: [] });
    assert.equal(network.mirror(['status']).stdout, 'nothing is mirrored\n');
    assert.equal(network.snapshot(), before);
  });

  const damages: readonly (readonly [string, () => unknown, RegExp])[] = [
    [
      'the filter of what is sent',
      () => tc('filter', 'del', 'dev', 'wan0', 'egress'),
      /source sends is gone/,
    ],
    [
      'the hook',
      () => tc('qdisc', 'del', 'dev', 'wan0', 'clsact'),
      /source receives is gone[\s\S]*source sends is gone/,
    ],
    ['the target', () => network.inGateway('ip', 'link', 'del', 'weir0'), /target weir0 is gone/],
    [
      'the switch of the target',
      () => network.inGateway('ip', 'link', 'set', 'weir0', 'down'),
      /weir0 is switched off/,
    ],
  ];
  for (const [what, damage, words] of damages) {
    test(`somebody takes away ${what}: status tells, start repairs, stop leaves nothing`, () => {
      const clean = network.snapshot();
      start();
      damage();
      const status = network.mirror(['status']);
      assert.equal(status.status, 1);
      assert.match(status.stdout, words);
      assert.match(status.stdout, /repair +weir mirror start --source wan0/);
      const repaired = start();
      assert.equal(repaired.status, 0, repaired.stderr);
      assert.match(repaired.stderr, /what was left of an earlier mirror of wan0 was removed/);
      assert.equal(network.mirror(['status']).status, 0);
      damage();
      assert.equal(network.mirror(['stop']).status, 0);
      assert.equal(network.snapshot(), clean);
      assert.deepEqual(network.records(), []);
    });
  }

  test('a filter that others add to our hook keeps the hook', () => {
    start();
    tc('filter', 'add', 'dev', 'wan0', 'ingress', 'pref', '3', 'bpf', 'da', 'bytecode', '1,6 0 0 0,');
    const stopped = network.mirror(['stop']);
    assert.equal(stopped.status, 0);
    assert.match(stopped.stderr, /clsact on wan0 stays: somebody else has filters there/);
    assert.match(filtersOf('ingress'), /^filter protocol all pref 3 bpf chain 0 \nfilter [^\n]*\n$/);
    assert.equal(filtersOf('egress'), '');
  });

  test('a source that is renamed or goes away while it is mirrored', () => {
    const clean = network.snapshot();
    start();
    network.inGateway('ip', 'link', 'set', 'wan0', 'down');
    network.inGateway('ip', 'link', 'set', 'wan0', 'name', 'uplink');
    assert.match(network.mirror(['status']).stdout, /^uplink is mirrored to weir0/);
    assert.equal(network.mirror(['stop', '--source', 'uplink']).stdout, 'uplink: no longer mirrored\n');
    network.inGateway('ip', 'link', 'set', 'uplink', 'name', 'wan0');
    assert.equal(network.snapshot().match(/qdisc clsact|weir0/), null);
    assert.notEqual(clean.match(/wan0/), null);
    start();
    network.inGateway('ip', 'link', 'del', 'wan0');
    assert.match(network.mirror(['status']).stdout, /the interface wan0 is gone/);
    assert.equal(network.mirror(['stop']).status, 0);
    assert.equal(network.inGateway('ip', '-o', 'link').match(/weir/), null);
    assert.deepEqual(network.records(), []);
  });

  test('in hardware nothing is added', () => {
    const before = network.snapshot();
    const started = start('--mode', 'hardware');
    assert.equal(started.status, 0, started.stderr);
    assert.match(started.stdout, /^wan0 is captured as it is: the switch mirrors, nothing was added/);
    assert.equal(network.snapshot(), before);
    const [mirror] = JSON.parse(network.mirror(['status', '--json']).stdout).mirrors;
    assert.equal(mirror.mode, 'hardware');
    assert.equal(mirror.capture, 'wan0');
    assert.equal(network.mirror(['stop']).stdout, 'wan0: no longer mirrored\n');
    assert.equal(network.snapshot(), before);
  });

  test('the default route names the source, and the target can be named', () => {
    assert.match(network.mirror(['start']).stderr, /no default route .*--source/);
    network.inGateway('ip', 'route', 'add', 'default', 'via', '10.9.8.2');
    const started = network.mirror(['start', '--target', 'tap0', '--json']);
    assert.equal(started.status, 0, started.stderr);
    const { mirror } = JSON.parse(started.stdout);
    assert.deepEqual([mirror.source, mirror.capture], ['wan0', 'tap0']);
  });

  test('what cannot be is refused in one sentence, and nothing is left', () => {
    network.inGateway('ip', 'link', 'add', 'tap0', 'type', 'veth', 'peer', 'name', 'tap1');
    tc('qdisc', 'add', 'dev', 'tap0', 'ingress');
    tc('qdisc', 'add', 'dev', 'tap1', 'ingress_block', '21', 'clsact');
    const before = network.snapshot();
    const refused = (words: RegExp, ...args: readonly string[]): void => {
      const { status, stderr, stdout } = network.mirror(['start', ...args]);
      assert.equal(status, 1, stderr);
      assert.match(stderr, words);
      assert.equal(stderr.split('\n').length, 2, stderr);
      assert.equal(stdout, '');
      assert.equal(network.snapshot(), before);
    };
    refused(/there is no interface 'nonesuch' here; there are lo, wan0/, '--source', 'nonesuch');
    refused(/there is no interface '--help' here/, '--source=--help');
    refused(/lo cannot be mirrored in software: .* twice/, '--source', 'lo');
    refused(/tap0 has a qdisc 'ingress' of somebody else/, '--source', 'tap0');
    refused(/block that it shares with other interfaces/, '--source', 'tap1');
    refused(/already an interface tap1/, '--source', 'wan0', '--target', 'tap1');
    refused(/cannot be the name of an interface/, '--source', 'wan0', '--target', 'a/b');
    refused(/cannot be the name of an interface/, '--source', 'wan0', '--target', 'veth%d');
    assert.deepEqual(network.records(), []);
  });

  test('the target of a mirror is no source', () => {
    start();
    assert.match(
      network.mirror(['start', '--source', 'weir0']).stderr,
      /weir0 is itself the target of a mirror/,
    );
  });

  test('without root: status works, start and stop say what they need', () => {
    start();
    const nobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const asNobody = (verb: string) => network.run(network.gateway, [...nobody, ...mirrorCommand([verb])]);
    const status = asNobody('status');
    assert.equal(status.status, 0, status.stderr);
    assert.match(status.stdout, /^wan0 is mirrored to weir0/);
    network.inGateway('ip', 'route', 'add', 'default', 'via', '10.9.8.2');
    for (const verb of ['start', 'stop']) {
      const { status, stderr } = asNobody(verb);
      assert.equal(status, 1);
      assert.match(
        stderr,
        new RegExp(`^weir: mirror ${verb} needs root \\(CAP_NET_ADMIN\\).*work without\\n$`),
      );
    }
  });

  test('without tc: what brings it', () => {
    // An empty folder in the place of /usr/sbin, where tc is, for this one process.
    const hidden = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /usr/sbin && exec "$@"', 'sh'];
    const { status, stderr } = network.run(network.gateway, [
      ...hidden,
      ...mirrorCommand(['start', '--source', 'wan0']),
    ]);
    assert.equal(status, 1);
    assert.match(stderr, /^weir: (tc|ip) is not installed: apt-get install iproute2/);
  });
});

describe('weir mirror: words', () => {
  const wrong = (...args: readonly string[]): string => {
    const code = `
      const { mirror } = await import(process.argv[1]);
      await mirror(process.argv.slice(2)).catch((error) => console.log(error.name, error.message));`;
    const [program = '', ...rest] = mirrorCommand(args);
    rest[2] = code;
    return spawnSync(program, rest, { encoding: 'utf8' }).stdout;
  };
  before(() => assert.match(wrong('--help'), /^usage: weir mirror start/));
  after(() => assert.match(wrong(), /UsageError mirror takes start, stop or status/));

  test('mistakes are mistakes of usage', () => {
    assert.match(wrong('begin'), /UsageError mirror takes start, stop, status, not 'begin'/);
    assert.match(wrong('start', 'eth0'), /UsageError/);
    assert.match(wrong('start', '--mode', 'magic'), /UsageError --mode takes software, hardware/);
    assert.match(wrong('start', '--mode', 'hardware', '--target', 'x'), /UsageError --target has no meaning/);
    assert.match(wrong('stop', '--target', 'x'), /UsageError mirror stop takes neither/);
    assert.match(wrong('status', '--source', 'x'), /UsageError mirror status takes no --source/);
  });
});
