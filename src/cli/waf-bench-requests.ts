import type { HttpRequest } from '../mitm/waf/index.ts';
import { CLIENT, SERVER } from './waf-input.ts';

/** A request of which every round has another version: nothing is repeated word for word. */
export interface VariedRequest {
  readonly name: string;
  version(round: number): HttpRequest;
}

/** What is measured when no request is named. */
export const BUILT_IN: readonly VariedRequest[] = [
  { name: 'GET, 11 arguments, 10 headers', version: plainGet },
  { name: 'POST, form of 10 kB', version: form },
  { name: 'POST, JSON of 10 kB', version: json },
  { name: 'GET, an attack', version: attack },
];

const BODY_BYTES = 10_000;
const WORDS =
  'amber basket candle dinner evening forest garden harbour island journey kitchen lantern market number ocean paper quarter river silver table under valley winter yellow zebra chair green order delivery address thanks'.split(
    ' ',
  );

/** Words and numbers that differ from round to round, and are the same for a round in every run (mulberry32). */
class Draw {
  private state: number;

  constructor(round: number) {
    this.state = (round * 0x9e3779b9) | 0;
  }

  number(below: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  }

  words(count: number, between: string): string {
    return Array.from({ length: count }, () => WORDS[this.number(WORDS.length)]).join(between);
  }

  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.number(16).toString(16)).join('');
  }
}

function headers(draw: Draw, more: readonly (readonly [string, string])[]): HttpRequest['headers'] {
  const version = 100 + draw.number(40);
  return [
    ['Host', 'www.example.org'],
    ['User-Agent', `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`],
    ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'],
    ['Accept-Language', 'en-US,en;q=0.5'],
    ['Accept-Encoding', 'gzip, deflate'],
    ['Referer', `https://www.example.org/shop/list?page=${draw.number(1000)}`],
    ['Connection', 'keep-alive'],
    ['Cookie', `session=${draw.hex(32)}; theme=${draw.words(1, '')}`],
    ['Cache-Control', `max-age=${draw.number(600)}`],
    ...more,
  ];
}

function request(method: string, target: string, sent: HttpRequest['headers'], body = ''): HttpRequest {
  return { method, target, protocol: 'HTTP/1.1', headers: sent, body, client: CLIENT, server: SERVER };
}

const UPGRADE = ['Upgrade-Insecure-Requests', '1'] as const;

function plainGet(round: number): HttpRequest {
  const draw = new Draw(round);
  const query = [
    `id=${draw.number(1e6)}`,
    `name=${draw.words(2, '+')}`,
    `color=${draw.words(1, '')}`,
    `size=${draw.words(1, '')}`,
    `page=${draw.number(1000)}`,
    'sort=price',
    'order=asc',
    `q=${draw.words(3, '+')}`,
    'lang=en',
    'currency=EUR',
    `ref=${draw.words(1, '')}${draw.number(1e4)}`,
  ].join('&');
  return request('GET', `/shop/item?${query}`, headers(draw, [UPGRADE]));
}

function posted(draw: Draw, type: string, body: string): HttpRequest {
  const more = [
    ['Content-Type', type],
    ['Content-Length', String(body.length)],
  ] as const;
  return request('POST', '/shop/order', headers(draw, more), body);
}

function form(round: number): HttpRequest {
  const draw = new Draw(round);
  let body = `number=${draw.number(1e6)}`;
  for (let i = 0; body.length < BODY_BYTES; i++) body += `&field${i}=${draw.words(30, '+')}`;
  return posted(draw, 'application/x-www-form-urlencoded', body.slice(0, BODY_BYTES));
}

function json(round: number): HttpRequest {
  const draw = new Draw(round);
  const items: unknown[] = [];
  for (let bytes = 0; bytes < BODY_BYTES - 260; ) {
    const item = {
      id: draw.number(1e6),
      name: draw.words(4, ' '),
      note: draw.words(26, ' '),
      count: draw.number(9),
    };
    items.push(item);
    bytes += JSON.stringify(item).length + 1;
  }
  return posted(draw, 'application/json', JSON.stringify({ customer: draw.words(2, ' '), items }));
}

function attack(round: number): HttpRequest {
  const draw = new Draw(round);
  const query = [
    `id=${draw.number(1e6)}'+union+select+password,${draw.words(1, '')}+from+users--+`,
    `q=<script>alert(${draw.number(1e6)})</script>`,
    `file=../../../../etc/passwd%00${draw.words(1, '')}`,
  ].join('&');
  return request('GET', `/shop/item?${query}`, headers(draw, [UPGRADE]));
}

/** Versions of a request of the user: values of its query, form and JSON, and its cookies, get a number behind them. */
export function varied(name: string, original: HttpRequest): VariedRequest {
  const type =
    original.headers.find(([key]) => key.toLowerCase() === 'content-type')?.[1].toLowerCase() ?? '';
  return {
    name,
    version(round) {
      const number = String(1000 + round);
      const question = original.target.indexOf('?');
      const target =
        question < 0
          ? original.target
          : original.target.slice(0, question + 1) + variedForm(original.target.slice(question + 1), number);
      const body = variedBody(original.body, type, number);
      const sent = original.headers.map(([key, value]): readonly [string, string] => {
        const lower = key.toLowerCase();
        if (lower === 'content-length') return [key, String(body.length)];
        return [key, lower === 'cookie' ? value.replaceAll(/(?<==[^;]*)(?=;|$)/g, number) : value];
      });
      return { ...original, target, headers: sent, body };
    },
  };
}

function variedForm(form: string, number: string): string {
  return form
    .split('&')
    .map((pair) => (pair.includes('=') ? `${pair}${number}` : pair))
    .join('&');
}

function variedBody(body: string, type: string, number: string): string {
  if (type.startsWith('application/x-www-form-urlencoded')) return variedForm(body, number);
  if (!/^application\/(?:[a-z0-9.+-]+\+)?json/.test(type)) return body;
  try {
    return JSON.stringify(JSON.parse(body), (_, value: unknown) =>
      typeof value === 'string' ? value + number : value,
    );
  } catch (error) {
    if (error instanceof SyntaxError) return body;
    throw error;
  }
}
