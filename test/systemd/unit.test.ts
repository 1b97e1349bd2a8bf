import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { kernelAddon } from '../../src/native/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const UNIT = join(ROOT, 'integrations/systemd/weir.service');
const PATIENCE_MS = 40_000;
const SPACES = ['-m', '-p', '-u', '-i', '-n', '-C', '-r', '-w'];
const ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SYSTEMD_UNIT_PATH: '/units' };

/** Where the second version of control groups is mounted. */
const hierarchy = (existsSync('/proc/mounts') ? readFileSync('/proc/mounts', 'utf8') : '')
  .split('\n')
  .map((line) => line.split(' '))
  .find(([, , kind]) => kind === 'cgroup2')?.[1];

function obstacle(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  if (kernelAddon() === undefined) return 'build/weir.node is not built (setup/addon.sh)';
  if (!existsSync('/usr/lib/systemd/systemd')) return 'needs systemd (apt-get install systemd)';
  if (spawnSync('systemd-notify', ['--version']).error) return 'needs the program systemd-notify';
  return hierarchy === undefined ? 'the second version of control groups is not mounted' : false;
}

/** A systemd that is process 1 of its own namespaces. */
class Machine {
  private readonly pid: number;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** Runs a program beside it; returns its exit code and what it said. */
  run(...command: readonly string[]): { readonly code: number | null; readonly said: string } {
    const words = ['-t', String(this.pid), ...SPACES, '--', ...command];
    const { status, stdout, stderr } = spawnSync('nsenter', words, {
      env: ENVIRONMENT,
      timeout: PATIENCE_MS,
    });
    return { code: status, said: `${stdout}${stderr}`.trim() };
  }

  /** Asks for something that must succeed. */
  systemctl(...words: readonly string[]): void {
    const { code, said } = this.run('systemctl', ...words, 'weir.service');
    assert.equal(code, 0, `systemctl ${words.join(' ')}: ${said}\n${this.log()}`);
  }

  property(name: string): string {
    return this.run('systemctl', 'show', '-p', name, '--value', 'weir.service').said;
  }

  async until(what: string, holds: () => boolean): Promise<void> {
    for (const end = Date.now() + PATIENCE_MS; !holds(); await wait(100)) {
      assert.ok(
        Date.now() < end,
        `not ${what}: ${this.run('systemctl', 'status', 'weir.service').said}\n${this.log()}`,
      );
    }
  }

  /** Sends a signal to the supervisor. */
  signal(name: string): void {
    const pid = this.property('MainPID');
    // To 0 and 1 others would listen.
    assert.ok(Number(pid) > 1, pid);
    assert.equal(this.run('kill', '-s', name, pid).code, 0);
  }

  log(): string {
    return this.run('tail', '-n', '5', '/run/weir.log').said;
  }
}

/** Starts one; undefined, and the test is skipped, where the machine does not allow that. */
async function boot(context: TestContext): Promise<Machine | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-systemd-'));
  const cgroup = join(hierarchy!, `weir-test-${process.pid}`);
  mkdirSync(cgroup);
  const child: ChildProcess = spawn(join(import.meta.dirname, 'boot.sh'), [folder, cgroup, UNIT], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr!.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  context.after(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true });
    for (const end = Date.now() + PATIENCE_MS; ; await wait(100)) {
      try {
        removeGroups(cgroup);
        return;
      } catch (error) {
        // The last of the namespace are ending.
        if (Date.now() > end) throw error;
      }
    }
  });
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end && child.exitCode === null; await wait(100)) {
    const inner = Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim());
    if (!(inner > 1) || !readFileSync(`/proc/${inner}/cmdline`, 'utf8').startsWith('/usr/lib/systemd/'))
      continue;
    const machine = new Machine(inner);
    if (machine.run('systemctl', 'is-system-running').said === 'running') return machine;
  }
  context.skip(`no systemd can be run here: ${said.trim().slice(-300)}`);
  return undefined;
}

/** The deepest first, for one that has others in it stays. */
function removeGroups(path: string): void {
  const { stdout } = spawnSync('find', [path, '-depth', '-type', 'd'], { encoding: 'utf8' });
  for (const group of stdout.split('\n').filter((line) => line !== '')) rmdirSync(group);
}

test('the unit under systemd: started twice, reloaded, killed, hung, stopped', {
  skip: obstacle(),
  timeout: 180_000,
}, async (context) => {
  const machine = await boot(context);
  if (machine === undefined) return;
  machine.systemctl('start');
  machine.systemctl('stop');
  // What the first one has left belongs to another user by now.
  machine.systemctl('start');
  assert.equal(machine.property('ActiveState'), 'active');
  assert.equal(machine.property('StatusText'), 'running');
  const { code, said } = machine.run('/opt/weir/weir', 'status');
  assert.equal(code, 0, said);
  assert.match(said, /^ {2}captures {3}lo, live$/m);
  machine.systemctl('reload');
  await machine.until('reloaded', () => machine.log().includes('configuration read again'));
  assert.equal(machine.property('NRestarts'), '0');

  machine.signal('KILL');
  await machine.until(
    'back',
    () => machine.property('NRestarts') === '1' && machine.property('SubState') === 'running',
  );
  machine.signal('STOP');
  await machine.until(
    'back',
    () => machine.property('NRestarts') === '2' && machine.property('SubState') === 'running',
  );

  machine.systemctl('stop');
  assert.equal(machine.property('Result'), 'success');
  assert.equal(machine.run('pgrep', 'node').said, '');
});
