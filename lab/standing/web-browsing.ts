import { join } from 'node:path';
import { ADDRESS } from '../topology.ts';
import { APPLICATION } from '../web-application.ts';
import { byCurl, type Over, type WebRequest } from './web-request.ts';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';
const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

/** Cookies of a session, of consent and of statistics. */
const COOKIES =
  'session=5f2b8c1e9a7d4e3f; consent=%7B%22ads%22%3Afalse%2C%22stats%22%3Atrue%7D; _ga=GA1.2.1203948576.1718000000; lang=en-GB';
const TOKEN =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0NzExIiwibmFtZSI6ImFsaWNlIn0.c2lnbmF0dXJlLW9mLXRoZS1sYWItb25seQ';

/** What people look for in the shop. */
const SEARCHES = [
  'garden hose 20 m',
  "O'Brien's rain gauge",
  'Tom & Jerry',
  'tap union 1/2" to 3/4"',
  'select the right flow meter',
  'Gießkanne für Äpfel',
  'drop leaf table, where to order',
  '水车',
];

/** What people write. Not in it: union, select and from in this order, which is SQL to rule 942270 whatever it says. */
const TEXTS = [
  'Hello, I would like to order 3 taps, and a hose (20 m) if it is in stock. Best regards, Alice',
  "It's a pity: the tap from you doesn't fit! Can you select another union (1/2'') for me?\nThanks -- Bob",
  'Is the price < 100 EUR? And is delivery > 2 days? See https://www.example.com/about.html',
];

/** Whoever browses: from where, over which family, with what. */
const VISITORS = [
  { from: 'alice', family: 4, agent: FIREFOX, language: 'en-GB,en;q=0.5' },
  { from: 'bob', family: 6, agent: CHROME, language: 'de-DE,de;q=0.9,en;q=0.8' },
  { from: 'net', family: 4, agent: PHONE, language: 'fr-FR,fr;q=0.9' },
] as const;

/**
 * What visitors ordinarily do in the shop, as their browsers do it: pages with what belongs to them, searches, forms,
 * JSON, an upload. In clear, over TLS, HTTP/1.1 and HTTP/2.
 */
export function webBrowsing(folder: string): readonly WebRequest[] {
  return VISITORS.flatMap(({ from, family, agent, language }, visitor) => {
    const browser = ['--compressed', '-A', agent, '-H', `Accept-Language: ${language}`];
    const visit = (
      kind: string,
      over: Over,
      sent: string,
      paths: readonly string[],
      ...words: readonly string[]
    ): WebRequest => byCurl(folder, { kind, from, over, family, paths, sent, words: [...browser, ...words] });
    const referer = ['-e', `https://${APPLICATION.name}/`];
    const page = ['/', '/style.css', '/app.js', '/robots.txt'];
    const products = ['/products', ...[1, 2, 3, 4, 5, 6].map((id) => `/products/${id}`)];
    const home = ['-H', 'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'];
    const overs: readonly Over[] = ['h2', 'https'];
    const asJson = ['-H', 'Content-Type: application/json', '-H', 'X-Requested-With: XMLHttpRequest'];
    const cart = { id: 2, amount: 1, note: "a present, please don't print the price; it's <3" };
    return [
      // HAProxy leads those who come in clear to HTTPS.
      visit(
        'pages',
        'http',
        'the first page and what belongs to it',
        page,
        ...home,
        '-L',
        ...toHttps(family),
      ),
      visit('pages', 'h2', 'the first page and what belongs to it', page, ...home, '-b', COOKIES),
      visit('pages', 'https', 'all products', products, ...referer, '-b', COOKIES),
      visit(
        'pages',
        'h2',
        'about, contact, login',
        ['/about', '/contact', '/login', '/no-such-page'],
        ...referer,
      ),
      ...SEARCHES.map((text, index) =>
        visit(
          'searches',
          overs[(index + visitor) % 2]!,
          text,
          ['/search'],
          '-G',
          '--data-urlencode',
          `q=${text}`,
        ),
      ),
      ...TEXTS.map((text, index) =>
        visit('forms', overs[(index + visitor) % 2]!, text, ['/contact'], ...formOf(from, text), ...referer),
      ),
      visit(
        'forms',
        'h2',
        'a login',
        ['/login'],
        '--data',
        `name=${from}`,
        '--data-urlencode',
        'password=c0rrect#Horse!Battery&Staple',
      ),
      visit('JSON', 'h2', 'the list of products', ['/api/products'], '-H', 'Accept: application/json'),
      visit(
        'JSON',
        'https',
        JSON.stringify(cart),
        ['/api/cart'],
        ...asJson,
        '--data',
        JSON.stringify(cart),
        '-b',
        COOKIES,
      ),
      visit('JSON', 'h2', 'the cart, with a token', ['/api/cart'], '-H', `Authorization: Bearer ${TOKEN}`),
      visit('uploads', 'https', 'a picture and a caption', ['/upload'], ...uploadOf(folder)),
      visit('others', 'https', 'HEAD', ['/products/1'], '-I'),
      visit('others', 'h2', 'a part of a file', ['/app.js'], '-r', '0-99'),
      visit(
        'others',
        'h2',
        'a file that did not change',
        ['/style.css'],
        '-H',
        'If-Modified-Since: Wed, 01 Jan 2070 00:00:00 GMT',
      ),
    ];
  });
}

function formOf(name: string, text: string): string[] {
  const fields = [`name=${name}`, `email=${name}@example.com`, `text=${text}`];
  return fields.flatMap((field) => ['--data-urlencode', field]);
}

function uploadOf(folder: string): string[] {
  return [
    '-F',
    `picture=@${join(folder, 'www/logo.png')};type=image/png`,
    '-F',
    'caption=My garden, in spring',
  ];
}

/** Where curl finds what it is redirected to. */
function toHttps(family: 4 | 6): string[] {
  const address = family === 4 ? ADDRESS.gateway : `[${ADDRESS.gateway6}]`;
  return ['--resolve', `${APPLICATION.name}:443:${address}`];
}
