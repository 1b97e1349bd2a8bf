import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EveRecord } from '../../event/index.ts';
import type { Observation, Overflow } from '../evidence.ts';
import { Observer, type ObserverOptions } from '../observation/index.ts';
import {
  ATTACKER,
  dnsRecord,
  fileRecord,
  flowRecord,
  HOST,
  httpRecord,
  NEIGHBOUR,
  refused,
  SERVER,
  START_US,
  sshRecord,
  wafRecord,
} from '../observation/testing.ts';
import { formatMistake, loadScenarios, ScenarioEngine } from '../scenario/index.ts';

const { scenarios, mistakes } = loadScenarios([import.meta.dirname]);

/** Records, or observations where a log and not the traffic is what is observed. */
type Story = readonly (EveRecord | Observation)[];

interface Example {
  /** Makes the scenario run over, once. */
  readonly yes: Story;
  /** What is close to it and harmless: no scenario runs over by it. */
  readonly no: Story;
  readonly options?: ObserverOptions;
}

const list = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** Connections of SSH that end after a login failed, or after a session. */
const logins = (count: number, every: number, session = false, to = (_index: number) => HOST): EveRecord[] =>
  list(count, (i) => {
    const parts = { port: 22, service: 'ssh', fromPort: 1000 + i, to: to(i) } as const;
    const shape = session
      ? ({ packets: [21, 20], bytes: [3774, 3086] } as const)
      : ({ packets: [13, 11], bytes: [2774, 1856] } as const);
    return [
      sshRecord(every * i, 'OpenSSH_9.2p1', parts),
      flowRecord({ ...parts, ...shape, at: every * i + 0.5 }),
    ];
  }).flat();

const logged = (count: number, every: number, user: (index: number) => string): Observation[] =>
  list(count, (i) => ({
    timeUs: START_US + every * i * 1e6,
    kind: 'ssh_failed-auth',
    address: ATTACKER,
    target: '',
    meta: { service: 'ssh', target_user: user(i) },
    parsed: {},
    record: { timestamp: '', event_type: 'ssh_log' },
  }));

const unanswered = { packets: [1, 0], bytes: [60, 0], flags: ['02', '00'] } as const;
const address = (i: number): string => `10.0.1.${i}`;
const asked = (count: number, every: number, http: (index: number) => object, more = {}): EveRecord[] =>
  list(count, (i) => httpRecord(every * i, { ...http(i) }, more, { fromPort: 1000 + i }));
/** Letters and digits without order, the same at every run (a linear congruential generator). */
const noise = (seed: number): string => {
  let state = (seed + 1) * 0x9e3779b1;
  return list(60, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state % 36).toString(36);
  }).join('');
};
const random = (i: number): string =>
  `x${'bcdfghjklmnpqrstvwxz'.slice(i, i + 8)}krtzpl${i}.example`.replace(/(\d)\./, 'q$1z.');
const calls = (every: (index: number) => number): EveRecord[] =>
  list(10, (i) =>
    flowRecord({ at: every(i), from: HOST, to: SERVER, port: 443, service: 'tls', fromPort: 1000 + i }),
  );
const upload = {
  from: HOST,
  to: SERVER,
  port: 443,
  service: 'tls',
  packets: [300, 80],
  bytes: [316_000, 6400],
} as const;
const LEARNED: ObserverOptions = { newcomer: { learningMs: 60_000, newForMs: 600_000 } };
/** A host of ours that is there from the beginning. */
const known = flowRecord({ at: 0, from: NEIGHBOUR, to: HOST });
const joins = (from: string, count: number, to: (index: number) => string): EveRecord[] =>
  list(count, (i) => flowRecord({ at: 100 + i, from, to: to(i), fromPort: 2000 + i }));
const program = 'application/x-dosexec';

