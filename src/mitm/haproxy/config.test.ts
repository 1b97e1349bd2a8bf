import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkHaproxy } from './check.ts';
import { CONFIG_DEFAULTS, fullConfig, haproxyLines } from './config.ts';
import { linesOf, sectionsOf, settingOf, wordsOf } from './config-file.ts';
import { missingProgram } from './trial/running-haproxy.ts';
import { parseVersion } from './version.ts';

const without = missingProgram('haproxy');
const RESPONSES = ['none', 'head', 'body'] as const;

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-config-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A key with its certificate, for configurations with TLS. */
function certificate(folder: string): string {
  const [key, pem] = [join(folder, 'a.pem.key'), join(folder, 'a.pem')];
  const subject = ['-nodes', '-days', '2', '-subj', '/CN=a.test', '-keyout', key, '-out', pem];
  const made = spawnSync('openssl', [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    ...subject,
  ]);
  assert.equal(made.status, 0);
  return pem;
}

/** An existing haproxy.cfg with our lines copied into it, as a user would. */
function copied(lines: string): string {
  const [global = '', front = '', backend = ''] = lines.split('\n\n');
  return [
    `${global}\ndefaults\n    mode http\n    timeout connect 1s\n    timeout client 1s\n    timeout server 1s\n`,
    `frontend web\n    bind 127.0.0.1:8099\n${front}\n    default_backend app\n`,
    'backend app\n    server a 127.0.0.1:8098\n',
    backend,
  ].join('\n');
}

test('versions', () => {
  assert.deepEqual(parseVersion('2.6'), { major: 2, minor: 6 });
  assert.deepEqual(parseVersion('HAProxy version 3.1.5-1 2025/02/20 - https://haproxy.org/'), {
    major: 3,
    minor: 1,
  });
  assert.throws(() => parseVersion('2.4.1'), /too old: 2.6/);
  assert.throws(() => parseVersion('new'), /is no version/);
});

test('HAProxy accepts what is printed, and the check finds nothing to add', { skip: without }, (t) => {
  const folder = folderOf(t);
  const pem = certificate(folder);
  for (const fail of ['open', 'closed'] as const) {
    for (const responses of RESPONSES) {
      for (const agent of ['/run/weir/spoe.sock', '127.0.0.1:9999']) {
        const spoePath = join(folder, 'spoe one.cfg');
        const options = {
          ...CONFIG_DEFAULTS,
          version: parseVersion('2.6'),
          fail,
          responses,
          agent,
          spoePath,
        };
        const full = fullConfig({
          ...options,
          http: '127.0.0.1:8097',
          https: '127.0.0.1:8096',
          certificate: pem,
          hosts: [
            { name: 'a.test', server: '127.0.0.1:1' },
            { name: 'b.test', server: '127.0.0.1:2' },
          ],
        });
        const lines = haproxyLines(options);
        assert.equal(lines.spoe, full.spoe);
        writeFileSync(spoePath, lines.spoe);
        for (const text of [full.haproxy, copied(lines.haproxy)]) {
          const path = join(folder, 'haproxy.cfg');
          writeFileSync(path, text);
          const { status, stderr } = spawnSync('haproxy', ['-c', '-f', path], { encoding: 'utf8' });
          assert.equal(status, 0, `${stderr}\n${text}`);
          assert.doesNotMatch(stderr, /WARNING/);
          const found = checkHaproxy(path, 49152).findings.filter(({ severity }) => severity !== 'note');
          assert.deepEqual(found, []);
        }
      }
    }
  }
});

