import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { weir } from '../../test/support/web-parts.ts';
import { type Correlation, CorrelationLog, correlationOf } from '../correlate/record/index.ts';
import { CAPTURES, folderFor, up } from '../supervisor/testing.ts';
import { context } from './context.ts';
import { mark } from './mark.ts';
import { reputation } from './reputation.ts';
import { search } from './search.ts';
import { threats } from './threats.ts';
import { UsageError } from './usage.ts';

/** Of the bundled captures: it fetches a program. */
const VICTIM = '192.0.2.77';
/** It reads web pages, over connections of which some have ended. */
const READER = '192.0.2.145';
const ID = 'a'.repeat(20);

test('wrong words are told before anybody is asked', async () => {
  const wrong: readonly (readonly [
    command: (args: readonly string[]) => Promise<number>,
    args: readonly string[],
    message: RegExp,
  ])[] = [
    [threats, [VICTIM], /threats takes no operands/],
    [threats, ['--min', '101'], /--min takes a number from 0 to 100/],
    [threats, ['--limit', '0'], /--limit takes a number/],
    [context, [], /context takes one address/],
    [context, ['shop.test'], /'shop\.test' is no address/],
    [context, ['192.0.2.0/24'], /is no address/],
    [reputation, [], /reputation takes one address/],
    [reputation, ['192.0.2.0/24'], /only the \/64 of IPv6/],
    [reputation, ['nobody'], /'nobody' is no address/],
    [reputation, [VICTIM, '--why', '--reset'], /exclude each other/],
    [reputation, ['2001:db8::/64', '--reset'], /--reset takes an address/],
    [search, ['shop.test'], /no address .* no network/],
    [search, ['--type', 'bad'], /--type takes waf_block, /],
    [search, ['--since', 'yesterday'], /--since takes a time/],
    [search, ['--since', '2026-03-02', '--until', '2026-03-01'], /--since is behind --until/],
    [search, ['--stats', '--min', '5'], /--stats counts all/],
    [mark, [], /mark takes an identifier/],
    [mark, ['short', 'false'], /'short' is no identifier/],
    [mark, [ID], /takes false or true/],
    [mark, [ID, 'maybe'], /takes false or true/],
    [mark, [ID, 'false', '--path', '/x'], /--path has no meaning/],
    [mark, ['except', '--reason', 'x'], /at least one of --address/],
    [mark, ['except', '--path', '/x'], /takes a reason/],
    [mark, ['except', '--address', 'shop', '--reason', 'x'], /--address takes an address or a network/],
    [mark, ['except', '--path', '/x', '--reason', 'x', '--for', 'ever'], /--for takes a time/],
    [mark, ['remove', 'x'], /identifier of an exception/],
    [mark, ['accept', ID], /identifier of a proposal/],
  ];
  for (const [command, args, message] of wrong) {
    await assert.rejects(
      () => command(args),
      (error) => error instanceof UsageError && message.test(error.message),
      `${command.name} ${args.join(' ')}`,
    );
  }
});

/** The commands in one program, with what the program around them does for errors of usage: starting it often is slow. */
const RUN = `
import { createInterface } from 'node:readline';
import { context } from './src/cli/context.ts';
import { mark } from './src/cli/mark.ts';
import { reputation } from './src/cli/reputation.ts';
import { search } from './src/cli/search.ts';
import { threats } from './src/cli/threats.ts';
import { UsageError } from './src/cli/usage.ts';
const commands = { context, mark, reputation, search, threats };
const answer = process.stdout.write.bind(process.stdout);
for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...args] = JSON.parse(line);
  const ended = { code: 0, stdout: '', stderr: '' };
  process.stdout.write = (text) => (ended.stdout += text, true);
  process.stderr.write = (text) => (ended.stderr += text, true);
  try { ended.code = await commands[name](args); }
  catch (error) {
    if (!(error instanceof UsageError)) ended.stderr += String(error?.stack ?? error);
    else ended.stderr += 'weir: ' + error.message + '\\n';
    ended.code = error instanceof UsageError ? 2 : -1;
  }
  answer(JSON.stringify(ended) + '\\n');
}`;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one command after the other. */
function commandRunner(t: TestContext): (...args: readonly string[]) => Promise<Ended> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', RUN], {
    cwd: join(import.meta.dirname, '../..'),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (...args) => {
    child.stdin.write(`${JSON.stringify(args)}\n`);
    const { value, done } = await answers.next();
    assert.ok(done !== true, `the commands ended at ${args.join(' ')}`);
    return JSON.parse(value) as Ended;
  };
}