const EXAMPLES: Readonly<Record<string, Example>> = {
  'weir/ssh-bruteforce': { yes: logins(5, 6), no: [...logins(4, 6), ...logins(20, 1, true)] },
  'weir/ssh-bruteforce-slow': {
    yes: logins(10, 300, false, address),
    no: logins(20, 3600),
  },
  'weir/ssh-bruteforce-log': { yes: logged(5, 6, () => 'root'), no: logged(10, 60, () => 'root') },
  'weir/ssh-user-search': { yes: logged(8, 35, (i) => `user${i}`), no: logged(8, 90, (i) => `user${i}`) },
  'weir/port-scan': {
    yes: list(20, (i) => refused(i / 2, 1 + i)),
    // A service that is down is asked again and again; and services of a host that answer.
    no: [
      ...list(100, (i) => refused(i / 10, 445, { fromPort: i })),
      ...list(40, (i) => flowRecord({ at: i / 10, port: 1 + i })),
    ],
  },
  'weir/port-scan-slow': {
    yes: list(30, (i) => refused(100 * i, 1 + i)),
    no: list(29, (i) => refused(100 * i, 1 + i)),
  },
  'weir/stealth-scan': {
    yes: list(3, (i) =>
      flowRecord({ at: i, port: 20 + i, packets: [1, 1], bytes: [54, 54], flags: ['29', '14'] }),
    ),
    no: list(9, (i) =>
      flowRecord({ at: i, port: 80, packets: [1, 1], bytes: [54, 54], flags: ['01', '14'] }),
    ),
  },
  'weir/udp-scan': {
    yes: list(20, (i) => flowRecord({ at: i / 2, port: 100 + i, proto: 'UDP', ...unanswered })),
    no: list(90, (i) => flowRecord({ at: i / 20, port: 33_434 + i, proto: 'UDP', ...unanswered })),
  },
  'weir/horizontal-scan': {
    yes: list(20, (i) => refused(i / 2, 445, { to: address(i) })),
    no: list(90, (i) => flowRecord({ at: i / 2, port: 445, to: address(i) })),
  },
  'weir/ping-sweep': {
    yes: list(20, (i) =>
      flowRecord({ at: i / 2, to: address(i), proto: 'ICMP', ...unanswered, more: { icmp_type: 8 } }),
    ),
    no: list(90, (i) => flowRecord({ at: i / 2, to: address(i), proto: 'ICMP', more: { icmp_type: 8 } })),
  },
  'weir/http-probing': {
    yes: asked(17, 1, (i) => ({ url: `/old/${i}.bak`, status: 404 })),
    // Pictures of a page that are gone, and one page that is asked for often.
    no: [
      ...asked(40, 1, (i) => ({ url: `/${i}.png`, status: 404 })),
      ...asked(40, 1, () => ({ url: '/api/news', status: 404 })),
    ],
  },
  'weir/http-scanner-agent': {
    yes: asked(2, 1, (i) => ({ url: `/${i}`, http_user_agent: 'sqlmap/1.7#stable (https://sqlmap.org)' })),
    no: asked(30, 5, () => ({ http_user_agent: 'python-requests/2.31.0' })),
  },
  'weir/http-scanner-waf': {
    yes: list(2, (i) => wafRecord(i, `/${i}`, { category: 'scanner', rule_id: 913100 })),
    no: list(9, (i) => wafRecord(i, `/${i}`, { category: 'scanner', rule_id: 913101 })),
  },
  'weir/http-bruteforce': {
    yes: asked(12, 2, () => ({ url: '/login', http_method: 'POST', status: 401 })),
    no: asked(20, 30, () => ({ url: '/login', http_method: 'POST', status: 401 })),
  },
  'weir/http-bruteforce-form': {
    yes: asked(12, 5, () => ({ url: '/wp-login.php', http_method: 'POST', status: 200 })),
    no: [
      ...asked(8, 5, () => ({ url: '/login', http_method: 'POST', status: 200 })),
      ...asked(50, 2, () => ({ url: '/api/cart', http_method: 'POST', status: 200 })),
    ],
  },
  'weir/http-bruteforce-basic': {
    yes: asked(29, 1, () => ({ url: '/private', status: 401 })),
    // Each first request of a connection is answered so, before the password comes.
    no: asked(40, 1, (i) => ({ url: `/private/${i % 20}`, status: i % 2 === 0 ? 401 : 200 })),
  },
  'weir/http-crawl': {
    yes: asked(70, 0.05, (i) => ({ url: `/article/${i}` })),
    no: [
      ...asked(40, 0.05, (i) => ({ url: `/api/${i}` })),
      ...asked(200, 0.05, (i) => ({ url: `/${i}.js` })),
    ],
  },
  'weir/waf-attack': {
    yes: list(5, (i) => wafRecord(i, '/search', {})),
    // One request that several rules match, and broken HTTP.
    no: [
      ...list(9, (i) => wafRecord(1, '/search', { rule_id: 942100 + i })),
      ...list(9, (i) => wafRecord(10 + i, '/', { category: 'protocol' })),
    ],
  },
  'weir/waf-blocked': {
    yes: asked(3, 5, (i) => ({ url: `/${i}`, status: 403 }), { web: { action: 'deny', reference: 'r' } }),
    no: asked(9, 5, () => ({ url: '/form', status: 403 }), { web: { action: 'deny', reference: 'r' } }),
  },
  'weir/dns-tunnel': {
    yes: list(10, (i) => dnsRecord(i / 2, `${noise(i)}.t.example.com`, 'TXT')),
    no: [
      // Lookups that repeat, names of a cloud that are long and few, and reverse ones.
      ...list(40, () => dnsRecord(1, `${noise(1)}.cdn.example.com`, 'TXT')),
      ...list(40, (i) => dnsRecord(1, `a${i}-1-2-3-4.eu-west-1.compute.example.com`)),
      ...list(40, (i) =>
        dnsRecord(1, `${i}.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa`, 'PTR'),
      ),
    ],
  },
  'weir/dga': {
    yes: list(10, (i) => dnsRecord(i, random(i), 'A', 'NXDOMAIN')),
    no: [
      ...list(40, (i) => dnsRecord(i, `www.shop${i}.example`, 'A', 'NXDOMAIN')),
      ...list(40, (i) => dnsRecord(i, random(i), 'A', 'NOERROR')),
      ...list(40, (i) => dnsRecord(i, `${random(i).split('.')[0]}.corp.local`, 'A', 'NXDOMAIN')),
    ],
  },
  'weir/beacon': { yes: calls((i) => 60 * i), no: calls((i) => 60 * i + ((i * 7919) % 53)) },
  'weir/protocol-mismatch': {
    yes: [flowRecord({ from: HOST, to: SERVER, port: 443, service: 'ssh' })],
    no: [
      flowRecord({ from: HOST, to: SERVER, port: 22, service: 'ssh' }),
      flowRecord({ port: 8443, service: 'ssh' }),
    ],
  },
  'weir/exfiltration': {
    yes: [flowRecord({ ...upload, risks: ['Self-signed Cert'] })],
    no: list(20, (i) => flowRecord({ ...upload, fromPort: i, name: 'backup.example', at: 11 * i * i })),
  },
  'weir/syn-flood': {
    yes: list(250, (i) =>
      flowRecord({ at: i / 200, seconds: 0, from: `198.51.100.${i}`, port: 443, ...unanswered }),
    ),
    no: list(250, (i) => flowRecord({ at: i / 200, seconds: 0, from: `198.51.100.${i}`, port: 443 })),
  },
  'weir/new-device': {
    options: LEARNED,
    yes: [known, ...joins('10.0.0.99', 20, address)],
    no: [known, ...joins(NEIGHBOUR, 60, address), ...joins('10.0.0.99', 100, (i) => `203.0.113.${i}`)],
  },
  'weir/new-device-outside': {
    options: LEARNED,
    yes: [known, ...joins('10.0.0.99', 180, (i) => `203.0.113.${i}`)],
    no: [known, ...joins('10.0.0.99', 140, (i) => `203.0.113.${i}`)],
  },
  'weir/malware-download': {
    yes: [fileRecord(1, 'files.updates-cdn.test', program)],
    no: [
      fileRecord(1, 'download.windowsupdate.com', program),
      fileRecord(1, 'www.example', 'application/zip'),
    ],
  },
};

