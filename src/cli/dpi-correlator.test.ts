import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { RunningWeir } from '../control/index.ts';
import { CAPTURES, folderFor, MAIN, up } from '../supervisor/testing.ts';
import { dpiCorrelator } from './dpi-correlator.ts';

const ROOT = join(import.meta.dirname, '../..');
const CORRELATOR = join(ROOT, 'dpi-correlator');
const CTL = join(ROOT, 'dpi-dualctl');
const CAPTURE = 'campus-1.pcap';
const PATIENCE_MS = 10_000;
/** The fields of SecuBox's files. */
const CORRELATION =
  'ip timestamp event_type reason threat_score reputation_score crowdsec_status context'.split(' ');
const NOTIFICATION = 'timestamp type severity ip event reason score'.split(' ');

interface Said {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
type Fields = Readonly<Record<string, unknown>>;

function lines(path: string): Fields[] {
  return jsonLines(readFileSync(path, 'utf8'));
}

function jsonLines(text: string): Fields[] {
  assert.ok(text === '' || text.endsWith('\n'));
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Fields);
}

function withoutMachine(): string | false {
  if (process.getuid?.() !== 0) return 'needs root';
  for (const program of ['unshare', 'nsenter']) {
    if (spawnSync(program, ['-V']).error !== undefined) return `needs the program ${program}`;
  }
  return false;
}

/** A weir that runs by dpi-dual's file, with a /run and a /var/lib of its own, on a capture. */
class DualWeir {
  readonly folder: string;
  readonly file: string;
  private child: ChildProcess | undefined;
  private said = '';

  constructor(context: TestContext, settings: string) {
    this.folder = mkdtempSync(join(tmpdir(), 'weir-correlator-'));
    context.after(async () => {
      if (this.child?.exitCode === null && this.child.signalCode === null) await this.end('SIGKILL');
      rmSync(this.folder, { recursive: true, force: true });
    });
    // The processes of weir become another user.
    chmodSync(this.folder, 0o755);
    mkdirSync(join(this.folder, 'lib'));
    this.file = join(this.folder, 'dpi-dual');
    writeFileSync(this.file, settings.replaceAll('FOLDER', this.folder));
  }

