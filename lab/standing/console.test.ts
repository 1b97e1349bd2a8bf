import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { kernelAddon } from '../../src/native/index.ts';
import { ENVIRONMENT } from '../namespaces.ts';
import { ADDRESS } from '../topology.ts';
import { removeLab } from './state.ts';
import type { StatusReport } from './status.ts';
import { ended, TestLab, withoutLab } from './test-lab.ts';

/** Type of the first block of a file. */
const PCAPNG = 0x0a0d0d0a;
const PATIENCE_MS = 15_000;
const CONSOLE = join(import.meta.dirname, '../../build/web/index.html');

function withoutWeir(): string | false {
  if (withoutLab !== false) return withoutLab;
  if (kernelAddon() === undefined) return 'build/weir.node is not built (setup/addon.sh)';
  for (const [program, version] of [
    ['haproxy', '-v'],
    ['nft', '--version'],
    ['nmap', '--version'],
  ] as const) {
    if (spawnSync(program, [version], { env: ENVIRONMENT }).error !== undefined)
      return `needs the program ${program}`;
  }
  return existsSync('/usr/share/modsecurity-crs/rules') ? false : 'needs a Core Rule Set (modsecurity-crs)';
}

type Json = Readonly<Record<string, unknown>>;

/** What is looked at of what lists have in them. */
interface Item {
  readonly value?: string;
  readonly communityId?: string;
  readonly community_id?: string;
  readonly attackers?: readonly string[];
}

/** The console of a lab, as a browser on this machine reaches it. */
class Browser {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async get(path: string): Promise<Json> {
    const answer = await fetch(new URL(path, this.url));
    const text = await answer.text();
    assert.equal(answer.status, 200, `${path}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as Json;
  }

  async items(path: string): Promise<readonly Item[]> {
    return (await this.get(path)).items as readonly Item[];
  }

  async until<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
    for (const end = performance.now() + PATIENCE_MS; ; await wait(100)) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      assert.ok(performance.now() < end, `no ${what}`);
    }
  }
}

suite('the console of the standing lab', { skip: withoutWeir(), timeout: 58_000 }, () => {
  const lab = new TestLab();
  after(() => removeLab(lab.lab));

  test('both streams, an attack, a ban and its end are seen from this machine', async () => {
    const { code, stdout, stderr } = await lab.run('up');
    assert.equal(code, 0, stderr);
    const [, url = ''] = /^The console: {2}(http:\/\/127\.0\.0\.1:\d+)\n/.exec(stdout) ?? [];
    const browser = new Browser(url);

    // Somebody who runs weir is an administrator at the other socket alone.
    assert.equal(
      (await browser.get('/api/v1/session').then(({ principal }) => principal as Json)).by,
      'anonymous',
    );
    assert.equal(statSync(lab.path('weir/console.sock')).mode & 0o777, 0o660);
    const page = await fetch(url);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    assert.equal(page.status, existsSync(CONSOLE) ? 200 : 503);

    const before = await figures(browser);
    const traffic = await lab.run('traffic', '--seconds', '1', '--rate', '6', '--json');
    assert.equal(traffic.code, 0, traffic.stdout);
    await browser.until('traffic in both streams', async () => {
      const now = await figures(browser);
      return now.packets > before.packets + 40 && now.requests >= before.requests + 8;
    });
    const [request] = await browser.items('/api/v1/requests?limit=1');
    await browser.until('flow of a request', async () => {
      const open = await browser.items('/api/v1/flows/open?limit=1000');
      return open.some(({ communityId, community_id: id }) => (communityId ?? id) === request?.communityId);
    });

    const id = encodeURIComponent(request?.communityId ?? '');
    await browser.until('packets of it', async () => {
      const answer = await fetch(new URL(`/api/v1/flows/${id}/packets`, url));
      const bytes = Buffer.from(await answer.arrayBuffer());
      return answer.ok && bytes.length > 500 && bytes.readUInt32LE() === PCAPNG;
    });

    const attack = lab.start('attack', 'scan', '--json');
    const over = ended(attack);
    const banned = (): Promise<boolean> =>
      browser
        .items('/api/v1/decisions?type=ban')
        .then((all) => all.some(({ value }) => value === ADDRESS.attacker));
    await browser.until('ban', banned);
    attack.kill('SIGINT');
    await over;
    assert.equal((await browser.get('/api/v1/decisions')).mode, 'enforce');
    await browser.until('incident', async () =>
      (await browser.items('/api/v1/incidents')).some(({ attackers = [] }) =>
        attackers.includes(ADDRESS.attacker),
      ),
    );
    const reaches = async (): Promise<boolean> => {
      const curl = ['curl', '-s', '-o', '/dev/null', '--max-time', '1', `http://${ADDRESS.dmz}/`];
      return (await lab.runOn('attacker', curl)).code === 0;
    };
    await browser.until('end of what the attacker reaches', async () => !(await reaches()));
    const status = await lab.run('status', '--json');
    const report = JSON.parse(status.stdout) as StatusReport;
    assert.ok(report.weir?.console === url && report.weir.running, status.stdout.slice(-500));
    assert.ok(report.weir.bans.some(({ value }) => value === ADDRESS.attacker));
    assert.equal(status.code, 0, 'what weir keeps apart is no failure');

    const { csrf } = await browser.get('/api/v1/session');
    const lift = new URL(`/api/v1/decisions?value=${ADDRESS.attacker}`, url);
    assert.equal((await fetch(lift, { method: 'DELETE' })).status, 403, 'without a proof');
    const lifted = await fetch(lift, { method: 'DELETE', headers: { 'x-csrf-token': String(csrf) } });
    assert.equal(lifted.status, 200, await lifted.text());
    await browser.until('way for the attacker', reaches);

    const wrong = await lab.run('up', '--web', 'proxy');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /is up with weir on its gateway: 'weir lab down --name/);
    const down = await lab.run('down');
    assert.equal(down.code, 0, down.stderr);
    lab.assertNothingLeft();
    await assert.rejects(fetch(url), TypeError);
  });
});

async function figures(browser: Browser): Promise<{ readonly packets: number; readonly requests: number }> {
  const { passive, active } = await browser.get('/api/v1/overview');
  return {
    packets: Number((passive as Json).packetsTotal),
    requests: Number((active as Json).requestsTotal),
  };
}
