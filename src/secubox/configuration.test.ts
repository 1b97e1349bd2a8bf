import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { explainDpiDual, isDpiDual, parseDpiDual, parseUci, UciError } from './index.ts';
import { DPI_DUAL } from './options.ts';

const mistakesOf = (read: () => unknown): string[] => {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof UciError);
    return error.message.split('\n');
  }
  return [];
};
const parsed = (text: string) =>
  parseUci(text, 'f').map(({ type, name, options }) => ({
    type,
    name,
    options: Object.fromEntries(
      [...options.values()].map((option) => [
        option.name,
        option.list ? option.values.map((value) => value.text) : option.values.at(-1)!.text,
      ]),
    ),
  }));

test('sections, options and lists, with every way of quoting', () => {
  const text = `package dpi-dual
# a comment
config global 'settings'
	option enabled '1'  # another
	option mode "tap\\"only"
	option joined 'a b'"c d"e
	option plain two\\ words
	option lines 'first
second'
	option empty ''
config whitelist
	list ip 10.0.0.1
	list 'ip' '2001:db8::/32'; list ip 10.0.0.2
config global settings
	option enabled 0
`;
  assert.deepEqual(parsed(text), [
    {
      type: 'global',
      name: 'settings',
      options: {
        enabled: '0',
        mode: 'tap"only',
        joined: 'a bc de',
        plain: 'two words',
        lines: 'first\nsecond',
        empty: '',
      },
    },
    { type: 'whitelist', name: '', options: { ip: ['10.0.0.1', '2001:db8::/32', '10.0.0.2'] } },
  ]);
  assert.deepEqual(parsed('config a b\r\n\toption c d\r\n'), [{ type: 'a', name: 'b', options: { c: 'd' } }]);
});

test('each mistake has its line and column', () => {
  const text = `option early 1
config
config type 'bad-name'
config lan 'lan'
  option
  option one two three
  list bad.name x
  frobnicate yes
  option open 'never closed
`;
  assert.deepEqual(
    mistakesOf(() => parseUci(text, 'f')),
    [
      "f:1:1: 'option' stands before the first section",
      "f:2:1: a word is missing: 'config TYPE [NAME]'",
      "f:3:13: 'bad-name' is no name: letters, digits and _ only",
      "f:5:3: a word is missing: 'option NAME VALUE'",
      "f:6:18: a word too many: 'option NAME VALUE'",
      "f:7:8: 'bad.name' is no name: letters, digits and _ only",
      "f:8:3: 'frobnicate' is not 'config', 'option', 'list' or 'package'",
      "f:9:15: the quote ' is not closed",
    ],
  );
  assert.match(mistakesOf(() => parseUci('x'.repeat(2 << 20), 'f'))[0]!, /longer than 1 MiB/);
  // Nothing of the file can command a terminal.
  assert.ok(
    !mistakesOf(() => parseUci('\u001b[31mred x\n', 'f'))
      .join('')
      .includes('\u001b'),
  );
});

test('any text is read or refused with a UciError', () => {
  const pieces = fc.constantFrom(
    'config ',
    'option ',
    'list ',
    "'",
    '"',
    '\\',
    '#',
    ';',
    '\n',
    ' ',
    'a',
    'lan',
    '1',
    '\0',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pieces).map((parts) => parts.join('')),
      ),
      (text) => {
        mistakesOf(() => parseDpiDual(text));
      },
    ),
    { numRuns: 500 },
  );
});

/** All options of dpi-dual with its defaults. */
const DEFAULT_FILE = `
config global 'settings'
	option enabled '1'
	option mode 'dual'
	option correlation '1'
	option stats_dir '/tmp/secubox'
	option flow_dir '/tmp/dpi-flows'
config mitm 'mitm'
	option enabled '1'
	option buffer_size '1000'
	option async_analysis '1'
	option replay_on_alert '1'
	option buffer_dir '/tmp/dpi-buffer'
config tap 'tap'
	option enabled '1'
	option interface 'tap0'
	option mirror_source 'eth0'
	option mirror_mode 'software'
	option flow_retention '300'
	option netifyd_instance 'tap'
config correlation 'correlation'
	option enabled '1'
	option window '60'
	option output '/tmp/secubox/correlated-threats.json'
	option watch_crowdsec '1'
	option auto_ban '0'
	option auto_ban_threshold '80'
	option auto_ban_duration '4h'
	option notifications '1'
	option notification_threshold '70'
	option reputation_decay '5'
	option decay_interval '3600'
	option sensitivity 'medium'
config scoring 'scoring'
	option waf_block '25'
	option waf_alert '15'
	option crowdsec_ban '30'
	option dpi_threat '20'
	option scanner '35'
	option brute_force '40'
	option default '10'
config whitelist 'whitelist'
	list ip '192.168.1.1'
	list ip '10.0.0.0/8'
config lan 'lan'
	option enabled '1'
	option interface 'br-lan'
	option realtime '1'
	option track_clients '1'
	option track_destinations '1'
	option track_protocols '1'
	option aggregate_interval '5'
	option client_retention '3600'
	option netifyd_instance 'lan'
`;

