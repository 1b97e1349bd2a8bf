import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { createCa } from '../../src/mitm/proxy/tls/index.ts';
import { CORPUS } from '../../test/support/corpus.ts';
import { ADDRESS } from '../topology.ts';
import { APPLICATION } from '../web-application.ts';
import { WEIR } from '../web-gateway.ts';
import { removeLab } from './state.ts';
import { type Run, recordsIn, TestLab, withoutLab } from './test-lab.ts';

const V4_RULES = join(CORPUS, 'crs');
const DEBIAN_RULES = '/usr/share/modsecurity-crs';
const CRS = existsSync(V4_RULES) ? V4_RULES : '';
const withoutRules = CRS === '' && !existsSync(DEBIAN_RULES) ? 'no Core Rule Set is here' : false;
const ADDON = join(import.meta.dirname, '../../integrations/mitmproxy/dpi_buffer.py');
const withoutMitmdump =
  spawnSync('mitmdump', ['--version']).error === undefined ? false : 'mitmdump is not installed';
const withoutNft = spawnSync('nft', ['--version']).error === undefined ? false : 'nft is not installed';

const ATTACK = '?id=1%27%20UNION%20SELECT%20name%2C%20password%20FROM%20users--';
/** What a page that blocks lacks, and the pages of the lab have: they are as the server sent them. */
const STATUS = ['-o', '/dev/null', '-w', '%{http_code} %{http_version}\\n'];
const JUDGING = [...(CRS === '' ? [] : ['--crs', CRS]), '--workers', '1'];

/** curl is refused a connection, or it is closed without an answer. */
const REFUSED = /ended with (7|52|56)/;
/** Packets of a bridge pass the rules of IP where br_netfilter is loaded, and lose the socket that tproxy gave them. */
const BRIDGE = 'for f in /proc/sys/net/bridge/bridge-nf-call-ip*tables; do [ ! -e $f ] || echo 0 > $f; done';

