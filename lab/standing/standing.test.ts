import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { after, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { programsIn, startTicks } from '../namespaces.ts';
import { ATTACKS } from './attacks.ts';
import { removeLab } from './state.ts';
import type { StatusReport } from './status.ts';
import { ended, TestLab, withoutLab } from './test-lab.ts';

suite('the standing lab', { skip: withoutLab, timeout: 58_000 }, () => {
  const labs: TestLab[] = [];
  const create = (): TestLab => {
    const lab = new TestLab();
    labs.push(lab);
    return lab;
  };
  after(async () => {
    for (const { lab } of labs) await removeLab(lab);
  });

  test('from up to down', async (context) => {
    const lab = create();
    const gateway = `${lab.lab.prefix}-gateway`;

    await context.test('up builds it, and a second time says that it is there', async () => {
      const first = await lab.run('up', '--bare');
      assert.equal(first.code, 0, first.stderr);
      assert.match(first.stdout, /^The lab is up \(/);
      assert.match(first.stdout, new RegExp(`ip netns exec ${gateway} ./weir read -i lan0`));
      const programs = programsIn(lab.lab.namespaces).map(({ pid }) => pid);
      const second = await lab.run('up', '--bare');
      assert.equal(second.code, 0, second.stderr);
      assert.match(second.stdout, /^The lab is up already/);
      assert.deepEqual(
        programsIn(lab.lab.namespaces).map(({ pid }) => pid),
        programs,
      );
    });

    await context.test('status: all services answer, over IPv4 and IPv6', async () => {
      const { code, stdout } = await lab.run('status', '--json');
      const report = JSON.parse(stdout) as StatusReport;
      assert.deepEqual(
        report.services.filter(({ answers }) => !answers),
        [],
      );
      assert.equal(report.state, 'up');
      assert.equal(code, 0);
      const ports = report.services.map(({ address, port }) => `${address.includes(':') ? 6 : 4} ${port}`);
      for (const port of [22, 53, 80, 123, 443]) {
        for (const family of [4, 6])
          assert.ok(ports.includes(`${family} ${port}`), `IPv${family} port ${port}`);
      }
      const links = report.hosts.find(({ name }) => name === 'gateway')?.interfaces.map(({ name }) => name);
      assert.deepEqual(links?.sort(), ['lan0', 'wan0', 'wan1']);
      for (const { name, programs } of report.hosts) {
        if (['gateway', 'dmz', 'net', 'attacker'].includes(name)) assert.notDeepEqual(programs, [], name);
      }
    });

    await context.test('nothing in it has a way to the outside', () => {
      const routes = (family: string): string => inside(gateway, 'ip', family, 'route', 'show');
      assert.doesNotMatch(routes('-4'), /default/);
      assert.doesNotMatch(routes('-6'), /default/);
      const alice = `${lab.lab.prefix}-alice`;
      const ping = spawnSync('ip', [
        'netns',
        'exec',
        alice,
        'busybox',
        'ping',
        '-c',
        '1',
        '-W',
        '1',
        '192.0.3.1',
      ]);
      assert.notEqual(ping.status, 0);
    });

    await context.test('traffic passes the gateway, over both uplinks, IPv4 and IPv6', async () => {
      const before = forwarded(gateway);
      const { code, stdout, stderr } = await lab.run('traffic', '--seconds', '3', '--rate', '9', '--json');
      const report = JSON.parse(stdout) as {
        readonly seconds: number;
        readonly errands: readonly {
          readonly family: number;
          readonly done: number;
          readonly failed: number;
        }[];
        readonly links: readonly {
          readonly host: string;
          readonly interface: string;
          readonly packets: number;
        }[];
      };
      assert.equal(code, 0, stdout + stderr);
      assert.ok(report.seconds < 3 + 8);
      for (const family of [4, 6]) {
        const done = report.errands.filter((errand) => errand.family === family);
        assert.ok(done.length >= 8, `${done.length} kinds of errands over IPv${family}`);
      }
      for (const link of ['lan0', 'wan0', 'wan1']) {
        const found = report.links.find((one) => one.host === 'gateway' && one.interface === link);
        assert.ok((found?.packets ?? 0) > 20, `${found?.packets} packets on ${link}`);
      }
      const now = forwarded(gateway);
      assert.ok(now.ip4 - before.ip4 > 50, `${now.ip4 - before.ip4} packets of IPv4 forwarded`);
      assert.ok(now.ip6 - before.ip6 > 50, `${now.ip6 - before.ip6} packets of IPv6 forwarded`);
    });

    await context.test('each attack is carried out and ends within its bound', async () => {
      const said = new Map<string, string>();
      await inTurn(ATTACKS, 3, async ({ name, bound }) => {
        const { code, stdout, stderr } = await lab.run('attack', name, '--json');
        assert.equal(code, 0, `${name}: ${stdout}${stderr}`);
        assert.ok((JSON.parse(stdout) as { readonly seconds: number }).seconds < bound, name);
        said.set(name, stdout);
      });
      assert.match(said.get('scan') ?? '', /22\/tcp open/);
      assert.match(said.get('ssh-bruteforce') ?? '', /anna:sunshine - Valid/);
      assert.match(said.get('http-scan') ?? '', /answered 404/);
      assert.match(said.get('malware-download') ?? '', /answered 200/);
    });

    await context.test('attacks on the web application need a weir in front of it, and say so', async () => {
      for (const words of [['attack', 'web'], ['browse']]) {
        const { code, stderr } = await lab.run(...words);
        assert.equal(code, 1);
        assert.match(stderr, /^weir: nothing stands in front .*weir lab up --name.*\n$/);
      }
      const { code, stderr } = await lab.run('up', '--web', 'proxy');
      assert.equal(code, 1);
      assert.match(stderr, /is up without weir: 'weir lab down --name/);
    });

    await context.test('what the user started in it ends with it, and nothing is left', async () => {
      const own = spawn('ip', ['netns', 'exec', gateway, 'sleep', '300'], { stdio: 'ignore' });
      const gone = new Promise((resolve) => own.once('exit', resolve));
      for (let i = 0; i < 200 && !programsIn([gateway]).some(({ pid }) => pid === own.pid); i++)
        await wait(10);
      const programs = programsIn(lab.lab.namespaces).map(({ pid }) => ({ pid, started: startTicks(pid) }));
      assert.ok(programs.some(({ pid }) => pid === own.pid));
      const first = await lab.run('down');
      assert.equal(first.code, 0, first.stderr);
      await gone;
      assert.deepEqual(
        programs.filter(({ pid, started }) => started !== undefined && startTicks(pid) === started),
        [],
      );
      lab.assertNothingLeft();
      const second = await lab.run('down');
      assert.equal(second.code, 0);
      assert.match(second.stdout, /nothing to remove/);
      const status = await lab.run('status', '--json');
      assert.equal((JSON.parse(status.stdout) as StatusReport).state, 'down');
      assert.equal(status.code, 1);
    });
  });

  test('Ctrl-C in the middle of up leaves nothing', async () => {
    const lab = create();
    const child = lab.start('up', '--bare');
    const end = ended(child);
    await lab.building('net');
    child.kill('SIGINT');
    const { code, stderr } = await end;
    assert.equal(code, 1);
    assert.match(stderr, /interrupted/);
    lab.assertNothingLeft();
  });

  test('what a killed up has left is seen, built over and removed', async () => {
    const lab = create();
    const child = lab.start('up', '--bare');
    const end = ended(child);
    await lab.building('gateway');
    const second = await lab.run('up', '--bare');
    assert.equal(second.code, 1);
    assert.match(second.stderr, /is building the lab/);
    child.kill('SIGKILL');
    await end;
    const status = await lab.run('status', '--json');
    assert.equal((JSON.parse(status.stdout) as StatusReport).state, 'broken');
    const attack = await lab.run('attack', 'scan');
    assert.equal(attack.code, 1);
    assert.match(attack.stderr, /left over/);
    const again = await lab.run('up', '--bare');
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /left over/);
    assert.equal((await lab.run('down')).code, 0);
    lab.assertNothingLeft();
  });

  test('down removes what a killed up has left', async () => {
    const lab = create();
    const child = lab.start('up', '--bare');
    const end = ended(child);
    await lab.building('attacker');
    child.kill('SIGKILL');
    await end;
    const { code, stderr } = await lab.run('down');
    assert.equal(code, 0, stderr);
    lab.assertNothingLeft();
  });
});

async function inTurn<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

function inside(namespace: string, ...command: readonly string[]): string {
  return execFileSync('ip', ['netns', 'exec', namespace, ...command], { encoding: 'utf8' });
}

/** Packets that a host has forwarded from one interface to another. */
function forwarded(namespace: string): { readonly ip4: number; readonly ip6: number } {
  const [names, values] = inside(namespace, 'cat', '/proc/net/snmp')
    .split('\n')
    .filter((line) => line.startsWith('Ip: '))
    .map((line) => line.split(' '));
  const ip4 = Number(values?.[names?.indexOf('ForwDatagrams') ?? -1]);
  const ip6 = Number(/^Ip6OutForwDatagrams\s+(\d+)/m.exec(inside(namespace, 'cat', '/proc/net/snmp6'))?.[1]);
  return { ip4, ip6 };
}