test('where none runs one sentence says what to start', { timeout: 30_000 }, async (t) => {
  const config = ['-c', join(folderFor(t), 'weir.yaml')];
  const program = await weir('threats', ...config);
  const run = commandRunner(t);
  const others = [['context', VICTIM], ['reputation', VICTIM], ['search'], ['mark', 'proposals']];
  for (const args of [['threats'], ...others]) {
    const { code, stdout, stderr } = await run(...args, ...config);
    assert.deepEqual([code, stdout], [1, ''], args.join(' '));
    assert.match(stderr, /^weir: weir is not running \(.*\): 'weir up' starts it\n$/);
    assert.equal(program.stderr, stderr);
  }
  assert.equal(program.code, 1);
  for (const name of ['threats', 'context', 'reputation', 'search', 'mark']) {
    const { code, stdout, stderr } = await run(name, '--help');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, new RegExp(`^usage: weir ${name} `));
    for (const line of stdout.split('\n')) assert.ok(line.length <= 120, line);
  }
});

test('what was correlated, from the first look to an exception', { timeout: 60_000 }, async (t) => {
  const folder = folderFor(t);
  const earlier = await writeEarlier(join(folder, 'run/correlation'));
  const running = up(t, folder, ['--capture', CAPTURES]);
  await running.running();
  const run = commandRunner(t);

  const ask = async (...args: readonly string[]) => {
    const ended = await run(...args, '-c', join(folder, 'weir.yaml'));
    assert.equal(ended.code, 0, `${args.join(' ')}: ${ended.stderr}`);
    // No byte of the traffic commands the terminal.
    assert.ok(!ended.stdout.includes('\u001b'), args.join(' '));
    return ended;
  };
  const lines = async (...args: readonly string[]): Promise<readonly Record<string, unknown>[]> => {
    const { stdout } = await ask(...args, '--json');
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  await running.until('correlations', async () => (await lines('threats')).length > 0);
  let evidence = '';

  await t.test('threats shows who, and the incident; and what to type next', async () => {
    const { stdout, stderr } = await ask('threats');
    assert.match(
      stdout,
      /^ {2}192\.0\.2\.77 +20 {2}██·{8} +1 {2}2026-11-21 02:24:55 {2}A program came over plain HTTP/m,
    );
    assert.match(stdout, /^1 open incident\n\nTool transfer of 192\.0\.2\.77 {2}[a-z0-9]{20}$/m);
    assert.match(stdout, /^ {2}1\. tool transfer, Command and Control \(TA0011\), 2026-11-21 02:24:55$/m);
    assert.match(stdout, /Ingress Tool Transfer \(T1105\)/);
    assert.match(stderr, /weir context 192\.0\.2\.77 -c \S+weir\.yaml$/m);
    const [threat] = await lines('threats');
    assert.equal(threat?.subject, VICTIM);
    const [incident] = await lines('threats', '--incidents');
    assert.equal(incident?.id, threat?.incident);
    const none = await ask('threats', '--min', '90');
    assert.equal(none.stdout, 'nothing speaks against anybody with 90 or more\n');
    assert.match(none.stderr, /^without --min: weir threats/);
  });

  await t.test(
    'context is one picture: files, incident, requests with their connections, timeline',
    async () => {
      const { stdout } = await ask('context', VICTIM);
      assert.match(stdout, /^192\.0\.2\.77 {2}████·{16} 20 of 100/);
      assert.match(
        stdout,
        /^ {2}file +received \/player-update\.exe, application\/x-dosexec, 9\.22 kB, from 203\.0\.113\.30, SHA-256 [0-9a-f]{64}$/m,
      );
      assert.match(stdout, /^Tool transfer of 192\.0\.2\.77/m);
      const times = stdout.slice(stdout.indexOf('\ntimeline\n')).match(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g);
      assert.ok(times !== null && times.length > 5);
      assert.deepEqual(times, [...times].sort().reverse());
      // Requests whose flow has ended have what its packets tell.
      const reader = await ask('context', READER, '--limit', '3');
      assert.match(reader.stdout, /GET www\.example\.com\/style\.css +200 +61 µs +772 B +8\.68 kB$/m);
      assert.equal(reader.stdout.split('timeline\n')[1]?.split('\n').length, 5);
      const [whole, ...more] = await lines('context', READER);
      assert.equal(more.length, 0);
      const { connections } = whole as { readonly connections: readonly { readonly rttClientUs: number }[] };
      assert.ok(connections.some(({ rttClientUs }) => rttClientUs > 0));
      const nobody = await ask('context', '2001:DB8:0::99');
      assert.match(nobody.stdout, /^2001:db8::99 .* 0 of 100\nnothing was seen of it lately\n$/);
      assert.match(nobody.stderr, /weir flows --address 2001:db8::99/);
    },
  );

  await t.test('each point of a reputation is told, and adds up', async () => {
    const { stdout, stderr } = await ask('reputation', VICTIM, '--why');
    const [, left, id] =
      /^ {4}(\d\d\.\d) {4}20\.0 {4}20\.0 {6}1 {2}2026-11-21 02:24:55 {2}A program .*\(dpi_threat, weir\/malware-download\)\n +evidence ([a-z0-9]{20})$/m.exec(
        stdout,
      ) ?? assert.fail(stdout);
    evidence = id ?? '';
    assert.match(stdout, new RegExp(`^ {4}${left} {2}the sum$`, 'm'));
    assert.match(stderr, new RegExp(`weir mark ${evidence} false`));
    const [answer] = await lines('reputation', VICTIM, '--why');
    assert.equal(answer?.subject, VICTIM);
    assert.match((await ask('reputation', '2001:db8::/64')).stdout, /0 of 100\nnothing speaks against it/);
  });

  await t.test('search finds by address, network, type, time and threat', async () => {
    const { stdout } = await ask('search', '192.0.2.0/24');
    assert.match(
      stdout,
      new RegExp(`192\\.0\\.2\\.77 +dpi_threat +60 +20 .*203\\.0\\.113\\.30 .*${evidence}$`, 'm'),
    );
    assert.equal((await lines('search')).length, 2 + earlier.length);
    assert.equal((await lines('search', '--type', 'waf_block')).length, earlier.length);
    assert.equal((await lines('search', '--min', '75')).length, earlier.length);
    assert.equal((await lines('search', '--since', '2026-11-21T02:24:55')).length, 1);
    assert.match((await ask('search', '--limit', '1')).stderr, /there are more/);
    const hostile = await ask('search', '203.0.113.1');
    assert.match(hostile.stdout, /SQL \\x1b\[31mérror/);
    assert.match(
      hostile.stdout,
      /TLS 1\.3, t13d1516h2_8daaf6152771_b186095e22b6, RTT 1\.50 ms, 500 B up, 20\.0 kB down/,
    );
    assert.match(
      (await ask('search', '198.51.100.7')).stdout,
      /^ {2}2026-11-19 00:00:00 {2}198\.51\.100\.7 +60 *$/m,
    );
    const none = await ask('search', '--type', 'scanner');
    assert.equal(none.stdout, 'no correlations of this kind\n');
    assert.match(none.stderr, /weir search/);
    const [figures] = await lines('search', '--stats');
    assert.deepEqual([figures?.total, figures?.uniqueAddresses], [5, 5]);
    assert.match((await ask('search', '--stats')).stdout, /^ {2}correlations +5$/m);
  });

  await t.test(
    'what was false counts no more; of three weir proposes an exception, shown before it is accepted',
    async () => {
      const first = await ask('mark', 'proposals');
      assert.match(first.stdout, /^nothing is proposed/);
      assert.match(
        (await ask('mark', evidence, 'false', '--note', 'our own update')).stdout,
        /marked as false: .*its reputation is 0, it was 20/,
      );
      assert.match((await ask('threats')).stdout, /^nothing speaks against anybody\n/);
      for (const { weir: detail } of earlier) await ask('mark', detail.id, 'false');
      const proposed = (await lines('mark', 'proposals')).filter(({ kind }) => kind === 'exception');
      assert.equal(proposed.length, 1);
      const id = String(proposed[0]?.id);
      const shown = await ask('mark', 'proposals');
      assert.match(
        shown.stdout,
        new RegExp(`^ {2}${id} {2}except rule 942100 at host shop\\.test, path /search `, 'm'),
      );
      assert.match(shown.stderr, new RegExp(`weir mark accept ${id} --preview`));
      const preview = await ask('mark', 'accept', id, '--preview');
      assert.match(
        preview.stdout,
        /evidence that would not count +3\n {2}addresses with another score +3\n {4}203\.0\.113\.\d: 25 to 0$/m,
      );
      assert.match(preview.stdout, /attacks that would be missed +0$/m);
      assert.match((await ask('mark', 'exceptions')).stdout, /^there are no exceptions/);
      const accepted = await ask('mark', 'accept', id);
      assert.match(
        accepted.stdout,
        /would not count +3\n(?:.*\n)+does not count from now on: rule 942100 at host shop\.test/,
      );
      const [exception] = await lines('mark', 'exceptions');
      assert.deepEqual(exception?.match, { ruleId: '942100', host: 'shop.test', path: '/search' });
    },
  );

  await t.test('exceptions by hand end, are listed and removed; what is wrong is exit code 2', async () => {
    const added = await ask(
      'mark',
      'except',
      '--address',
      '198.51.100.0/24',
      '--scenario',
      'weir/port-scan',
      '--reason',
      'für den Prüfer',
      '--for',
      '30d',
    );
    const id = /\(([a-z0-9]{20})\)$/m.exec(added.stdout)?.[1] ?? assert.fail(added.stdout);
    const { stdout } = await ask('mark', 'exceptions');
    assert.match(
      stdout,
      new RegExp(
        `scenario weir/port-scan at network 198\\.51\\.100\\.0/24 .*\\d{4}-.*für den Prüfer.*${id}$`,
        'm',
      ),
    );
    assert.match((await ask('mark', 'remove', id)).stdout, /excepted no more/);
    for (const args of [
      ['mark', 'remove', id],
      ['mark', ID, 'false'],
      ['mark', 'except', '--path', '/', '--reason', 'all'],
      ['mark', 'accept', '00000000'],
    ]) {
      const { code, stdout: nothing, stderr } = await run(...args, '-c', join(folder, 'weir.yaml'));
      assert.deepEqual([code, nothing], [2, ''], `${args.join(' ')}: ${stderr}`);
      assert.match(stderr, /^weir: \S/);
    }
  });

  await t.test('a reputation is forgotten when somebody says so', async () => {
    assert.match(
      (await ask('reputation', VICTIM, '--reset')).stdout,
      /nothing spoke against|has no reputation any more/,
    );
  });
});

/** Three blocked requests of earlier, in the log of correlations, as a weir that ran before left it. */
async function writeEarlier(folder: string): Promise<readonly Correlation[]> {
  mkdirSync(folder, { recursive: true });
  const log = await CorrelationLog.open(join(folder, 'correlated-threats.json'));
  const ja4 = 't13d1516h2_8daaf6152771_b186095e22b6';
  const correlations = [1, 2, 3].map((number) =>
    correlationOf({
      evidence: {
        id: `earlier${number}`.padEnd(20, '0'),
        type: 'waf_block',
        timeUs: (Date.UTC(2026, 10, 20) + number * 1000) * 1000,
        address: `203.0.113.${number}`,
        target: '192.0.2.80',
        reason: 'SQL \u001b[31mérror (942100)',
        source: '942100',
        threat: 80,
        communityId: '1:abc',
        reference: `earlier${number}`.padEnd(20, '0'),
        ja4,
        techniques: ['T1190'],
      },
      facts: { host: 'shop.test', path: '/search', ruleId: '942100' },
      reputation: 25,
      banned: false,
      incident: '',
      context: { mitm_requests: [], dpi_flows: [], waf_alerts: [] },
      flow: undefined,
    }),
  );
  const joined = { tls_version: 'TLS 1.3', rtt_us: 1500, bytes_toserver: 500, bytes_toclient: 20_000 };
  const written = correlations.map((one) => ({ ...one, weir: { ...one.weir, ...joined } }));
  for (const one of written) assert.ok(log.write(one));
  log.close();
  // And one of another program, with less in it.
  appendFileSync(
    join(folder, 'correlated-threats.json'),
    '{"ip":"198.51.100.7","timestamp":"2026-11-19T00:00:00Z","threat_score":60}\n',
  );
  // What somebody put there keeps its owner, and the hub is another user.
  chmodSync(folder, 0o777);
  chmodSync(join(folder, 'correlated-threats.json'), 0o666);
  return written;
}