test('every option is mapped or named as ignored with its reason', () => {
  const read = parseDpiDual(DEFAULT_FILE);
  const known = Object.entries(DPI_DUAL).flatMap(([section, options]) =>
    Object.keys(options).map((option) => `${section}.${option}`),
  );
  assert.deepEqual(read.options.map(({ option }) => option).toSorted(), known.toSorted());
  for (const { option, setting, ignored } of read.options) {
    assert.ok((setting === undefined) !== (ignored === undefined), option);
    assert.ok(!ignored?.includes('no such'), option);
  }
  assert.equal(explainDpiDual(read).length, known.length);
  // The file with all defaults says the same as the empty one.
  const { options: _, ...all } = parseDpiDual(DEFAULT_FILE.replaceAll(/\tlist ip.*\n/g, ''));
  const { options: __, ...none } = parseDpiDual('');
  assert.deepEqual(all, none);
  assert.deepEqual(all.document, {
    capture: { interface: 'tap0', mirror: { mode: 'software', source: 'eth0' } },
    web: {
      enabled: true,
      mitmproxy: { socket: '/run/weir/mitmproxy.sock' },
      buffer: { requests: 1000, analyse: true, folder: '/tmp/dpi-buffer/weir' },
    },
    correlation: {
      enabled: true,
      window: '60s',
      sensitivity: 'medium',
      weights: {
        wafBlock: 25,
        wafAlert: 15,
        crowdsecBan: 30,
        dpiThreat: 20,
        scanner: 35,
        bruteForce: 40,
        other: 10,
      },
      decay: 5,
      records: { file: 'auto' },
    },
    respond: {
      mode: 'observe',
      autoBan: { enabled: false, threshold: 80, duration: '14400s' },
      neverBan: [],
    },
    notifications: { enabled: true, threshold: 70 },
    lan: { enabled: true, retention: '3600s' },
    status: { enabled: true, folder: '/tmp/secubox', interval: '5s' },
  });
  assert.equal(all.crowdsec, true);
});

test('correlation, scoring and whitelist are followed; what has no effect is said', () => {
  const read = parseDpiDual(`
config correlation 'correlation'
	option window 120
	option output '/var/log/threats.json'
	option watch_crowdsec 0
	option auto_ban 1
	option auto_ban_threshold 0
	option auto_ban_duration '30d12h'
	option notifications 0
	option notification_threshold 55
	option reputation_decay 2
	option decay_interval 7200
	option sensitivity 'custom'
config scoring 'scoring'
	option scanner 60
	option default 0
config whitelist 'whitelist'
	list ip '2001:db8::/32'
	list ip '192.0.2.1'
`);
  const { correlation, respond, notifications } = read.document as Record<string, Record<string, unknown>>;
  assert.deepEqual(correlation, {
    enabled: true,
    window: '120s',
    sensitivity: 'custom',
    weights: {
      wafBlock: 25,
      wafAlert: 15,
      crowdsecBan: 30,
      dpiThreat: 20,
      scanner: 60,
      bruteForce: 40,
      other: 0,
    },
    decay: 1,
    records: { file: '/var/log/threats.json' },
  });
  assert.deepEqual(respond, {
    mode: 'enforce',
    // Nobody has less than a point.
    autoBan: { enabled: true, threshold: 1, duration: '2635200s' },
    longestBan: '2635200s',
    neverBan: ['2001:db8::/32', '192.0.2.1'],
  });
  assert.deepEqual(notifications, { enabled: false, threshold: 55 });
  assert.equal(read.crowdsec, false);
  assert.ok(read.options.every(({ ignored }) => ignored === undefined));
  const said = (text: string): string => explainDpiDual(parseDpiDual(text)).join('\n');
  assert.match(
    said('config correlation correlation\noption reputation_decay 50\noption decay_interval 60'),
    /^correlation\.reputation_decay +correlation\.decay: 50 points in an hour; 3000 cannot be followed$/m,
  );
  assert.match(
    said('config scoring scoring\noption scanner 60'),
    /^scoring\.scanner +ignored: weights count only where correlation\.sensitivity is custom$/m,
  );
  assert.match(said('config correlation correlation\noption auto_ban 0'), /respond\.mode is observe/);
  assert.match(said('config correlation correlation\noption watch_crowdsec 1'), /crowdsec-bouncer\.key/);
  const enabled = (text: string): unknown =>
    (parseDpiDual(text).document.correlation as Record<string, unknown>).enabled;
  assert.equal(enabled('config global settings\noption correlation 0'), false);
  assert.equal(enabled('config correlation correlation\noption enabled 0'), false);
  assert.deepEqual(
    mistakesOf(() =>
      parseDpiDual(
        `config correlation correlation
option window 0
option output relative
option auto_ban_threshold 101
option auto_ban_duration 4
option decay_interval 0
option sensitivity wild
config scoring scoring
option scanner -1
config whitelist whitelist
list ip 10.0.0.0/33
list ip 10.0.0.1
list ip host.example`,
        'f',
      ),
    ),
    [
      "f:2:15: correlation.window takes seconds from 1 to 86400, not '0'",
      "f:3:15: correlation.output takes the path of a file that begins with / and has no '..', not 'relative'",
      "f:4:27: correlation.auto_ban_threshold takes a number from 0 to 100, not '101'",
      "f:5:26: correlation.auto_ban_duration takes a time such as 30m, 4h or 7d, of at least 1s and at most a year, not '4'",
      "f:6:23: correlation.decay_interval takes seconds from 1 to 31536000, not '0'",
      "f:7:20: correlation.sensitivity takes low, medium, high, custom, not 'wild'",
      "f:9:16: scoring.scanner takes a number from 0 to 100, not '-1'",
      "f:11:9: whitelist.ip takes an address or a network (CIDR), not '10.0.0.0/33'",
      "f:13:9: whitelist.ip takes an address or a network (CIDR), not 'host.example'",
    ],
  );
});

