import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** One visit of a page, as a browser makes it: arguments for curl, and the path. */
export interface Visit {
  readonly path: string;
  readonly args: readonly string[];
}

const TOPICS = ['garden', 'kitchen', 'travel', 'music', 'cycling', 'books', 'films', 'history'];
/** What people search for and write, none of it an attack. */
const SEARCHES: readonly string[] = [
  'red shoes',
  "men's jackets",
  "O'Reilly books",
  'how to select a union in europe',
  'Müller & Söhne',
  'C++ or C#',
  '50% off',
  'best price < 100 €',
  'what is a drop-down table?',
  'order by phone',
  'rock & roll',
  '1+1=2',
  'iphone 15 pro (128 GB)',
  'email: anna@example.com',
  'insert coin',
  'from Paris to Berlin',
  '日本語',
  '"exact words"',
  'sleep 8 hours',
  'script for a play',
];
const TEXTS: readonly string[] = [
  "I didn't get my order; could you please have a look? It's number 4711.",
  'Thanks for the quick answer! We will join you from Monday on, and/or on Tuesday.',
  'The table where we sat was great. We would select it again & again.\r\nBest,\r\nAnna',
  'Prices: 3 x 19.99 = 59.97; 10% off makes 53.97. Is that right?',
  'Das Gerät geht nicht an, obwohl der Stecker steckt. Größe: 20 cm x 30 cm.',
];

/** A site of some fifty pages: articles, search, forms, a login, uploads, a JSON API, styles, scripts, pictures. */
export function webSite(): Server {
  return createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => answer(request, Buffer.concat(parts), response));
  });
}

/** What the site says: the type and the text, or where to go on. */
type Content = readonly [type: string, text: string | Buffer];

function answer(
  { method = 'GET', url = '/' }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const { pathname, searchParams } = new URL(url, 'http://site.example');
  if (pathname === '/login' && method === 'POST') {
    response.setHeader('set-cookie', 'session=4f2a9c; HttpOnly; SameSite=Lax');
    response.writeHead(303, { location: '/account' });
    response.end();
    return;
  }
  const title = pathname === '/search' ? `Results for ${searchParams.get('q')?.length}` : pathname;
  const [type, text] = contentOf(pathname, method, title, body.length);
  response.writeHead(200, { 'content-type': type });
  response.end(text);
}

function contentOf(path: string, method: string, title: string, bytes: number): Content {
  if (path.startsWith('/api/')) return ['application/json', JSON.stringify({ ok: true, method })];
  if (path.endsWith('.css')) return ['text/css', 'body{color:#123}'];
  if (path.endsWith('.js')) return ['text/javascript', 'document.title += ".";'];
  if (path.endsWith('.png')) return ['image/png', Buffer.from('89504e470d0a1a0a', 'hex')];
  const links = TOPICS.map((topic) => `<a href="/${topic}/1">${topic}</a>`).join(' ');
  return [
    'text/html; charset=utf-8',
    `<!doctype html><html><head><title>${title}</title><link rel="stylesheet" href="/assets/site.css"></head>
<body><nav>${links}</nav><form action="/search"><input name="q"></form><p>${bytes} bytes</p></body></html>`,
  ];
}

/** A visitor's way through the site, with some 110 requests. */
export function visits(files: { readonly text: string; readonly picture: string }): readonly Visit[] {
  const list: Visit[] = [];
  const referer = ['-H', 'Referer: https://site.example/', '-H', 'Sec-Fetch-Site: same-origin'];
  const cookie = [
    '-b',
    'session=4f2a9c; consent=%7B%22stats%22%3Atrue%7D; _ga=GA1.1.123456789.1700000000; theme=dark',
  ];
  const get = (path: string, ...args: readonly string[]): void => {
    list.push({ path, args: [...referer, ...args] });
  };
  get('/?utm_source=newsletter&utm_medium=email&utm_campaign=spring_sale');
  for (const asset of ['site.css?v=3f9a1c7e', 'app.81c0de55.js', 'logo.png', 'hero@2x.png', 'favicon.png'])
    get(`/assets/${asset}`);
  for (const topic of TOPICS) {
    for (let page = 1; page <= 5; page++) get(`/${topic}/${page}`, ...(page > 2 ? cookie : []));
    get(`/${topic}?sort=price_asc&page=2&color=red&color=blue&min=10&max=99.50`, ...cookie);
  }
  for (const text of SEARCHES) get(`/search?q=${encodeURIComponent(text).replaceAll('%20', '+')}`, ...cookie);
  get('/articles/2024/05/the-union-of-two-tables-select-your-style.html');
  get('/redirect?to=%2Faccount%2Forders%3Fpage%3D2', ...cookie);
  get('/calendar?from=2024-05-01T00%3A00%3A00%2B02%3A00&to=2024-05-31', ...cookie);
  const posted = (path: string, fields: readonly (readonly [string, string])[]): void => {
    const data = fields.flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]);
    list.push({ path, args: [...referer, ...cookie, '-H', 'Origin: https://site.example', ...data] });
  };
  posted('/login', [
    ['user', 'anna.mueller@example.com'],
    ['password', "k3ys&L0cks!'s #1"],
    ['remember', 'on'],
    ['csrf', '5a1f0c9be27d4e68'],
  ]);
  for (const [i, text] of TEXTS.entries()) {
    posted('/contact', [
      ['name', i % 2 === 0 ? "Seán O'Neill" : 'Zoë Groß'],
      ['email', 'sean@example.org'],
      ['phone', '+49 (0)30 1234567'],
      ['message', text],
    ]);
    posted(`/${TOPICS[i]}/1/comments`, [
      ['comment', text],
      ['rating', '5'],
    ]);
  }
  posted('/checkout', [
    ['street', 'Rue de l’Église 12, 2ème étage'],
    ['city', 'Saint-Étienne'],
    ['zip', '42000'],
    ['card', '4111111111111111'],
    ['note', 'Leave it at the door; ring twice.'],
  ]);
  const json = (method: string, path: string, value: unknown): void => {
    const type = ['-H', 'Content-Type: application/json', '-X', method];
    list.push({ path, args: [...referer, ...cookie, ...type, '--data-binary', JSON.stringify(value)] });
  };
  for (let i = 1; i <= 5; i++) {
    json('POST', '/api/v1/cart', { items: [{ id: i, quantity: 2, variant: 'M' }], coupon: null });
    json('POST', '/api/v1/events', {
      event: 'scroll',
      properties: {
        depth: 0.25 * i,
        path: '/garden/1',
        title: "The gardener's guide",
        at: 1716200000000 + i,
      },
    });
    get(
      `/api/v1/items/${i}?include=reviews,images&fields[item]=name,price`,
      '-H',
      'Accept: application/json',
    );
  }
  for (const text of TEXTS) json('POST', '/api/v1/reviews', { stars: 4, text });
  const upload = (...forms: readonly string[]): void => {
    const parts = forms.flatMap((form) => ['-F', form]);
    list.push({ path: '/upload', args: [...referer, ...cookie, ...parts] });
  };
  upload(`file=@${files.text};type=text/plain;filename=my notes (2).txt`, 'title=Notes of May');
  upload(`avatar=@${files.picture};type=image/png;filename=Foto_01.PNG`, 'crop=0,0,200,200');
  return list;
}