test('a configuration that does not tell the connection to the server is accepted', {
  skip: without,
}, (t) => {
  const folder = folderOf(t);
  const spoePath = join(folder, 'spoe.cfg');
  const lines = haproxyLines({
    ...CONFIG_DEFAULTS,
    version: parseVersion('2.6'),
    spoePath,
    responses: 'head',
  });
  const before = lines.spoe.replace(/ upstream_\w+=bc_\w+/g, '');
  assert.notEqual(before, lines.spoe);
  writeFileSync(spoePath, before);
  const path = join(folder, 'haproxy.cfg');
  writeFileSync(path, copied(lines.haproxy));
  const { findings } = checkHaproxy(path, 49152);
  assert.deepEqual([...new Set(findings.map(({ severity }) => severity))], ['note']);
  assert.match(findings[0]?.what ?? '', /upstream_src': records do not tell the connection to the server/);
});

test('from 3.1 on the backend has a mode of its own', () => {
  const mode = (version: string): string | undefined =>
    /mode (\w+)\n {4}option spop-check/.exec(
      haproxyLines({ ...CONFIG_DEFAULTS, version: parseVersion(version) }).haproxy,
    )?.[1];
  assert.deepEqual(['2.6', '2.8', '3.0', '3.1', '3.2'].map(mode), ['tcp', 'tcp', 'tcp', 'spop', 'spop']);
});

test('words, sections and inherited settings', () => {
  assert.deepEqual(wordsOf(`  a "b c" d\\ e 'f # g' "h\\"i" # rest`), ['a', 'b c', 'd e', 'f # g', 'h"i']);
  assert.deepEqual(wordsOf(' # nothing'), []);
  assert.deepEqual(wordsOf('log-format ""'), ['log-format', '']);
  const text =
    'defaults one\n mode http\ndefaults\n mode tcp\nfrontend a from one\n bind :1\nfrontend b\n bind :2\n';
  const sections = sectionsOf(linesOf(text, 'f'));
  const mode = (name: string): string | undefined => {
    const section = sections.find((each) => each.name === name);
    return section && settingOf(section, 'mode')?.words[1];
  };
  assert.deepEqual([mode('a'), mode('b')], ['http', 'tcp']);
});

test('what is missing is named with its line and what to add', (t) => {
  const folder = folderOf(t);
  const spoePath = join(folder, 'spoe.cfg');
  const path = join(folder, 'haproxy.cfg');
  const version = parseVersion('2.6');
  const good = haproxyLines({
    ...CONFIG_DEFAULTS,
    version,
    spoePath,
    agent: '/run/weir/spoe.sock',
    responses: 'head',
    fail: 'closed',
  });
  const config = copied(good.haproxy);
  const found = (haproxy: string, spoe: string): string[] => {
    writeFileSync(path, haproxy);
    writeFileSync(spoePath, spoe);
    return checkHaproxy(path, 49152)
      .findings.filter(({ what }) => !what.includes('haproxy'))
      .map(
        ({ severity, file, line, add }) => `${severity} ${file.slice(folder.length + 1)}:${line > 0} ${add}`,
      );
  };
  assert.deepEqual(found(config, good.spoe), []);
  const cases: readonly (readonly [expected: string, haproxy: string, spoe?: string])[] = [
    ['error haproxy.cfg:true option http-buffer-request', config.replace(/.*http-buffer-request\n/, '')],
    ['error haproxy.cfg:true unique-id-format %[uuid()]', config.replace(/.*unique-id-format.*\n/, '')],
    ['warning haproxy.cfg:true unique-id-format %[uuid()]', config.replace('%[uuid()]', '%[req.hdr(x-id)]')],
    ['warning haproxy.cfg:true tune.bufsize 65536', config.replace(/.*tune.bufsize.*\n/, '')],
    [
      'error haproxy.cfg:true filter spoe engine weir config /etc/haproxy/weir-spoe.cfg',
      config.replace(/.*(filter spoe|send-spoe).*\n/, ''),
    ],
    [
      'error haproxy.cfg:true http-request deny deny_status 403 if { var(txn.weir.deny) -m bool }',
      config.replace(/.*http-request .*deny\).*\n/g, ''),
    ],
    [
      'error haproxy.cfg:true http-response deny deny_status 403 if { var(txn.weir.deny) -m bool }',
      config.replace(/.*http-response .*deny\).*\n/g, ''),
    ],
    [
      'note haproxy.cfg:true http-request deny deny_status 503 if { var(txn.weir.err) -m found }',
      config.replace(/.*http-request .*err\).*\n/g, ''),
    ],
    ['warning haproxy.cfg:true option spop-check', config.replace(/.*option spop-check\n/, '')],
    ['error haproxy.cfg:true backend weir-agent', config.replace('backend weir-agent', 'backend other')],
    [
      'note haproxy.cfg:true weir haproxy agent --socket /var/empty/run/weir/spoe.sock',
      config.replace('global\n', 'global\n    chroot /var/empty\n'),
    ],
    ['error spoe.cfg:true args body=req.body', config, good.spoe.replace('body=req.body ', '')],
    ['error spoe.cfg:true args body_end=internal.htx.has_eom', config, good.spoe.replace(/body_end=\S+/, '')],
    ['error spoe.cfg:true args answer=bool(true)', config, good.spoe.replace(/.*answer=.*\n/, '')],
    [
      'warning spoe.cfg:true timeout processing 200ms',
      config,
      good.spoe.replace('processing 200ms', 'processing 20ms'),
    ],
    [
      'warning spoe.cfg:true ',
      config,
      good.spoe.replace('    use-backend', '    max-frame-size 1024\n    use-backend'),
    ],
    ['warning spoe.cfg:true option set-on-error err', config, good.spoe.replace(/.*set-on-error.*\n/, '')],
    [
      'error spoe.cfg:true messages weir-request',
      config,
      good.spoe.replace('messages weir-request', 'messages'),
    ],
  ];
  for (const [expected, haproxy, spoe = good.spoe] of cases) {
    const all = found(haproxy, spoe);
    assert.ok(all.includes(expected), `${expected} is not among:\n${all.join('\n')}`);
  }
  rmSync(spoePath);
  writeFileSync(path, config);
  const gone = checkHaproxy(path, 49152).findings.find(({ what }) => what.includes('is not there'));
  assert.equal(gone?.severity, 'error');
});
