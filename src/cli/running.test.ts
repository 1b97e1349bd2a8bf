import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { askSupervisor, ControlError } from '../control/index.ts';
import { CAPTURES, folderFor, MAIN, type Running, up, writeConfiguration } from '../supervisor/testing.ts';

const FILES = readdirSync(CAPTURES).map((name) => join(CAPTURES, name));
const QUESTIONS = [
  ['flows', '-n', '1000'],
  ['flows', '-n', '7', '--address', '203.0.113.0/24', '--protocol', 'tls'],
  ['flows', '--since', '2026-11-21T02:24:50', '--until', '2026-11-21T02:25:10'],
  ['destinations'],
  ['protocols', '--by', 'flows'],
  ['top'],
  ['top', 'names', '-n', '3'],
] as const;

function weir(...args: readonly string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: 60_000 });
}

/** A weir that has read all captures, with a history unless `settings` say otherwise. */
async function started(context: TestContext, settings?: string): Promise<Running> {
  const folder = folderFor(context);
  writeConfiguration(folder, settings ?? `store: {folder: ${folder}/store}`);
  const running = up(
    context,
    folder,
    FILES.flatMap((file) => ['--capture', file]),
  );
  await running.running();
  await running.until('the end of the captures', () => running.said.includes('the captures are read'));
  await running.until('all records', async () => {
    const { bus, statistics } = await running.status();
    const hub = statistics.hub as { records: number } | undefined;
    return bus.subscribers.every(({ queuedBatches }) => queuedBatches === 0) && (hub?.records ?? 0) > 500;
  });
  return running;
}

test('the running weir gives the answers that its store gives afterwards', async (context) => {
  const running = await started(context);
  const file = join(running.folder, 'weir.yaml');
  const store = join(running.folder, 'store');
  const ask = (where: readonly string[]) =>
    QUESTIONS.flatMap(([command, ...args]) =>
      [[], ['--json']].map((json) => {
        const { status, stdout, stderr } = weir(command, ...where, ...args, ...json);
        assert.equal(status, 0, stderr);
        return stdout;
      }),
    );
  const live = ask(['--config', file]);
  const locked = weir('flows', '--store', store);
  assert.equal(locked.status, 1);
  assert.match(locked.stderr, /has the store open.*without --store the running weir is asked/);
  const clients = weir('clients', '--config', file, '--json');
  const table = weir('clients', '--config', file);
  assert.equal(await running.end('SIGTERM'), 0, running.said);
  // A store knows of nothing that is open, and the running weir says here that nothing is.
  const none = /"open": \{\n {4}"matching": 0,\n {4}"open": 0,\n {4}"turnedAway": 0\n {2}\},\n {2}/;
  assert.equal(live.filter((text) => none.test(text)).length, 2);
  assert.deepEqual(
    live.map((text) => text.replace(none, '')),
    ask(['--store', store]),
  );
  assert.equal(JSON.parse(live[1] ?? '').flows.length, 254);
  // The clients are those of the captures.
  type Picture = Record<string, unknown> & { readonly networks: readonly string[] };
  const picture = JSON.parse(clients.stdout) as Picture;
  const expected = JSON.parse(weir('clients', CAPTURES, '--json').stdout) as Picture;
  assert.deepEqual(picture.networks, expected.networks);
  for (const name of ['total', 'clients', 'destinations', 'protocols', 'applications', 'events']) {
    assert.deepEqual(picture[name], expected[name], name);
  }
  assert.equal(table.stdout, weir('clients', CAPTURES).stdout);
});

test('several ask at the same time: each gets the whole answer, or is told to come again', async (context) => {
  const running = await started(context);
  const args = [MAIN, 'top', '--json', '--config', join(running.folder, 'weir.yaml')];
  const [one, other] = await Promise.all(
    [1, 2].map(() => promisify(execFile)(process.execPath, args, { encoding: 'utf8' })),
  );
  assert.equal(one?.stdout, other?.stdout);
  assert.ok((one?.stdout.length ?? 0) > 1000);
  const folder = join(running.folder, 'run');
  const question = { ask: 'flows', selection: {}, limit: 10_000 } as const;
  const answers = await Promise.allSettled(Array.from({ length: 14 }, () => askSupervisor(folder, question)));
  const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  assert.ok(given.length >= 4);
  for (const value of given) assert.deepEqual(value, given[0]);
  for (const answer of answers) {
    if (answer.status === 'fulfilled') continue;
    assert.ok(answer.reason instanceof ControlError && answer.reason.code === 'busy', String(answer.reason));
    assert.match(answer.reason.message, /ask again/);
  }
});

test('a question while the hub is restarting waits for it; one that cannot wait so long is told', async (context) => {
  const running = await started(context);
  const folder = join(running.folder, 'run');
  const question = { ask: 'flows', selection: {}, limit: 1000 } as const;
  const before = await askSupervisor(folder, question);
  for (let round = 0; round < 2; round++) {
    const status = await running.running();
    process.kill(running.pid('hub', status), 'SIGKILL');
    await running.until('the end of the hub', async () => {
      const hub = (await running.status()).processes.find(({ name }) => name === 'hub');
      return hub?.state !== 'running' || hub.pid !== running.pid('hub', status);
    });
    assert.deepEqual(await askSupervisor(folder, question), before);
  }
  // A hub that ends with the question in its hands: the signal is under way while the question is.
  const status = await running.running();
  process.kill(running.pid('hub', status), 'SIGSTOP');
  const unanswered = askSupervisor(folder, question);
  setTimeout(() => process.kill(running.pid('hub', status), 'SIGKILL'), 300);
  await assert.rejects(unanswered, { message: 'the hub ended before it had the answer: ask again' });
  assert.deepEqual(await askSupervisor(folder, question), before);
});

