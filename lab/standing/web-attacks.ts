import { APPLICATION } from '../web-application.ts';
import { COMMANDS, INJECTIONS, LOOKUPS, SCRIPTS, TRAVERSALS } from './payloads.ts';
import { byBytes, byCurl, type Over, slowly, type WebRequest } from './web-request.ts';

/** Name of the attack on the web application. */
export const WEB_ATTACK = 'web';
/** All of it ends within this, in seconds. */
export const WEB_BOUND = 120;

/** Agents by which scanners call themselves. */
const SCANNERS = ['sqlmap/1.7.2#stable (https://sqlmap.org)', 'Mozilla/5.00 (Nikto/2.5.0)', 'masscan/1.3'];
/** The Core Rule Set looks for commands without arguments from paranoia level 3 on (rule 932350). */
const WITHOUT_ARGUMENTS = '| id';
/** Logins that are tried: more than the lab lets one address send in ten seconds. */
const GUESSES = 400;
/** Longer than servers wait for a head. */
const SLOW_SECONDS = 16;

/**
 * Attacks on the web application from outside: in clear, over TLS, HTTP/1.1 and HTTP/2 taking turns. The guesses come
 * last, since they use up what one address may send.
 */
export function webAttacks(folder: string): readonly WebRequest[] {
  const turns: readonly Over[] = ['http', 'h2', 'https'];
  let turn = 0;
  const attack = (
    kind: string,
    text: string,
    path: string,
    words: readonly string[] = [],
    where = 'query',
  ): WebRequest => {
    const over = turns[turn % turns.length]!;
    // One in five comes over IPv6.
    const family = turn++ % 5 === 4 ? 6 : 4;
    return byCurl(folder, {
      kind,
      from: 'attacker',
      over,
      family,
      paths: [path],
      sent: `${where}: ${text}`,
      words,
    });
  };
  const query = (kind: string, name: string, text: string): WebRequest =>
    attack(kind, text, '/search', ['-G', '--data-urlencode', `${name}=${text}`]);
  const form = (kind: string, name: string, text: string): WebRequest =>
    attack(kind, text, '/contact', ['--data-urlencode', `${name}=${text}`], 'form');
  const json = (kind: string, text: string): WebRequest =>
    attack(
      kind,
      text,
      '/api/cart',
      ['-H', 'Content-Type: application/json', '--data', JSON.stringify({ id: text, amount: 1 })],
      'JSON',
    );
  const sql = 'SQL injection';
  const xss = 'cross-site scripting';
  const traversal = 'path traversal';
  const commands = 'remote commands';
  return [
    ...INJECTIONS.map((text) => query(sql, 'q', text)),
    ...INJECTIONS.slice(0, 4).flatMap((text) => [form(sql, 'name', text), json(sql, text)]),
    attack(sql, INJECTIONS[3]!, '/', ['-b', `session=${encodeURIComponent(INJECTIONS[3]!)}`], 'cookie'),
    ...SCRIPTS.flatMap((text) => [query(xss, 'q', text), form(xss, 'text', text)]),
    json(xss, SCRIPTS[1]!),
    ...TRAVERSALS.map((text) => query(traversal, 'file', text)),
    attack(traversal, '/../../etc/passwd', '/../../../../etc/passwd', ['--path-as-is'], 'path'),
    attack(traversal, '/.git/config', '/.git/config', [], 'path'),
    ...COMMANDS.filter((text) => text !== WITHOUT_ARGUMENTS).map((text) => query(commands, 'host', text)),
    json(commands, COMMANDS[0]!),
    // Not in the agent: Debian's Core Rule Set (3.3) has no rule for that.
    ...LOOKUPS.map((text) => query(commands, 'name', text)),
    ...SCANNERS.map((text) => attack('scanner', text, '/', ['-A', text], 'agent')),
    ...smuggling(),
    slowly('slow heads', 20, SLOW_SECONDS),
    byCurl(folder, {
      kind: 'password guesses',
      from: 'attacker',
      over: 'https',
      paths: Array.from({ length: GUESSES }, () => '/login'),
      sent: `${GUESSES} logins as anna`,
      words: ['--data', 'name=anna&password=sunshine'],
    }),
  ];
}

/** Requests of which two servers see different ends (RFC 9112, 11.2). */
function smuggling(): WebRequest[] {
  const kind = 'request smuggling';
  const hidden = `GET /api/products HTTP/1.1\r\nHost: ${APPLICATION.name}\r\n\r\n`;
  const head = (...fields: readonly string[]): string =>
    ['POST /contact HTTP/1.1', `Host: ${APPLICATION.name}`, ...fields, '', ''].join('\r\n');
  const chunked = `0\r\n\r\n${hidden}`;
  const length = `Content-Length: ${chunked.length}`;
  return [
    byBytes(kind, 'two lengths', head('Content-Length: 3', length) + chunked),
    byBytes(kind, 'a length with a sign', head(`Content-Length: +${chunked.length}`) + chunked),
    byBytes(kind, 'a blank before the colon', head(length, 'Transfer-Encoding : chunked') + chunked),
    byBytes(kind, 'an unknown transfer coding', head(length, 'Transfer-Encoding: xchunked') + chunked),
    byBytes(
      kind,
      'a chunk size that is no number',
      `${head('Transfer-Encoding: chunked')}0x3\r\nabc\r\n${chunked}`,
    ),
    byBytes(kind, 'a zero byte in a value', head(length, 'X-A: a\0b') + chunked),
    byBytes(kind, 'two hosts', head('Host: www.example.com', length) + chunked),
    byBytes(kind, 'length and chunks', head(length, 'Transfer-Encoding: chunked') + chunked),
    byBytes(
      kind,
      'chunks twice',
      head('Transfer-Encoding: chunked', 'Transfer-Encoding: identity') + chunked,
    ),
  ];
}
