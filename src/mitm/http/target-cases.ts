import type { SmugglingCase } from './smuggling-cases.ts';

/** Forms of the target that are refused (RFC 9112, 3.2). */
const REFUSED: readonly (readonly [name: string, line: string])[] = [
  ['a path without its slash', 'GET a HTTP/1.1'],
  ['a backslash for the slash', 'GET \\a HTTP/1.1'],
  ['a query alone', 'GET ?a=b HTTP/1.1'],
  ['an asterisk with GET', 'GET * HTTP/1.1'],
  ['an asterisk and more', 'OPTIONS *a HTTP/1.1'],
  ['host and port without CONNECT', 'GET a.example:443 HTTP/1.1'],
  ['a user in the URI', 'GET http://admin@a.example/ HTTP/1.1'],
  ['a port in the place of a password', 'GET http://a.example:80@b.example/ HTTP/1.1'],
  ['a backslash in the host', 'GET http://a.example\\@b.example/ HTTP/1.1'],
  ['a URI without a host', 'GET http:///a HTTP/1.1'],
  ['a URI with one slash', 'GET http:/a.example/ HTTP/1.1'],
  ['a URI without slashes', 'GET http:a.example HTTP/1.1'],
  ['a URI of another scheme', 'GET ftp://a.example/ HTTP/1.1'],
  ['a URI of no host', 'GET file:///etc/passwd HTTP/1.1'],
  ['a URI with a port out of range', 'GET http://a.example:99999/ HTTP/1.1'],
  ['a URI with an empty port', 'GET http://a.example:/ HTTP/1.1'],
  ['a URI with percent-encoding in its host', 'GET http://a%00.example/ HTTP/1.1'],
  ['CONNECT with a path', 'CONNECT / HTTP/1.1'],
  ['CONNECT with a URI', 'CONNECT http://a.example:80 HTTP/1.1'],
  ['CONNECT without a port', 'CONNECT a.example HTTP/1.1'],
  ['CONNECT with an empty port', 'CONNECT a.example: HTTP/1.1'],
  ['CONNECT with port 0', 'CONNECT a.example:0 HTTP/1.1'],
  ['CONNECT with port 65536', 'CONNECT a.example:65536 HTTP/1.1'],
  ['CONNECT with a path behind the port', 'CONNECT a.example:443/ HTTP/1.1'],
  ['CONNECT with a user', 'CONNECT a@b.example:443 HTTP/1.1'],
  ['CONNECT with an asterisk', 'CONNECT * HTTP/1.1'],
];

/** The four forms of the target, and the methods that go with them. */
export const TARGET_CASES: readonly SmugglingCase[] = [
  ...REFUSED.map(
    ([name, line]): SmugglingCase => ({
      name: `target: ${name}`,
      rfc: 'RFC 9112, 3.2',
      bytes: `${line}\r\nHost: a.example\r\n\r\n`,
      read: [],
      outcome: 400,
    }),
  ),
  ...['Content-Length: 3', 'Transfer-Encoding: chunked'].flatMap((line) =>
    ['CONNECT a.example:443', 'TRACE /'].map(
      (start): SmugglingCase => ({
        name: `${start} with ${line}`,
        rfc: 'RFC 9110, 9.3.6 and 9.3.8',
        bytes: `${start} HTTP/1.1\r\nHost: a.example\r\n${line}\r\n\r\n`,
        read: [],
        outcome: 400,
      }),
    ),
  ),
  accepted('a URI', 'GET', 'http://a.example/b?c'),
  accepted('a URI in other letters, with a port and without a path', 'GET', 'HTTP://A.example:8080'),
  accepted('a URI of https with an IPv6 address', 'GET', 'https://[2001:db8::1]/'),
  accepted('a URI with a query and no path', 'GET', 'http://a.example?b'),
  accepted('an asterisk', 'OPTIONS', '*'),
  accepted('two slashes', 'GET', '//b.example/c'),
  accepted('dots, and what a URI may not hold but clients send', 'GET', '/../a/%2e%2e/{b}|"c"<d>^`\\'),
  accepted('a URI within a query', 'GET', '/a?u=http://b@c.example:99999/'),
  {
    name: 'target: CONNECT, and what follows is no request',
    rfc: 'RFC 9110, 9.3.6',
    bytes: 'CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n\x16\x03\x01',
    read: [['CONNECT', 'a.example:443', 'none', '']],
    outcome: 'all',
  },
];

function accepted(name: string, method: string, target: string): SmugglingCase {
  return {
    name: `target: ${name}`,
    rfc: 'RFC 9112, 3.2',
    bytes: `${method} ${target} HTTP/1.1\r\nHost: a.example\r\n\r\n`,
    read: [[method, target, 'none', '']],
    outcome: 'all',
  };
}