  async start(): Promise<void> {
    const prepare = 'mount -t tmpfs none /run && mount --bind "$1" /var/lib && shift && exec "$@"';
    const own = [process.execPath, MAIN, 'up', '-c', this.file, '--capture', join(CAPTURES, CAPTURE)];
    const child = spawn('unshare', ['--mount', 'sh', '-c', prepare, 'sh', join(this.folder, 'lib'), ...own], {
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    this.child = child;
    this.said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
    });
    for (const end = performance.now() + PATIENCE_MS; !this.said.includes('captures are read'); ) {
      assert.equal(child.exitCode, null, this.said);
      assert.ok(performance.now() < end, `it does not come to run: ${this.said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  run(program: string, ...args: readonly string[]): Said {
    const inside = ['--target', String(this.child?.pid), '--mount', program, '-c', this.file, ...args];
    return spawnSync('nsenter', inside, { encoding: 'utf8', timeout: 30_000 });
  }

  good(program: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = this.run(program, ...args);
    assert.equal(status, 0, `${args.join(' ')}: ${stdout}${stderr}${this.said}`);
    assert.equal(stderr, '');
    return stdout;
  }

  /** Its control socket, which is nowhere but in its own /run. */
  asked(): RunningWeir {
    return RunningWeir.at(`/proc/${this.child?.pid}/root/run/weir`);
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const exit = once(this.child as ChildProcess, 'exit');
    this.child?.kill(signal);
    await exit;
  }
}

test('by the file of dpi-dual: its words, at once and after a restart', {
  skip: withoutMachine(),
  timeout: 60_000,
}, async (context) => {
  const weir = new DualWeir(
    context,
    `# mine
config global 'settings'
	option mode 'tap-only'
	option stats_dir 'FOLDER/stats'
config correlation 'correlation'
	option output 'FOLDER/threats/found.json'
	option sensitivity 'low' # for now
config whitelist 'whitelist'
	list ip '198.51.100.0/24'
`,
  );
  await weir.start();
  const reputation = async (): Promise<number> => (await weir.asked().reputation('2001:db8::9')).score;
  assert.match(
    weir.good(CORRELATOR, 'correlate', '2001:db8::9', 'scanner', 'seen at night', '80'),
    /^\[\d\d:\d\d:\d\d\] Processing threat: 2001:db8::9 \(scanner: seen at night, score: 80\)\nReputation Score: 25\n$/,
  );
  // 35 points times 0.7, then times 1.3.
  assert.equal(
    weir.good(CORRELATOR, 'reputation', '2001:DB8:0:0::9'),
    'IP: 2001:db8::9\nReputation Score: 25\n',
  );
  assert.equal(weir.good(CORRELATOR, 'tune', 'sensitivity', 'high'), 'Sensitivity set to: high\n');
  assert.equal((await reputation()).toFixed(9), '45.500000000');
  assert.equal(weir.good(CORRELATOR, 'decay', '25'), 'Decayed all reputations by 25 points\n');
  assert.equal((await reputation()).toFixed(9), (45.5 / Math.E).toFixed(9));
  assert.equal(
    weir.good(CORRELATOR, 'whitelist', 'add', '2001:db8:1::/48'),
    'Added 2001:db8:1::/48 to whitelist\n',
  );
  assert.equal(
    weir.good(CORRELATOR, 'whitelist', 'remove', '198.51.100.9/24'),
    'Removed 198.51.100.9/24 from whitelist\n',
  );
  const settings = readFileSync(weir.file, 'utf8');
  assert.equal(
    settings,
    `# mine
config global 'settings'
	option mode 'tap-only'
	option stats_dir '${weir.folder}/stats'
config correlation 'correlation'
	option output '${weir.folder}/threats/found.json'
	option sensitivity 'high' # for now
config whitelist 'whitelist'
	list ip '2001:db8:1::/48'
`,
  );
  await weir.end();
  await weir.start();
  const status = weir.good(CORRELATOR, 'status');
  assert.match(
    status,
    /^=== Correlator Status ===\nStatus: RUNNING\n\nSensitivity: high\nAuto-ban: 0 \(threshold: 80\)\n\n\{/,
  );
  const { updated, ...figures } = JSON.parse(status.slice(status.indexOf('{'))) as Fields;
  assert.deepEqual(figures, {
    total_correlations: 1,
    high_threat_count: 1,
    banned_ips: 0,
    unique_ips: 1,
  });
  assert.ok(!Number.isNaN(Date.parse(String(updated))));
  assert.equal((await reputation()).toFixed(9), (45.5 / Math.E).toFixed(9));
  const threats = weir.good(CTL, 'threats', '5');
  assert.deepEqual(jsonLines(threats), lines(join(weir.folder, 'threats/found.json')));
  assert.equal(jsonLines(threats).length, 1);
  await weir.end();
});

test('weir up --capture: the files of SecuBox have its fields, one object a line', async (context) => {
  const folder = folderFor(
    context,
    `store: {folder: STORE}\nstatus: {enabled: true, folder: STATUS, interval: 1s}\n`,
  );
  const config = join(folder, 'weir.yaml');
  const text = readFileSync(config, 'utf8');
  writeFileSync(
    config,
    text.replace('STORE', join(folder, 'store')).replace('STATUS', join(folder, 'status')),
  );
  const weir = up(context, folder, ['--capture', CAPTURES]);
  await weir.running();
  const asked = RunningWeir.at(join(folder, 'run'));
  const client = await weir.until('flows', async () => (await asked.flows({}, 1))[0]?.source);
  const word = { address: client, reason: 'a "quoted" line', author: 'test', threat: 90 };
  for (const type of ['brute_force', 'manual', 'port_scan']) await asked.correlate({ ...word, type });
  await asked.correlate({ ...word, address: '203.0.113.9', type: 'default', threat: 10 });
  for (const wrong of [
    { ...word, type: 'two words' },
    { ...word, type: 'manual', address: '203.0.113.0/24' },
    { ...word, type: 'manual', threat: 101 },
    { ...word, type: 'manual', reason: 'two\nlines' },
    { ...word, type: 'manual', reason: '' },
  ]) {
    await assert.rejects(asked.correlate(wrong), { name: 'ControlError', code: 'question' });
  }
  await assert.rejects(asked.fade(51), { code: 'question' });
  const run = (...args: readonly string[]): Said =>
    spawnSync(CORRELATOR, [...args, '--config', config], { encoding: 'utf8', timeout: 30_000 });
  const found = jsonLines(run('search', client, '2').stdout);
  assert.deepEqual(
    found.map(({ event_type, reason }) => [event_type, reason]),
    [
      ['manual', 'a "quoted" line'],
      ['manual', 'port_scan: a "quoted" line'],
    ],
  );
  const seen = JSON.parse(run('context', client).stdout) as Fields;
  assert.deepEqual(Object.keys(seen), CORRELATION);
  assert.deepEqual(Object.keys(seen.context as Fields), Object.keys(found[1]?.context as Fields));
  assert.ok(JSON.stringify(seen.context).includes(`"local_ip":"${client}"`), JSON.stringify(seen));
  const tuned = run('tune', 'decay', '9');
  assert.equal(tuned.status, 1);
  assert.match(
    tuned.stderr,
    /^dpi-correlator: weir runs by .*: this is correlation\.decay of .*weir\.yaml; set it to 9/,
  );
  const listed = run('whitelist', 'add', '203.0.113.9');
  assert.match(listed.stderr, /respond\.neverBan of .*weir\.yaml; add 203\.0\.113\.9 to it/);
  // What that setting says is taken over while it runs.
  writeFileSync(
    config,
    `${readFileSync(config, 'utf8')}correlation: {decay: 9}\nrespond: {neverBan: [203.0.113.9]}\n`,
  );
  weir.child.kill('SIGHUP');
  await weir.until('the reload', async () => (await asked.tuning()).decay === 9);
  assert.deepEqual((await asked.tuning()).neverBan, ['203.0.113.9']);
  assert.equal(await weir.end('SIGTERM'), 0, weir.said);

  const at = (name: string): string => join(folder, 'status', name);
  const correlations = lines(at('correlated-threats.json'));
  for (const one of correlations) {
    assert.deepEqual(Object.keys(one), [...CORRELATION, 'weir']);
    assert.ok(['banned', 'clean'].includes(String(one.crowdsec_status)));
    const { mitm_requests, dpi_flows, waf_alerts, ...others } = one.context as Fields;
    assert.ok([mitm_requests, dpi_flows, waf_alerts].every(Array.isArray));
    assert.deepEqual(others, {});
  }
  // The captures have something of their own.
  const mine = correlations.filter(({ weir: detail }) => (detail as Fields).source === 'manual/test');
  assert.ok(JSON.stringify(mine[0]?.context).includes('"local_ip"'), JSON.stringify(mine[0]));
  assert.deepEqual(
    mine.map(({ ip, event_type, threat_score }) => [ip, event_type, threat_score]),
    [
      [client, 'brute_force', 90],
      [client, 'manual', 90],
      [client, 'manual', 90],
      ['203.0.113.9', 'other', 10],
    ],
  );
  const reputations = JSON.parse(readFileSync(at('ip-reputation.json'), 'utf8')) as Record<string, Fields>;
  for (const one of Object.values(reputations)) {
    assert.deepEqual(Object.keys(one), ['score', 'events', 'last_event', 'updated']);
  }
  assert.ok(Number(reputations[client]?.events) >= 3);
  assert.equal(reputations['203.0.113.9']?.events, 1);
  const told = lines(at('notifications.json'));
  assert.ok(told.some(({ ip }) => ip === client));
  for (const one of told) {
    assert.deepEqual(
      Object.keys(one).filter((name) => name !== 'count'),
      NOTIFICATION,
    );
    assert.equal(one.type, 'dpi_threat');
  }
});

test('wrong words are told with what there is, before anybody is asked', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-correlator-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'dpi-dual');
  writeFileSync(file, "config correlation 'correlation'\n\toption enabled 0\n");
  for (const [args, says] of [
    [[], /takes a command/],
    [['reputation'], /reputation takes an address/],
    [['correlate', '10.0.0.300'], /'10\.0\.0\.300' is no address such as/],
    [['correlate', '10.0.0.1', 'manual', 'why', '101'], /SCORE takes a number from 0 to 100/],
    [['search', '10.0.0.1', '0'], /LIMIT takes a number from 1/],
    [['stats', 'all'], /stats takes less/],
    [['tune', 'sensitivity'], /tune takes a parameter and its value/],
    [['tune', 'constructor', '1'], /has no parameter 'constructor'/],
    [['tune', 'duration', 'long'], /duration takes a time such as 30m, 4h or 7d/],
    [['tune', 'threshold', '1e2'], /threshold takes a number from 0 to 100/],
    [['whitelist', 'add'], /whitelist takes add ADDRESS/],
    [['whitelist', 'add', '10.0.0.0/33'], /whitelist takes an address or a network/],
    [['decay', '51'], /decay takes a number from 0 to 50/],
  ] as const) {
    await assert.rejects(dpiCorrelator(['-c', file, ...args]), { name: 'UsageError', message: says });
  }
  const run = (...args: readonly string[]): Said =>
    spawnSync(CORRELATOR, ['-c', file, ...args], { encoding: 'utf8', timeout: 30_000 });
  const unknown = run('corelate');
  assert.equal(unknown.status, 2);
  assert.match(unknown.stderr, /has no command 'corelate'\nusage: dpi-correlator/);
  const off = run('start');
  assert.equal(off.status, 1);
  assert.match(off.stderr, /not to correlate: settings\.correlation or correlation\.enabled is 0/);
});
