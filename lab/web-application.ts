import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESS } from './topology.ts';

/** The web application behind the gateway: its name, and where it serves on dmz. */
export const APPLICATION = {
  name: 'garden.example.com',
  port: 8000,
  /** Value of the field `X-Application` of all its answers: what lacks it was answered by somebody before it. */
  mark: 'garden',
} as const;

/** What the garden shop sells: number, name, price. */
const PRODUCTS = [
  [1, 'Garden hose, 20 m', 24.9],
  [2, "O'Brien's rain gauge", 12.5],
  [3, 'Tom & Jerry watering can', 18],
  [4, 'Tap union 1/2" to 3/4"', 6.4],
  [5, 'Weir board, larch', 89],
  [6, 'Flow meter, select model', 140],
] as const;

/** Writes the pages of the application. */
export function writeApplication(folder: string): void {
  const root = join(folder, APPLICATION.mark);
  const write = (name: string, content: string): void => {
    const path = join(root, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, content);
  };
  const links = PRODUCTS.map(([id, name]) => `<li><a href="/products/${id}">${escaped(name)}</a></li>`);
  write('index.html', page('Garden', `<p>All for a garden by the water.</p><ul>${links.join('')}</ul>`));
  write('about.html', page('About us', '<p>We have sold hoses, taps and boards for weirs since 1921.</p>'));
  write('products.html', page('Products', `<ul>${links.join('')}</ul>`));
  for (const [id, name, price] of PRODUCTS) {
    const buy = `<form method="post" action="/api/cart"><input name="id" value="${id}"><button>Buy</button></form>`;
    write(`products/${id}.html`, page(escaped(name), `<p>${price.toFixed(2)} EUR</p>${buy}`));
  }
  write('login.html', page('Log in', form('/login', 'name', 'password')));
  write('contact.html', page('Contact', form('/contact', 'name', 'email', 'text')));
  write('thanks.html', page('Thank you', '<p>We answer within a day.</p>'));
  write('upload.html', page('Your garden', '<form method="post" enctype="multipart/form-data"></form>'));
  write('api/products.json', JSON.stringify(PRODUCTS.map(([id, name, price]) => ({ id, name, price }))));
  write('style.css', 'body { font-family: sans-serif; margin: 2em; color: #232 }\n'.repeat(30));
  write('app.js', "export const search = (q) => fetch('/search?q=' + encodeURIComponent(q));\n".repeat(30));
  write('robots.txt', 'User-agent: *\nDisallow: /api/\n');
}

/** A server of nginx for it. Its search shows what was looked for as it came: nothing in it protects itself. */
export function applicationServer(folder: string): string {
  const { port, mark } = APPLICATION;
  const json = 'default_type application/json;';
  const post = (answer: string): string => `if ($request_method = POST) { return ${answer}; }`;
  return `server { listen ${ADDRESS.dmz}:${port}; listen [${ADDRESS.dmz6}]:${port}; root ${folder}/${mark};
  add_header X-Application ${mark} always; client_max_body_size 1m; keepalive_requests 100000;
  gzip on; gzip_types text/css application/javascript application/json; gzip_min_length 200;
  location / { try_files $uri $uri.html $uri/index.html =404; }
  location = /search { default_type text/html; return 200 "<!doctype html><title>Search</title><h1>Nothing is called $arg_q</h1>\\n"; }
  location = /login { ${post('401 "wrong name or password\\n"')} try_files /login.html =404; }
  location = /contact { ${post('303 /thanks')} try_files /contact.html =404; }
  location = /upload { ${post('201 "it is on the wall\\n"')} try_files /upload.html =404; }
  location = /api/products { ${json} try_files /api/products.json =404; }
  location = /api/cart { ${json} ${post(`201 '{"items":1}'`)} return 200 '{"items":0}'; } }`;
}

function page(title: string, body: string): string {
  const places = ['', 'products', 'about', 'contact', 'login'].map(
    (path) => `<a href="/${path}">/${path}</a>`,
  );
  const search = '<form action="/search"><input name="q"><button>Search</button></form>';
  const head = `<title>${title}</title><link rel="stylesheet" href="/style.css"><script type="module" src="/app.js"></script>`;
  return `<!doctype html>\n<html lang="en"><head>${head}</head>\n<body><nav>${places.join(' ')}</nav>${search}<h1>${title}</h1>\n${body}</body></html>\n`;
}

function form(action: string, ...names: readonly string[]): string {
  const inputs = names.map((name) => `<label>${name} <input name="${name}"></label>`);
  return `<form method="post" action="${action}">${inputs.join('')}<button>Send</button></form>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
}