suite("weir's other ways in the lab", { skip: withoutLab || withoutRules, timeout: 120_000 }, () => {
  const lab = new TestLab();
  let ca = '';
  before(async () => {
    await lab.up('--bare');
    ca = lab.path('weir-ca');
    createCa(ca, { name: 'Lab inspection' });
  });
  after(async () => {
    await removeLab(lab.lab);
    lab.assertNothingLeft();
  });
  /** Options of a `weir proxy` with its own files, by name. */
  const own = (name: string): string[] => [
    ...JUDGING,
    ...['--eve', lab.path(`${name}.json`), '--no-buffer', '--control', lab.path(`control-${name}`)],
  ];
  const curl = (host: string, ...words: readonly string[]): Promise<Run> =>
    lab.runOn(host, ['curl', '-q', '-sS', '--max-time', '8', ...words]);
  const answers = async (host: string, ...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await curl(host, ...STATUS, ...words);
    return code === 0 ? stdout.trim() : `curl ended with ${code}: ${stderr.trim()}`;
  };

  test('mitmdump asks weir up by the addon; both streams are in one file', {
    skip: withoutMitmdump,
  }, async (context) => {
    const socket = lab.path('mitmproxy.sock');
    const eve = lab.path('up.json');
    const file = lab.path('weir.yaml');
    writeFileSync(
      file,
      [
        `capture: { interface: lan0 }`,
        `outputs: { eve: { file: ${eve} } }`,
        `web: { enabled: true, waf: { crs: "${CRS}", workers: 1, budget: 2s }, mitmproxy: { socket: ${socket} }, buffer: { enabled: false } }`,
        `lan: { enabled: false }`,
        `store: { enabled: false }`,
        `privileges: { user: root }`,
        `control: { folder: ${lab.path('control-up')} }`,
        '',
      ].join('\n'),
    );
    const weir = await lab.startOn('gateway', [WEIR, 'up', '-c', file]);
    context.after(() => weir.stop());
    for (let i = 0; i < 200 && !existsSync(socket); i++) await new Promise((done) => setTimeout(done, 100));
    const settings = [`weir_socket=${socket}`, 'weir_fail=closed', 'weir_timeout=5', 'keep_host_header=true'];
    const mitmdump = await lab.startOn(
      'gateway',
      [
        ...['mitmdump', '-s', ADDON, '--listen-port', '8080', '--set', `confdir=${lab.path('mitmproxy')}`],
        ...['--mode', `reverse:http://${ADDRESS.dmz}:${APPLICATION.port}`],
        ...settings.flatMap((setting) => ['--set', setting]),
      ],
      /connected to/,
    );
    context.after(() => mitmdump.stop());
    const url = `http://${APPLICATION.name}:8080`;
    assert.equal(await answers('alice', '-4', `${url}/products/2`), '200 1.1');
    assert.equal(
      await answers('alice', '-4', '--data-urlencode', "text=It's fine", `${url}/contact`),
      '303 1.1',
    );
    assert.equal(await answers('alice', '-4', `${url}/search${ATTACK}`), '403 1.1');
    assert.equal(
      await answers('attacker', `http://${ADDRESS.gateway}:8080/?file=../../../../etc/passwd`),
      '403 1.1',
    );
    await mitmdump.stop();
    const { code, stderr } = await weir.stop();
    assert.equal(code, 0, stderr);
    const records = recordsIn(eve);
    const blocked = records.find(({ web, src_ip: from }) => web?.action === 'deny' && from === ADDRESS.alice);
    const types = records.map((record) => `${record.event_type} ${record.web?.action} ${record.src_ip}`);
    assert.equal(blocked?.web?.way, 'mitmproxy', types.join('\n'));
    assert.ok(records.some(({ waf }) => waf?.reference === blocked?.web?.reference));
    const flow = records.find(
      (record) => record.event_type === 'flow' && record.community_id === blocked?.community_id,
    );
    assert.equal(flow?.src_port, blocked?.src_port);
  });

  test('forward proxy that looks into TLS', async (context) => {
    const listen = `${ADDRESS.gateway}:3128`;
    const way = ['--listen', listen, '--clients', '192.0.2.0/24', '--intercept', '--ca', ca];
    const except = ['--except', 'quic.example.com'];
    const command = [WEIR, 'proxy', 'forward', ...way, ...except, ...own('forward')];
    const weir = await lab.startOn('gateway', command, /Ctrl-C ends/);
    context.after(() => weir.stop());
    const through = ['-x', `http://${listen}`];
    const trusting = [...through, '--cacert', join(ca, 'ca.pem')];
    const site = 'www.example.com';
    assert.equal(await answers('alice', ...through, `http://${site}/about.html`), '200 1.1');
    assert.equal(await answers('alice', ...through, `http://${site}/about.html${ATTACK}`), '403 1.1');
    for (const [version, shown] of [
      ['--http1.1', '1.1'],
      ['--http2', '2'],
    ] as const) {
      assert.equal(
        await answers('alice', ...trusting, version, `https://${site}/about.html`),
        `200 ${shown}`,
      );
      assert.equal(
        await answers('alice', ...trusting, version, `https://${site}/about.html${ATTACK}`),
        `403 ${shown}`,
      );
    }
    assert.match(
      await answers('bob', ...through, '--cacert', lab.path('ca/ca.pem'), `https://${site}/`),
      /ended with 60/,
    );
    // An exception: the server's own certificate, and nobody judges.
    const excepted = [...through, '--cacert', lab.path('ca/ca.pem')];
    assert.match(await answers('alice', ...excepted, `https://quic.example.com/about.html${ATTACK}`), /^200/);
    // The server's certificate has expired: that is not hidden from the client.
    assert.match(await answers('alice', ...trusting, 'https://expired.example.com/'), /^502/);
    assert.match(await answers('attacker', ...through, `http://${ADDRESS.www}/`), REFUSED);
    assert.equal((await weir.stop()).code, 0);
    const denied = recordsIn(lab.path('forward.json')).filter(({ web }) => web?.action === 'deny');
    assert.equal(denied.length, 3);
    for (const record of denied)
      assert.deepEqual([record.src_ip, record.dest_ip], [ADDRESS.alice, ADDRESS.gateway]);
  });

  for (const mode of ['redirect', 'tproxy'] as const) {
    test(`transparent proxy (${mode}) for clients that know of none`, {
      skip: withoutNft,
    }, async (context) => {
      const lead = [WEIR, 'proxy', 'transparent', '--mode', mode, '--interface', 'lan0', '--rules-only'];
      const printed = await lab.runOn('gateway', [...lead, '--intercept']);
      assert.equal(printed.code, 0, printed.stderr);
      const loaded = await lab.runOn('gateway', ['sh', '-e'], printed.stdout);
      if (/No such file|not supported/.test(loaded.stderr)) {
        context.skip(`this kernel has no ${mode} in nftables`);
        return;
      }
      assert.equal(loaded.code, 0, loaded.stderr);
      assert.equal((await lab.runOn('gateway', ['sh', '-c', BRIDGE])).code, 0);
      const read = [WEIR, 'read', '-i', 'lan0', '--eve', lab.path(`passive-${mode}.json`)];
      const sensor = await lab.startOn('gateway', read, /capturing/);
      context.after(() => sensor.stop());
      // Both ways of TLS, with one mode each.
      const intercept = mode === 'redirect' ? ['--intercept', '--ca', ca] : [];
      const name = `transparent-${mode}`;
      const command = [WEIR, 'proxy', 'transparent', '--mode', mode, ...intercept, ...own(name)];
      const weir = await lab.startOn('gateway', command, /Ctrl-C ends/);
      context.after(() => weir.stop());
      for (const [host, family, address] of [
        ['alice', '-4', ADDRESS.www],
        ['bob', '-6', ADDRESS.www6],
      ] as const) {
        const site = 'www.example.com';
        const ask = (...words: readonly string[]): Promise<string> => answers(host, family, ...words);
        assert.equal(await ask(`http://${site}/about.html`), '200 1.1', address);
        assert.equal(await ask(`http://${site}/about.html${ATTACK}`), '403 1.1', address);
        if (mode === 'redirect') {
          const trusting = ['--cacert', join(ca, 'ca.pem')];
          for (const version of ['--http1.1', '--http2']) {
            assert.match(await ask(...trusting, version, `https://${site}/about.html`), /^200/, address);
            assert.match(
              await ask(...trusting, version, `https://${site}/about.html${ATTACK}`),
              /^403/,
              address,
            );
          }
        } else {
          const own = ['--cacert', lab.path('ca/ca.pem')];
          assert.equal(await ask(...own, `https://${site}/about.html${ATTACK}`), '200 2', address);
        }
      }
      assert.match(await answers('alice', `http://${ADDRESS.gateway}:3129/`), REFUSED);
      assert.equal((await weir.stop()).code, 0);
      await sensor.stop();
      const undo = printed.stdout.split('# To undo:\n')[1]?.replaceAll('#   ', '') ?? '';
      const undone = await lab.runOn('gateway', ['sh', '-e'], undo);
      assert.equal(undone.code, 0, undone.stderr);
      assert.match(await answers('alice', `http://www.example.com/about.html${ATTACK}`), /^200/);

      const active = recordsIn(lab.path(`${name}.json`)).filter(({ event_type: type }) => type === 'http');
      const passive = recordsIn(lab.path(`passive-${mode}.json`));
      assert.equal(active.length, mode === 'redirect' ? 12 : 4);
      for (const record of active) {
        const same = passive.find(
          ({ event_type: type, community_id: id }) => type === 'flow' && id === record.community_id,
        );
        assert.deepEqual([same?.src_ip, same?.src_port], [record.src_ip, record.src_port]);
        assert.deepEqual([same?.dest_ip, same?.dest_port], [record.dest_ip, record.dest_port]);
      }
    });
  }
});
