import assert from 'node:assert/strict';
import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Wire, withoutWire } from '../../test/support/wire.ts';

const ROOT = join(import.meta.dirname, '../..');
const CTL = join(ROOT, 'dpi-dualctl');
const WEIR = join(ROOT, 'weir');
const CAPTURE = join(ROOT, 'demo/captures/campus-1.pcap');
const PATIENCE_MS = 20_000;

/** Why there can be no machine of its own for the test; false when there can. */
function withoutMachine(): string | false {
  const wire = withoutWire();
  if (wire !== false) return wire;
  for (const program of ['unshare', 'nsenter', 'setpriv', 'tc']) {
    if (spawnSync(program, ['-V']).error !== undefined) return `needs the program ${program}`;
  }
  return false;
}

/** A machine with an /etc, a /run, processes and a wire of its own: what runs in it ends with it. */
class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'weir-dualctl-'));
  readonly wire = new Wire();
  private readonly holder: ChildProcess;
  private first = '';

  constructor() {
    // The processes of weir become another user.
    chmodSync(this.folder, 0o755);
    mkdirSync(join(this.folder, 'etc/config'), { recursive: true });
    mkdirSync(join(this.folder, 'etc/weir'));
    for (const name of ['passwd', 'group', 'ld.so.cache']) {
      if (existsSync(join('/etc', name))) copyFileSync(join('/etc', name), this.etc(name));
    }
    const prepare =
      'mount --bind "$1" /etc && mount -t tmpfs none /run && mount -t tmpfs none /var/lib && echo ready && exec sleep 120';
    this.holder = spawn(
      'ip',
      [
        ...['netns', 'exec', this.wire.namespace],
        ...['unshare', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child'],
        ...['sh', '-c', prepare, 'sh', this.etc('')],
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
  }

  async ready(): Promise<void> {
    const text = await new Promise<string>((resolve) => {
      this.holder.stdout?.once('data', (data: Buffer) => resolve(data.toString()));
      this.holder.once('exit', () => resolve('it ended'));
    });
    assert.equal(text, 'ready\n');
    const pid = this.holder.pid!;
    this.first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  }

  etc(name: string): string {
    return join(this.folder, 'etc', name);
  }

  run(program: string, ...args: readonly string[]): SpawnSyncReturns<string> {
    const inside = ['--target', this.first, '--mount', '--pid', '--net'];
    // A file of certificates is not there, where /etc is another.
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
    return spawnSync('nsenter', [...inside, program, ...args], { encoding: 'utf8', timeout: 60_000, env });
  }

  /** Runs a program that has to succeed; its standard output. */
  good(program: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = this.run(program, ...args);
    assert.equal(status, 0, `${program} ${args.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  }

  dpiDual(settings: string): void {
    writeFileSync(
      this.etc('config/dpi-dual'),
      `config global 'settings'
	option mode 'tap-only'
	option stats_dir '${this.folder}/stats'
config tap 'tap'
	option mirror_source 'right'
${settings}`,
    );
  }

  get log(): string {
    return this.good('cat', '/run/weir/weir.log');
  }

  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.holder.once('exit', resolve));
    this.holder.kill('SIGKILL');
    await ended;
    this.wire.remove();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('dpi-dualctl', { skip: withoutMachine(), timeout: 180_000 }, () => {
  let machine: Machine;
  before(async () => {
    machine = new Machine();
    await machine.ready();
  });
  after(() => machine?.remove());

  const until = async <T>(what: string, look: () => T | undefined | false): Promise<T> => {
    for (const end = performance.now() + PATIENCE_MS; ; ) {
      const found = look();
      if (found) return found;
      assert.ok(performance.now() < end, `no ${what}: ${machine.log}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const json = (command: string): Record<string, unknown> => JSON.parse(machine.good(CTL, command));

  test('the configuration is found where it lies, and weir.yaml comes before it', () => {
    const check = () => {
      const { status, stdout, stderr } = machine.run(WEIR, 'check');
      return { status, stdout, stderr };
    };
    assert.match(check().stderr, /^weir: configuration: the defaults, as there is neither /);
    machine.dpiDual("config mitm 'mitm'\n\toption enabled 1\nconfig lan 'lan'\n\toption colour blue\n");
    const found = check();
    assert.equal(found.status, 0, found.stderr);
    assert.equal(
      found.stderr,
      'weir: configuration: /etc/config/dpi-dual, as there is no /etc/weir/weir.yaml\n',
    );
    assert.match(found.stdout, /^ {2}tc copies the packets of right to tap0; they are captured there\.$/m);
    assert.match(found.stdout, /^ {4}tap\.mirror_source +capture\.mirror\.source$/m);
    assert.match(found.stdout, /^ {4}mitm\.enabled +web\.enabled$/m);
    assert.match(found.stdout, /^ {4}lan\.colour +ignored: dpi-dual has no such option$/m);
    writeFileSync(machine.etc('weir/weir.yaml'), 'lan: {enabled: false}\n');
    const both = check();
    assert.equal(both.stderr, 'weir: configuration: /etc/weir/weir.yaml; /etc/config/dpi-dual is not read\n');
    assert.match(both.stdout, /Clients of the local network are not followed/);
    const named = machine.run(WEIR, 'check', '/etc/config/dpi-dual');
    assert.equal(named.stderr, 'weir: configuration: /etc/config/dpi-dual, as named\n');
    assert.equal(named.stdout, found.stdout);
    rmSync(machine.etc('weir/weir.yaml'));
    machine.dpiDual('\toption flow_retention long\n');
    const wrong = check();
    assert.equal(wrong.status, 1);
    assert.match(
      wrong.stderr,
      /\n\/etc\/config\/dpi-dual:6:24: tap\.flow_retention takes seconds from 60 to/,
    );
    for (const command of ['status', 'flows', 'clients']) {
      const { status, stderr } = machine.run(WEIR, command);
      assert.equal(status, 1);
      assert.match(stderr, /^\/etc\/config\/dpi-dual:6:24: tap\.flow_retention/);
    }
  });

  test('what cannot start says why, and leaves nothing', () => {
    machine.dpiDual("config lan 'lan'\n");
    const text = readFileSync(machine.etc('config/dpi-dual'), 'utf8');
    writeFileSync(machine.etc('config/dpi-dual'), text.replace("'right'", "'nowhere'"));
    const failed = machine.run(CTL, 'start');
    assert.equal(failed.status, 1);
    assert.match(failed.stderr, /^dpi-dualctl: weir could not be started: it ended with exit code 1\n/);
    assert.match(failed.stderr, /nowhere/);
    writeFileSync(
      machine.etc('config/dpi-dual'),
      text.replace('option mode', 'option enabled 0\n\toption mode'),
    );
    const off = machine.run(CTL, 'start');
    assert.equal(off.status, 1);
    assert.equal(
      off.stderr,
      'dpi-dualctl: /etc/config/dpi-dual: weir is not to run: settings.enabled is 0\n',
    );
    assert.equal(machine.run(WEIR, 'up').status, 1);
    const user = ['--reuid', '65534', '--clear-groups', '--inh-caps=-all'];
    writeFileSync(machine.etc('config/dpi-dual'), text);
    // In a folder that this user can reach: the checkout may be closed to it.
    const plain = machine.run(
      'setpriv',
      ...user,
      process.execPath,
      join(ROOT, 'src/cli/main.ts'),
      'dpi-dualctl',
      'start',
    );
    if (!plain.stderr.includes('EACCES')) {
      assert.equal(plain.status, 1);
      assert.match(plain.stderr, /^dpi-dualctl: capturing on an interface needs root .*\n$/);
    }
    assert.equal(machine.run(CTL, 'flows').status, 1);
    assert.equal(machine.good(CTL, 'stop'), 'weir does not run\n');
  });

  test('start, the figures, reload, restart, stop', async () => {
    machine.dpiDual(
      "\toption flow_retention 120\nconfig lan 'lan'\n\toption aggregate_interval 1\n\toption track_protocols 0\n",
    );
    const started = machine.good(CTL, 'start');
    const pid = /^started: process (\d+), mode tap-only; its log is \/run\/weir\/weir\.log\n$/.exec(
      started,
    )?.[1];
    assert.ok(pid !== undefined, started);
    assert.equal(machine.good(CTL, 'start'), `runs already: process ${pid}\n`);
    assert.match(machine.good(WEIR, 'status'), /by \/etc\/config\/dpi-dual/);
    assert.match(machine.good(CTL, 'status'), /captures +tap0, live/);
    assert.match(machine.good(CTL, 'mirror', 'status'), /^right is mirrored to tap0 /);

    const sent = await machine.wire.start('test/support/send-frames.ts', 'left', CAPTURE).ended;
    const packets = Number(sent.stdout);
    assert.ok(packets > 100, sent.stderr);
    const flows = await until('packets', () => {
      const { status, stdout } = machine.run(CTL, 'flows');
      const content = status === 0 ? (JSON.parse(stdout) as Record<string, unknown>) : {};
      return content.rx_packets === packets && content;
    });
    const keys = 'timestamp flows_1min tap_interface rx_bytes tx_bytes rx_packets tx_packets protocols mode';
    assert.deepEqual(Object.keys(flows).sort(), keys.split(' ').sort());
    assert.equal(flows.tap_interface, 'tap0');
    const lan = await until('clients', () => {
      const content = json('lan');
      return Number(content.active_clients) > 0 && content;
    });
    assert.equal(lan.interface, 'br-lan');
    const { clients } = json('clients') as { clients: Record<string, unknown>[] };
    assert.equal(clients.length, lan.active_clients);
    assert.ok(
      'ip' in clients[0]! && 'mac' in clients[0] && 'flows' in clients[0] && 'last_seen' in clients[0],
    );
    assert.ok(Array.isArray(json('destinations').destinations));
    // Switched off above.
    const protocols = machine.run(CTL, 'protocols');
    assert.equal(protocols.status, 1);
    assert.match(
      protocols.stderr,
      /lan-protocols\.json is not there: it is not written yet, or switched off\n$/,
    );
    // With options it is weir's own command.
    assert.match(machine.good(CTL, 'protocols', '--limit', '3'), /^ *PROTOCOL|^no protocols/);
    const whole = JSON.parse(machine.good(CTL, 'status', '--json')) as Record<
      string,
      Record<string, unknown>
    >;
    assert.equal(whole.mode, 'tap-only');
    assert.equal(whole.tap_stream?.interface_up, true);
    assert.ok(Number(whole.tap_stream?.rx_bytes) > 0, JSON.stringify(whole));
    assert.equal(whole.lan_passive?.active_clients, json('lan').active_clients);
    assert.deepEqual(whole.correlation, { running: true, threats_correlated: 0 });
    assert.equal(machine.good(CTL, 'threats', '5'), '');

    // What a reload takes over, and what it refuses.
    machine.dpiDual("\toption flow_retention 300\nconfig lan 'lan'\n\toption aggregate_interval 2\n");
    machine.good('kill', '-HUP', pid);
    await until('word of the reload', () =>
      /read again: status\.interval, status\.files\.flowSeconds, status\.files\.protocols changed/.test(
        machine.log,
      ),
    );
    await until('file of protocols', () => machine.run(CTL, 'protocols').status === 0);
    machine.dpiDual('\toption flow_retention soon\n');
    machine.good('kill', '-HUP', pid);
    await until('refusal', () =>
      /refused, the old one stays:\n\/etc\/config\/dpi-dual:6:24: tap\.flow_retention/.test(machine.log),
    );
    machine.dpiDual("config global 'settings'\n\toption enabled 0\n");
    machine.good('kill', '-HUP', pid);
    await until('refusal', () => /weir is not to run: settings\.enabled is 0/.test(machine.log));
    assert.equal(machine.run(CTL, 'restart').status, 1);
    assert.match(machine.good(CTL, 'start', '-c', writeOther()), /^runs already: process/);

    machine.dpiDual("config lan 'lan'\n");
    const again = machine.good(CTL, 'restart');
    assert.match(
      again,
      new RegExp(`^stopped: process ${pid} has ended\nstarted: process \\d+, mode tap-only`),
    );
    assert.ok(!again.includes(`started: process ${pid},`));
    await machine.wire.start('test/support/send-frames.ts', 'left', CAPTURE).ended;
    await until('packets', () => json('flows').rx_packets === packets);
    assert.match(machine.good(CTL, 'stop'), /^stopped: process \d+ has ended\n$/);
    assert.equal(machine.good(CTL, 'stop'), 'weir does not run\n');
    assert.match(machine.good(CTL, 'mirror', 'status'), /^nothing is mirrored\n$/);
    assert.notEqual(machine.run('ip', 'link', 'show', 'tap0').status, 0);
    assert.equal(machine.good('tc', 'qdisc', 'show', 'dev', 'right').includes('clsact'), false);
    // What was there when it ended is still there, and its age is told.
    const old = machine.run(CTL, 'flows');
    assert.equal(old.status, 0);
    assert.match(old.stderr, /^dpi-dualctl: weir does not run: this is of 20/);
    const last = JSON.parse(old.stdout) as { flows_1min: number; protocols: Record<string, number> };
    assert.ok(last.flows_1min > 10 && Number(last.protocols.HTTP) > 0, old.stdout);
    const { destinations } = JSON.parse(machine.run(CTL, 'destinations').stdout) as {
      destinations: unknown[];
    };
    assert.ok(destinations.length > 0);
  });

  /** The same configuration under another name: it is known by its content. */
  function writeOther(): string {
    const path = machine.etc('other');
    const text = readFileSync(machine.etc('config/dpi-dual'), 'utf8').replace('enabled 0', 'enabled 1');
    writeFileSync(path, text);
    return '/etc/other';
  }
});
