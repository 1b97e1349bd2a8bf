import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { askSupervisor, type SystemStatus } from '../control/index.ts';
import { TestNetwork, withoutNamespaces } from '../mirror/namespace-network.ts';
import { kernelAddon } from '../native/index.ts';
import { folderFor, MAIN, PATIENCE_MS } from './testing.ts';

const skip = kernelAddon() === undefined ? 'build/weir.node is not built' : withoutNamespaces();
/** CAP_NET_ADMIN of linux/capability.h, as a set. */
const NET_ADMIN_ALONE = '0000000000001000';

/** A weir that mirrors, and what is known of it. */
interface Mirroring {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly status: SystemStatus;
}

describe('the mirror of a weir', { skip }, () => {
  let network: TestNetwork;
  let clean: string;
  before(() => {
    network = new TestNetwork();
    clean = network.snapshot();
  });
  after(() => network?.remove());

  /** `weir up` in the gateway, once it runs; it ends with the test. */
  async function up(context: TestContext, folder = folderFor(context)): Promise<Mirroring> {
    writeFileSync(
      join(folder, 'weir.yaml'),
      `capture: {mirror: {mode: software, source: wan0}}
store: {enabled: false}
control: {folder: ${folder}/run}
`,
    );
    const command = [process.execPath, MAIN, 'up', '--config', join(folder, 'weir.yaml')];
    const child = network.start(network.gateway, command);
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    context.after(() => child.kill('SIGKILL'));
    await until(
      'a weir that runs',
      () => said.includes('weir: running'),
      () => said,
    );
    const status = (await askSupervisor(join(folder, 'run'), { ask: 'status' })) as SystemStatus;
    return { child, said: () => said, status };
  }

  const guardOf = ({ status }: Mirroring): number =>
    status.processes.find(({ name }) => name === 'mirror')?.pid ?? assert.fail('nothing guards the mirror');

  /** All is as before, and none of the processes is left. */
  async function nothingIsLeft({ status, said }: Mirroring): Promise<void> {
    const pids = [status.pid, ...status.processes.map(({ pid }) => pid ?? 0)];
    await until('end of all processes', () => pids.every((pid) => !isAlive(pid)), said);
    assert.deepEqual(network.records(), []);
    assert.equal(network.snapshot(), clean);
  }

  test('goes with it when it is killed; what guards it may do nothing else', async (context) => {
    const weir = await up(context);
    assert.notEqual(network.snapshot(), clean);
    const limits = readFileSync(`/proc/${guardOf(weir)}/status`, 'utf8');
    if (existsSync('/usr/bin/setpriv')) {
      for (const set of ['CapEff', 'CapPrm', 'CapBnd']) {
        assert.match(limits, new RegExp(`^${set}:\t${NET_ADMIN_ALONE}$`, 'm'));
      }
      assert.match(limits, /^NoNewPrivs:\t1$/m);
    }
    process.kill(weir.status.pid, 'SIGKILL');
    await nothingIsLeft(weir);
  });

  test('goes with Ctrl-C, which reaches all processes', async (context) => {
    const weir = await up(context);
    const exit = once(weir.child, 'exit');
    for (const pid of [weir.status.pid, ...weir.status.processes.map(({ pid }) => pid ?? 0)]) {
      process.kill(pid, 'SIGINT');
    }
    assert.deepEqual(await exit, [0, null], weir.said());
    await nothingIsLeft(weir);
  });

  test('stays while its guard is killed, which comes back', async (context) => {
    const folder = folderFor(context);
    const weir = await up(context, folder);
    process.kill(guardOf(weir), 'SIGKILL');
    const again = await until(
      'another guard',
      async () => {
        const status = (await askSupervisor(join(folder, 'run'), { ask: 'status' })) as SystemStatus;
        const now = status.processes.find(({ name }) => name === 'mirror');
        return now?.state === 'running' && now.pid !== guardOf(weir) && status;
      },
      weir.said,
    );
    assert.equal(network.mirror(['status']).status, 0);
    process.kill(weir.status.pid, 'SIGKILL');
    await nothingIsLeft({ ...weir, status: again });
  });

  test('is made anew by the next one where not even the guard was left', async (context) => {
    const folder = folderFor(context);
    const weir = await up(context, folder);
    // In this order nobody is told of the end of the other.
    for (const pid of [guardOf(weir), weir.status.pid]) process.kill(pid, 'SIGSTOP');
    for (const pid of [guardOf(weir), weir.status.pid]) process.kill(pid, 'SIGKILL');
    await until('the end', () => !isAlive(weir.status.pid) && !isAlive(guardOf(weir)), weir.said);
    assert.match(network.mirror(['status']).stdout, /^wan0 is mirrored/);
    const next = await up(context, folder);
    assert.match(next.said(), /what was left of an earlier mirror of wan0 was removed \(the weir that/);
    process.kill(next.status.pid, 'SIGINT');
    await nothingIsLeft(next);
  });

  test('that somebody else has started is left alone', async (context) => {
    assert.equal(network.mirror(['start', '--source', 'wan0']).status, 0);
    const before = network.snapshot();
    const weir = await up(context);
    assert.ok(weir.status.processes.every(({ name }) => name !== 'mirror'));
    process.kill(weir.status.pid, 'SIGKILL');
    await until('the end', () => weir.status.processes.every(({ pid }) => !isAlive(pid ?? 0)), weir.said);
    assert.equal(network.snapshot(), before);
    assert.equal(network.mirror(['stop']).status, 0);
    assert.equal(network.snapshot(), clean);
  });
});

async function until<T>(
  what: string,
  look: () => T | false | Promise<T | false>,
  said: () => string,
): Promise<T> {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() < end, `no ${what}: ${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** False for a process that has ended, also where nobody has asked for its exit code. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.startsWith('Z');
}
