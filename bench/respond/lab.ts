/**
 * How soon an attacker is cut off, in the lab with `weir up` on its gateway: from the first packet of each attack to the
 * ban, from the packet that decided to the last that passed, and how long decisions take, over 220 attackers. As root:
 * `node bench/respond/lab.ts`, about a minute and a half; nothing stays behind. Times to the millisecond; all of it
 * shares this machine's processors, nmap and curl included.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { ADDRESS } from '../../lab/topology.ts';
import { APPLICATION } from '../../lab/web-application.ts';
import { FRONT, Scene, withoutResponse } from '../../test/live/response-scene.ts';
import { PROXY_PORT, type SceneWeir, until } from '../../test/live/response-weir.ts';
import type { Running } from '../../test/support/running.ts';

/** What one attack came to, in milliseconds. */
interface Row {
  readonly name: string;
  readonly scenario: string;
  /** From its beginning to its decision being applied. */
  readonly banned: number;
  /** From the packet that decided to the decision being applied, and to the last answer over an open connection. */
  readonly applied: number;
  readonly passed: number;
}

const HOSTS = 220;
/** A new attacker each, so that decisions do not wait for one another. */
const PACE_MS = 40;
const URL = `http://${ADDRESS.dmz}:${APPLICATION.port}/robots.txt`;
const hosts = Array.from({ length: HOSTS }, (_, host) => `198.51.100.${host + 2}`).filter(
  (address) => address !== ADDRESS.attacker,
);
const [scan = '', ssh = '', haproxy = '', proxy = '', ...many] = hosts;

process.exitCode = await main();

async function main(): Promise<number> {
  const without = withoutResponse();
  if (without !== false) {
    process.stderr.write(`${without}\n`);
    return 1;
  }
  const scene = await Scene.build(hosts, 180_000);
  try {
    const limits = { perMinute: 10_000, share: 100 };
    const weir = await scene.weir('enforce', { mode: 'enforce', waf: 'on', limits });
    const https = ['--cacert', scene.labFile('ca/ca.pem')];
    const to = ['--resolve', `${APPLICATION.name}:443:${FRONT}`];
    const dmz = { host: ADDRESS.dmz, port: APPLICATION.port };
    const rows = [
      await measure(scene, weir, 'port scan', scan, dmz, () => scene.attack('scan')),
      await measure(scene, weir, 'SSH passwords', ssh, dmz, () => scene.attack('ssh-bruteforce')),
      await measure(scene, weir, 'SQL, HAProxy', haproxy, { host: FRONT, port: 80 }, () =>
        scene.inject(`https://${APPLICATION.name}/search`, ...https, ...to),
      ),
      await measure(scene, weir, 'SQL, proxy', proxy, { host: FRONT, port: PROXY_PORT }, () =>
        scene.inject(`http://${FRONT}:${PROXY_PORT}/search`),
      ),
    ];
    print(rows);
    await measureMany(scene, weir);
    await weir.end();
    return 0;
  } finally {
    scene.lab.remove();
  }
}

async function measure(
  scene: Scene,
  weir: SceneWeir,
  name: string,
  from: string,
  { host, port }: { readonly host: string; readonly port: number },
  attack: () => Running,
): Promise<Row> {
  scene.attackFrom(from);
  const talk = await scene.talk(host, port, from);
  const began = Date.now();
  const program = attack();
  const { scenario, ...ban } = await weir.banOf(from);
  const last = await talk.last();
  await program.end('SIGKILL');
  await talk.end();
  const { applied, decided } = await times(weir, ban.id ?? '');
  return { name, scenario, banned: applied - began, applied: applied - decided, passed: last - decided };
}

/** When a decision was applied, and the time of the packet that led to it; in milliseconds since 1970. */
async function times(weir: SceneWeir, id: string): Promise<{ applied: number; decided: number }> {
  // The line of a correlation waits for what its flow has to say.
  const [record, found] = await until(`what led to the decision ${id}`, () => {
    const taken = weir.records('decision').find(({ decision }) => (decision as { id?: string }).id === id);
    const { evidence = [] } = (taken?.decision ?? {}) as { readonly evidence?: readonly string[] };
    const correlation = weir
      .records('correlation')
      .find(({ correlation: one }) => evidence.includes((one as { id: string }).id));
    return taken !== undefined && correlation !== undefined && ([taken, correlation] as const);
  });
  return { applied: Date.parse(String(record.timestamp)), decided: Date.parse(String(found.timestamp)) };
}

/** Many attackers that say what they are: two requests each. */
async function measureMany(scene: Scene, weir: SceneWeir): Promise<void> {
  const agent = ['-A', 'sqlmap/1.7.2#stable (https://sqlmap.org)', '--max-time', '2'];
  const attackers = many.map(
    (address) =>
      `curl -q -s -o /dev/null ${agent.map(quoted).join(' ')} --interface ${address} ${URL} -o /dev/null ${URL} & sleep ${PACE_MS / 1000}`,
  );
  const before = weir.decisions().length;
  const script = scene.lab.on('attacker', 'sh', '-c', `${attackers.join('\n')}\nwait`);
  await script.ended;
  await wait(1500);
  const bans = weir
    .decisions()
    .slice(before)
    .filter(({ event, scenario }) => event === 'taken' && scenario === 'weir/http-scanner-agent');
  const { decisions } = await weir.ask.decisions('', 10_000);
  const taken = new Map(decisions.map((decision) => [decision.id, decision]));
  const verdicts = bans.flatMap(({ id = '' }) => {
    const decision = taken.get(id);
    return decision === undefined ? [] : [decision.createdMs - decision.askedMs];
  });
  const applied = bans.flatMap(({ latency_ms: ms }) => (ms === undefined ? [] : [ms]));
  process.stdout.write(
    `\n${bans.length} of ${many.length} attackers banned, one each ${PACE_MS} ms or more\n`,
  );
  process.stdout.write('| ms from the record | p50 | p99 | most |\n| --- | --- | --- | --- |\n');
  for (const [name, list] of [
    ['to the verdict (whole ms)', verdicts],
    ['to nftables and proxy, both applied', applied],
  ] as const) {
    const sorted = list.toSorted((a, b) => a - b);
    const at = (share: number): string =>
      (sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN).toFixed(1);
    process.stdout.write(`| ${name} | ${at(0.5)} | ${at(0.99)} | ${at(1)} |\n`);
  }
}

function quoted(word: string): string {
  return `'${word}'`;
}

function print(rows: readonly Row[]): void {
  const columns = ['attack', 'scenario', 'first packet to ban', 'deciding packet to ban', 'to last answer'];
  process.stdout.write(`| ${columns.join(' | ')} |\n|${' --- |'.repeat(columns.length)}\n`);
  for (const { name, scenario, banned, applied, passed } of rows) {
    process.stdout.write(`| ${[name, scenario, banned, applied, passed].join(' | ')} |\n`);
  }
}
