import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { TestNetwork, withoutNamespaces } from './namespace-network.ts';

const skip = withoutNamespaces();

/**
 * Stands in front of ip and tc: counts the calls that change something and kills the process that makes call number
 * DEADLY, with SIGKILL, before or after the change.
 */
const KILLER = `#!/bin/sh
program=$(PATH=/usr/sbin:/sbin:/usr/bin:/bin command -v "\${0##*/}")
case " $* " in
*" add "* | *" del "* | *" set "*)
  number=$(($(cat "$COUNTER") + 1))
  echo $number > "$COUNTER"
  if [ $number -eq $DEADLY ]; then
    [ "$WHEN" = before ] || "$program" "$@"
    kill -9 $PPID
    exit 1
  fi ;;
esac
exec "$program" "$@"
`;

describe('a process that is killed while it starts or stops a mirror', { skip }, () => {
  let network: TestNetwork;
  let folder: string;
  let counter: string;
  before(() => {
    network = new TestNetwork();
    folder = join(network.folder, 'bin');
    counter = join(network.folder, 'counter');
    mkdirSync(folder);
    for (const name of ['ip', 'tc']) {
      writeFileSync(join(folder, name), KILLER);
      chmodSync(join(folder, name), 0o755);
    }
  });
  after(() => network?.remove());

  /** Runs a command that dies at a change; returns false when it came through. */
  function killedAt(deadly: number, when: 'before' | 'after', ...args: readonly string[]): boolean {
    writeFileSync(counter, '0');
    const { signal, status, stderr } = network.mirror(args, {
      PATH: `${folder}:${process.env.PATH}`,
      COUNTER: counter,
      DEADLY: String(deadly),
      WHEN: when,
    });
    if (status === 0) return false;
    assert.equal(signal, 'SIGKILL', stderr);
    assert.equal(Number(readFileSync(counter, 'utf8')), deadly);
    return true;
  }

  function stopsCleanly(expected: string, what: string): void {
    const { status, stderr } = network.mirror(['stop']);
    assert.equal(status, 0, `${what}: ${stderr}`);
    assert.equal(network.snapshot(), expected, what);
    assert.deepEqual(network.records(), [], what);
  }

  /** Kills at each change in turn. `before` the next is as `after` this one, but for what is noted in between. */
  function everyCrash(expected: string, when: 'before' | 'after'): void {
    let deadly = 1;
    while (killedAt(deadly, when, 'start', '--source', 'wan0')) {
      stopsCleanly(expected, `start killed ${when} change ${deadly}`);
      deadly++;
    }
    stopsCleanly(expected, 'start came through');
    assert.ok(deadly > 8, `only ${deadly - 1} changes`);
    for (let deadly = 1; ; deadly++) {
      assert.equal(network.mirror(['start', '--source', 'wan0']).status, 0);
      if (!killedAt(deadly, when, 'stop')) {
        assert.ok(deadly > 3);
        break;
      }
      assert.equal(network.mirror(['status']).status, 1, `stop killed ${when} change ${deadly}`);
      stopsCleanly(expected, `stop killed ${when} change ${deadly}`);
    }
    assert.equal(network.snapshot(), expected);
  }

  test('stop brings back what was there, whichever change was the last', () =>
    everyCrash(network.snapshot(), 'before'));

  test('start after a crash repairs', () => {
    const clean = network.snapshot();
    assert.ok(killedAt(9, 'after', 'start', '--source', 'wan0'));
    const status = network.mirror(['status']);
    assert.equal(status.status, 1);
    assert.match(status.stdout, /not whole[\s\S]*missing/);
    const started = network.mirror(['start', '--source', 'wan0']);
    assert.equal(started.status, 0, started.stderr);
    assert.match(started.stderr, /what was left of an earlier mirror/);
    assert.equal(network.mirror(['status']).status, 0);
    stopsCleanly(clean, 'repaired');
  });

  test('the same with disciplines and filters of others', () => {
    for (const args of [
      'qdisc add dev wan0 root handle 1: htb default 10',
      'class add dev wan0 parent 1: classid 1:10 htb rate 100mbit',
      'qdisc add dev wan0 clsact',
      'filter add dev wan0 ingress protocol all pref 1000 u32 match u32 0 0 action mirred egress mirror dev lo',
      'filter add dev wan0 egress protocol ip pref 5 u32 match u32 1 0xff action mirred egress mirror dev lo',
    ]) {
      network.inGateway('tc', ...args.split(' '));
    }
    everyCrash(network.snapshot(), 'after');
  });
});