test('a hub that stays away is said after some seconds', async (context) => {
  const folder = folderFor(context);
  const file = join(folder, 'weir.yaml');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('{first: 100ms, longest: 300ms', '{first: 60s, longest: 60s'),
  );
  const running = up(context, folder, ['--capture', join(folder, 'captures')]);
  process.kill(running.pid('hub', await running.running()), 'SIGKILL');
  await running.until('the end of the hub', () => running.said.includes('hub ended (SIGKILL)'));
  const { status, stderr } = weir('protocols', '--config', file);
  assert.equal(status, 1);
  assert.match(stderr, /^weir: the hub does not run at present: ask again; 'weir status' tells more\n$/);
  const shown = weir('status', '--config', file);
  assert.match(shown.stdout, /! hub ended \(SIGKILL\) and is started again after \d+/);
  assert.equal(await running.end('SIGTERM'), 0, running.said);
});

/** Sends bytes and takes what comes back, until the other side has closed. */
function send(folder: string, bytes: string | Buffer, end = true): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(join(folder, 'weir.sock'));
    let got = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      got += text;
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(got));
    socket.on('connect', () => (end ? socket.end(bytes) : socket.write(bytes)));
  });
}

test('hostile bytes on the socket are refused, and nothing else suffers', async (context) => {
  const running = await started(context);
  const folder = join(running.folder, 'run');
  const before = await running.status();
  const lines: (string | Buffer)[] = [
    Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 7919) & 0xff)),
    'status',
    '',
    '\n',
    'x'.repeat(1 << 20),
    `${'['.repeat(4000)}\n`,
    'null\n',
    '{}\n',
    '{"ask":"constructor"}\n',
    '{"ask":"flows"}\n',
    '{"ask":"flows","limit":1e9}\n',
    '{"ask":"flows","limit":1.5}\n',
    '{"ask":"flows","limit":1,"sql":"DROP TABLE flow"}\n',
    '{"ask":"flows","limit":1,"selection":{"__proto__":{"address":"x"}}}\n',
    '{"ask":"flows","limit":1,"selection":{"address":"\\u0000\'; DROP TABLE flow; --"}}\n',
    `{"ask":"flows","limit":1,"selection":{"protocol":"${'x'.repeat(3000)}"}}\n`,
    '{"ask":"flows","limit":1,"selection":{"sinceUs":9007199254740993}}\n',
    '{"ask":"top","subject":"flow; DROP TABLE flow","by":"bytes","limit":1}\n',
    '{"ask":"series","intervalSeconds":0}\n',
    '{"ask":"lan","top":-1}\n',
  ];
  for (const line of lines) {
    const got = await send(folder, line);
    // Who sends on and on is cut off, and may not see why.
    if (got === '' && line.length > 1 << 19) continue;
    assert.equal((JSON.parse(got) as { code: string }).code, 'question', `${line.slice(0, 80)}: ${got}`);
  }
  // What follows the question does not matter; who does not finish it is cut off.
  assert.match(await send(folder, '{"ask":"lan","top":0}\n{"ask":"status"}\n'), /^\{"value":\{"networks"/);
  const idle = Promise.all(Array.from({ length: 20 }, () => send(folder, '{"ask":', false)));
  assert.deepEqual(new Set(await idle), new Set(['']));
  const after = await running.running();
  assert.deepEqual(
    after.processes.map(({ pid }) => pid),
    before.processes.map(({ pid }) => pid),
  );
  const flows = await askSupervisor(folder, { ask: 'flows', selection: {}, limit: 1000 });
  assert.equal((flows as unknown[]).length, 254);
  assert.equal(await running.end('SIGTERM'), 0, running.said);
});

test('what is switched off, not running or contradictory is said in a sentence', async (context) => {
  const running = await started(context, 'lan: {enabled: false}\nstore: {enabled: false}');
  const file = join(running.folder, 'weir.yaml');
  for (const command of ['flows', 'destinations', 'protocols', 'top']) {
    const { status, stderr } = weir(command, '--config', file);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /^weir: weir keeps no history: set store\.enabled to true in weir\.yaml .*--store DIR\n$/,
    );
  }
  const clients = weir('clients', '--config', file);
  assert.equal(clients.status, 1);
  assert.match(
    clients.stderr,
    /^weir: weir does not follow the clients .* set lan\.enabled to true in weir\.yaml/,
  );
  assert.match(weir('status', '--config', file).stdout, /^ {2}history {4}none is kept$/m);
  assert.equal(await running.end('SIGTERM'), 0, running.said);
  const stopped = weir('top', '--config', file);
  assert.equal(stopped.status, 1);
  assert.match(
    stopped.stderr,
    /^weir: weir is not running \(.*\): 'weir up' starts it; or ask a store with --store/,
  );
  assert.match(weir('clients', '--config', file).stderr, /'weir up' starts it; or name captures/);
  assert.equal(weir('flows', '--config', file, '--store', '/x').status, 2);
  assert.equal(weir('clients', '--config', file, CAPTURES).status, 2);
  assert.equal(weir('clients', '--config', file, '--network', '10.0.0.0/8').status, 2);
});
