import type { HttpRequest, HttpResponse } from '../request.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * What the back end of the Core Rule Set's tests, albedo, answers: 200 without a body, but to a POST to `/reflect` what
 * its body in JSON asks for. A tunnel is not its business: httpd refuses that by itself.
 */
export function answer({ method, target, body }: HttpRequest): HttpResponse {
  if (method === 'CONNECT') return respond(405, [], '');
  const path = target.split('?', 1)[0] ?? '';
  if (path !== '/reflect' && !path.startsWith('/reflect/')) return respond(200, [], '');
  if (method !== 'POST') return respond(405, [], 'Method Not Allowed\n');
  let asked: unknown;
  try {
    asked = JSON.parse(Buffer.from(body, 'latin1').toString());
  } catch {
    return respond(400, [], 'Invalid JSON in request body');
  }
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) {
    return respond(400, [], 'Invalid JSON in request body');
  }
  const spec = asked as Readonly<Record<string, unknown>>;
  const status = typeof spec.status === 'number' && spec.status !== 0 ? spec.status : 200;
  const headers = Object.entries(typeof spec.headers === 'object' ? (spec.headers ?? {}) : {})
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && TOKEN.test(entry[0]))
    .map(([name, value]) => [canonical(name), binary(value)] as const);
  if (status < 100 || status >= 600) return respond(400, headers, `Invalid status code: ${status}`);
  const text = typeof spec.body === 'string' && spec.body !== '' ? binary(spec.body) : undefined;
  const encoded = typeof spec.encodedBody === 'string' ? spec.encodedBody : '';
  return respond(status, headers, text ?? Buffer.from(encoded, 'base64').toString('latin1'));
}

function respond(status: number, headers: HttpResponse['headers'], body: string): HttpResponse {
  const all = [...headers];
  if (body !== '' && !all.some(([name]) => name === 'Content-Type')) all.push(['Content-Type', sniff(body)]);
  all.push(['Content-Length', String(body.length)]);
  return { status, protocol: 'HTTP/1.1', headers: all, body };
}

/** A response's type where nothing says it, as Go's server guesses it; of the many, those that text may be. */
function sniff(body: string): string {
  const start = body.slice(0, 512).replace(/^[\t\n\f\r ]+/, '');
  const tags = 'SCRIPT|IFRAME|H1|DIV|FONT|TABLE|STYLE|TITLE|BODY|HTML|HEAD|BR|A|B|P';
  if (new RegExp(`^<(?:!DOCTYPE HTML|${tags})[ >]`, 'i').test(start) || start.startsWith('<!--')) {
    return 'text/html; charset=utf-8';
  }
  if (start.startsWith('<?xml')) return 'text/xml; charset=utf-8';
  if (start.startsWith('%PDF-')) return 'application/pdf';
  return isBinary(start) ? 'application/octet-stream' : 'text/plain; charset=utf-8';
}

/** Whether there is a byte that no text has. */
function isBinary(start: string): boolean {
  for (let i = 0; i < start.length; i++) {
    const code = start.charCodeAt(i);
    if (code < 32 && code !== 27 && code !== 9 && code !== 10 && code !== 12 && code !== 13) return true;
  }
  return false;
}

/** `content-type` becomes `Content-Type`. */
function canonical(name: string): string {
  return name.toLowerCase().replaceAll(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

function binary(text: string): string {
  return Buffer.from(text.toWellFormed()).toString('latin1');
}