function overflows(story: Story, options: ObserverOptions = {}): Overflow[] {
  const observer = new Observer(options);
  const engine = new ScenarioEngine(scenarios);
  const found = story.flatMap((each) => {
    const made = 'kind' in each ? [each as Observation] : observer.observe(each as EveRecord);
    return made.flatMap((observation) => engine.take(observation));
  });
  assert.equal(engine.statistics().failures, 0, engine.statistics().lastFailure);
  return found;
}

test('the files are without mistakes, and each scenario has its examples', () => {
  assert.deepEqual(mistakes.map(formatMistake), []);
  assert.deepEqual(scenarios.map(({ name }) => name).sort(), Object.keys(EXAMPLES).sort());
});

test('scenarios say what they are, what for, and how bad', () => {
  for (const { name, description, file } of scenarios) {
    assert.match(description, /\w{4}/, name);
    assert.ok(file.startsWith(join(import.meta.dirname, '')), file);
  }
  for (const [name, { yes, options }] of Object.entries(EXAMPLES)) {
    const [first] = overflows(yes, options).filter(({ scenario }) => scenario === name);
    assert.ok(first !== undefined, name);
    assert.ok(first.techniques.length > 0, `${name} names techniques`);
    assert.notEqual(first.evidence, 'other', name);
    // Who may be banned is banned for a time that is given; what is only told has none.
    assert.equal(first.banMs !== undefined, first.remediation, name);
  }
});

for (const [name, { yes, no, options }] of Object.entries(EXAMPLES)) {
  test(`${name}: a true example, and one that is harmless`, () => {
    const found = overflows(yes, options).filter(({ scenario }) => scenario === name);
    assert.equal(found.length, 1);
    assert.deepEqual(
      overflows(no, options).map(({ scenario, value }) => `${scenario} ${value}`),
      [],
    );
  });
}
