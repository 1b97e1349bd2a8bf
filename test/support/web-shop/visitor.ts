import { type Exchange, form, HOST } from './exchange.ts';
import type { Random } from './random.ts';
import { emailOf, fullName, password } from './words.ts';

const BROWSERS: readonly string[] = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36 Edg/125.0.2535.92',
];
const PHONES: readonly string[] = [
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 13; SM-A546B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36',
];

/** What kind of client it is. */
export type VisitorKind = 'desktop' | 'phone' | 'app' | 'crawler' | 'partner';

/** Someone who comes to the shop again and again. */
export interface Visitor {
  readonly kind: VisitorKind;
  readonly addresses: string[];
  readonly agent: string;
  readonly language: string;
  readonly name: readonly [string, string];
  readonly email: string;
  readonly password: string;
  readonly analytics: string;
  session: string;
  csrf: string;
  loggedIn: boolean;
  visits: number;
}

/** A visitor with a number. */
export function visitor(random: Random, index: number): Visitor {
  const kind = kindOf(random, index);
  const name = fullName(random);
  return {
    kind,
    addresses: [addressOf(random, index), addressOf(random, index + 20_000)],
    agent: agentOf(random, kind),
    language: random.pick([
      'de-DE,de;q=0.9,en;q=0.8',
      'de',
      'en-US,en;q=0.9',
      'de-AT,de;q=0.9',
      'fr-FR,fr;q=0.8,en;q=0.5',
    ]),
    name,
    email: emailOf(name, random),
    password: password(random),
    analytics: `GA1.1.${random.whole(1e8, 2e9)}.${random.whole(17e8, 1772e6)}`,
    session: '',
    csrf: '',
    loggedIn: false,
    visits: 0,
  };
}

function kindOf(random: Random, index: number): VisitorKind {
  // Few of those, but always some.
  if (index % 100 === 7) return 'crawler';
  if (index % 100 === 13) return 'partner';
  return random.chance(0.5) ? 'desktop' : random.chance(0.6) ? 'phone' : 'app';
}

function agentOf(random: Random, kind: VisitorKind): string {
  switch (kind) {
    case 'desktop':
      return random.pick(BROWSERS);
    case 'phone':
      return random.pick(PHONES);
    case 'app':
      return `ShopApp/${random.whole(4, 5)}.${random.whole(0, 9)}.${random.whole(0, 4)} (${random.pick(['iOS 17.5; iPhone14,5', 'Android 14; Pixel 8', 'Android 13; SM-A546B'])})`;
    case 'crawler':
      return 'Mozilla/5.0 (compatible; ExampleBot/2.1; +https://bot.example/info.html)';
    case 'partner':
      return `partner-sync/1.${random.whole(0, 3)} python-requests/2.31.0`;
    default:
      return kind satisfies never;
  }
}

function addressOf(random: Random, index: number): string {
  if (random.chance(0.4))
    return `2001:db8:${(index % 65_536).toString(16)}:${random.hex(4)}::${random.hex(4)}`;
  return `${random.pick([84, 91, 93, 178, 217])}.${random.whole(1, 250)}.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`;
}

/** What a request adds to the visitor's own fields. */
export interface Wish {
  readonly method?: string;
  readonly target: string;
  readonly referer?: string;
  readonly accept?: string;
  readonly type?: string;
  readonly body?: string;
  readonly status?: number;
  readonly answerType?: string;
  readonly setsCookie?: boolean;
  readonly location?: string;
  readonly extra?: readonly (readonly [string, string])[];
}

/** A request of a visitor, with the fields that its program sends. */
export function request(random: Random, who: Visitor, timeMs: number, wish: Wish): Exchange {
  const headers: (readonly [string, string])[] = [
    ['Host', HOST],
    ['User-Agent', who.agent],
    ['Accept', wish.accept ?? '*/*'],
  ];
  const isBrowser = who.kind === 'desktop' || who.kind === 'phone';
  if (isBrowser || who.kind === 'app') {
    headers.push(['Accept-Language', who.language], ['Accept-Encoding', 'gzip, deflate, br']);
  }
  if (isBrowser) {
    headers.push(
      ['Sec-Fetch-Mode', wish.accept === undefined ? 'no-cors' : 'navigate'],
      ['Sec-Fetch-Site', 'same-origin'],
    );
    if (wish.referer !== undefined) headers.push(['Referer', `https://${HOST}${wish.referer}`]);
    const cookies = [
      `_ga=${who.analytics}`,
      `consent=${encodeURIComponent('{"marketing":false,"stats":true}')}`,
    ];
    if (who.session !== '') cookies.push(`SESSIONID=${who.session}`);
    if (random.chance(0.2)) cookies.push('theme=dark');
    headers.push(['Cookie', cookies.join('; ')]);
  } else if (who.session !== '') headers.push(['Authorization', `Bearer ${who.session}`]);
  if (wish.method !== undefined && isBrowser) headers.push(['Origin', `https://${HOST}`]);
  if (wish.type !== undefined) headers.push(['Content-Type', wish.type]);
  if (wish.extra !== undefined) headers.push(...wish.extra);
  return {
    address: who.addresses[0] as string,
    timeMs,
    method: wish.method ?? 'GET',
    target: wish.target,
    headers,
    body: wish.body,
    status: wish.status ?? 200,
    answerType: wish.answerType,
    setsCookie: wish.setsCookie,
    location: wish.location,
  };
}

/** A form that is sent. */
export function posted(
  target: string,
  fields: readonly (readonly [string, string | number])[],
  more: Partial<Wish> = {},
): Wish {
  return {
    method: 'POST',
    target,
    accept: PAGE,
    type: 'application/x-www-form-urlencoded',
    body: form(fields),
    ...more,
  };
}

/** A JSON text that is sent; it is bytes of UTF-8. */
export function json(method: string, target: string, value: unknown, more: Partial<Wish> = {}): Wish {
  return {
    method,
    target,
    accept: 'application/json',
    type: 'application/json',
    body: Buffer.from(JSON.stringify(value), 'utf8').toString('latin1'),
    answerType: 'application/json',
    ...more,
  };
}

/** What browsers say of pages. */
export const PAGE = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