test('values become settings', () => {
  const read = parseDpiDual(`
config global 'settings'
	option mode 'tap-only'
	option stats_dir '/var/run/secubox'
config tap 'tap'
	option mirror_mode 'hardware'
	option interface 'eth2'
	option flow_retention 600
config lan 'lan'
	option track_destinations off
	option aggregate_interval 10
	option colour blue
config weather 'today'
	option sun 1
`);
  assert.deepEqual(read.document.capture, { interface: 'eth2', mirror: { mode: 'hardware' } });
  assert.deepEqual(read.document.web, {
    enabled: false,
    mitmproxy: { socket: '' },
    buffer: { requests: 1000, analyse: true, folder: '/tmp/dpi-buffer/weir' },
  });
  assert.equal(read.status.folder, '/var/run/secubox');
  assert.equal(read.status.flowSeconds, 600);
  assert.equal(read.status.intervalSeconds, 10);
  assert.deepEqual([read.status.clients, read.status.destinations], [true, false]);
  const ignored = read.options.filter((one) => one.ignored !== undefined);
  assert.deepEqual(
    ignored.map(({ option, ignored: why, line }) => `${line} ${option}: ${why}`),
    ['12 lan.colour: dpi-dual has no such option', '14 today.sun: dpi-dual has no such section'],
  );
  assert.equal(read.off, undefined);
  const off = (lines: string): string | undefined => parseDpiDual(`config global settings\n${lines}`).off;
  assert.equal(off('option enabled 0'), 'settings.enabled is 0');
  assert.equal(off('option mode mitm-only'), undefined);
  assert.equal(
    off('option mode mitm-only\nconfig lan lan\noption enabled 0'),
    "settings.mode is mitm-only and lan.enabled is 0, and the active stream alone is run by 'weir proxy', or by weir.yaml",
  );
  assert.match(
    off('config tap tap\noption enabled 0\nconfig lan lan\noption enabled 0') ?? '',
    /^tap\.enabled is 0/,
  );
  const lanOnly = parseDpiDual('config global settings\noption mode mitm-only');
  assert.deepEqual(lanOnly.document.capture, { interface: 'br-lan', mirror: { mode: 'off' } });
  assert.equal(lanOnly.status.flows, false);
});

test('a file is known by its name, or by its content', () => {
  assert.ok(isDpiDual('', '/etc/config/dpi-dual'));
  assert.ok(isDpiDual("# ours\n\nconfig tap 'tap'\n\toption enabled 1\n", '/tmp/mine'));
  assert.ok(isDpiDual('config lan lan # the LAN\r\n', '/tmp/mine'));
  assert.ok(!isDpiDual("config interface 'lan2'\n\toption proto dhcp\n", '/etc/config/network'));
  assert.ok(!isDpiDual('lan:\n  enabled: true\n', '/etc/weir/weir.yaml'));
  assert.ok(!isDpiDual('', '/etc/weir/weir.yaml'));
});

test('wrong values are mistakes with their place', () => {
  const text = `config global 'settings'
	option mode 'triple'
	option stats_dir '../../etc'
config tap 'tap'
	option interface 'eth0; reboot'
	option flow_retention 'long'
config lan lan
	option enabled maybe
config whitelist whitelist
	list ip 10.0.0.1
	list ip 10.0.0.300
`;
  assert.deepEqual(
    mistakesOf(() => parseDpiDual(text, 'f')),
    [
      "f:2:14: settings.mode takes dual, mitm-only, tap-only, not 'triple'",
      "f:3:19: settings.stats_dir takes a path that begins with / and has no '..', not '../../etc'",
      "f:5:19: tap.interface takes the name of an interface, not 'eth0; reboot'",
      "f:6:24: tap.flow_retention takes seconds from 60 to 86400, not 'long'",
      "f:8:17: lan.enabled takes 1 or 0, not 'maybe'",
      "f:11:10: whitelist.ip takes an address or a network (CIDR), not '10.0.0.300'",
    ],
  );
});
