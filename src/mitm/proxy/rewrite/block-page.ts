import { createHash } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { isFieldValue } from '../../http/character.ts';
import type { Field } from '../../http/message.ts';
import type { Judged, JudgementPage } from '../../judge.ts';
import type { LocalAnswer } from '../rewriting.ts';
import { preferredKind, preferredLanguage } from './accept.ts';
import { escapeHtml, type PageTemplate } from './page-template.ts';
import { FRAME_WORDS, LANGUAGES, type Language, statusWords } from './page-words.ts';

/** How pages are made. */
export interface PageOptions {
  /** Whom to tell: an address or a sentence. */
  readonly contact?: string | undefined;
  /** In place of the built-in HTML. */
  readonly template?: PageTemplate | undefined;
  /** Whether the page tells why, in the judge's words. Not by default: it helps those who try things out. */
  readonly showsReason?: boolean | undefined;
}

/** What a page is about. */
export interface PageSubject {
  /** 400 to 599. */
  readonly status: number;
  /** Of the transaction; empty where there is none. */
  readonly reference: string;
  /** Seconds after which the client may come again; 0: nothing is said. */
  readonly retryAfter?: number | undefined;
  /** For `showsReason`; no content of the request. */
  readonly reason?: string | undefined;
}

const REFERENCE = /^[A-Za-z0-9]{1,64}$/;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const MOST_LOCATION = 8192;
const STYLE = `
:root{color-scheme:light dark;--back:#f4f6f8;--card:#fff;--text:#1d2733;--soft:#5b6b7c;--line:#dfe5eb;--mark:#c2410c}
@media(prefers-color-scheme:dark){:root{--back:#12171d;--card:#1b222b;--text:#e8edf2;--soft:#9aa9b8;--line:#2c3743;--mark:#fb923c}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--back);color:var(--text);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:34rem;width:100%;padding:2.25rem;background:var(--card);border:1px solid var(--line);border-top:4px solid var(--mark);border-radius:.6rem;box-shadow:0 1px 3px rgba(0,0,0,.08)}
small{color:var(--mark);font-weight:600;letter-spacing:.06em}
h1{margin:.2rem 0 .8rem;font-size:1.6rem;line-height:1.25}
p{margin:.6rem 0}
.soft{color:var(--soft);font-size:.92rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1rem;margin:1.5rem 0 0;padding-top:1.2rem;border-top:1px solid var(--line)}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
code{font:600 .95rem ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;user-select:all}
`;
/** Nothing is loaded and nothing runs: the one style sheet is known by its hash. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
/** An operator's page may bring its own styles and pictures, but no programs. */
const TEMPLATE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * What a client gets in place of what was not let through: a page for `deny` and `limit`, the way elsewhere for
 * `redirect` (a page where that leads nowhere that can be sent). `request` are the fields of its request: they choose
 * between HTML, JSON and text, and the language; nothing of them is shown. Throws a `TypeError` for a judgement that is
 * not answered: `pass` and `drop`.
 */
export function blockedAnswer(
  judged: Pick<Judged, 'reference' | 'judgement'>,
  request: readonly Field[],
  options: PageOptions = {},
): LocalAnswer {
  const { reference, judgement } = judged;
  const { action, status, location, retryAfter, reason, page, cookie } = judgement;
  switch (action) {
    case 'redirect': {
      const answer = redirectTo(status, location, reference, cookie);
      return answer ?? pageAnswer({ status: 403, reference, reason }, request, options);
    }
    case 'limit':
      return pageAnswer(
        { status: isError(status) ? status : 429, reference, retryAfter, reason },
        request,
        options,
      );
    case 'deny':
      if (page !== undefined) return ownPage(status, page, reference);
      return pageAnswer(
        { status: isError(status) ? status : 403, reference, retryAfter, reason },
        request,
        options,
      );
    case 'pass':
    case 'drop':
      throw new TypeError(`a judgement that says ${action} is not answered`);
    default:
      return action satisfies never;
  }
}

/**
 * A page about an error: HTML, problem details (RFC 9457) or text, as the request's Accept would have it. Of an answer
 * to HEAD the body is not sent. Throws a `RangeError` for a status that is no error.
 */
export function pageAnswer(
  subject: PageSubject,
  request: readonly Field[],
  options: PageOptions = {},
): LocalAnswer {
  const { status, retryAfter = 0 } = subject;
  if (!isError(status)) throw new RangeError(`${status} is no status of an error: 400 to 599`);
  const reference = REFERENCE.test(subject.reference) ? subject.reference : '';
  const language = preferredLanguage(request, LANGUAGES);
  const seconds = Number.isFinite(retryAfter) && retryAfter > 0 ? Math.ceil(retryAfter) : 0;
  const reason = options.showsReason === true ? (subject.reason ?? '') : '';
  const page: Page = { status, reference, seconds, reason, language, contact: options.contact ?? '' };
  const kind = preferredKind(request);
  const fields: Field[] = [
    ['Cache-Control', 'no-store'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    ['Vary', 'Accept, Accept-Language'],
  ];
  if (reference !== '') fields.push(['X-Weir-Reference', reference]);
  if (seconds > 0) fields.push(['Retry-After', String(seconds)]);
  switch (kind) {
    case 'html': {
      const { template } = options;
      fields.push(
        ['Content-Type', 'text/html; charset=utf-8'],
        ['Content-Language', language],
        ['Content-Security-Policy', template === undefined ? POLICY : TEMPLATE_POLICY],
      );
      const html = template === undefined ? builtIn(page) : template.fill(contentOf(page));
      return { status, fields, body: Buffer.from(html) };
    }
    case 'json':
      fields.push(['Content-Type', 'application/problem+json'], ['Content-Language', language]);
      return { status, fields, body: Buffer.from(problem(page)) };
    case 'text':
      fields.push(['Content-Type', 'text/plain; charset=utf-8'], ['Content-Language', language]);
      return { status, fields, body: Buffer.from(plainText(page)) };
    default:
      return kind satisfies never;
  }
}

interface Page {
  readonly status: number;
  readonly reference: string;
  readonly seconds: number;
  readonly reason: string;
  readonly language: Language;
  readonly contact: string;
}

/** The page that a judge made. */
function ownPage(status: number, { html, policy, language }: JudgementPage, reference: string): LocalAnswer {
  const fields: Field[] = [
    ['Cache-Control', 'no-store'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Referrer-Policy', 'no-referrer'],
    ['Content-Type', 'text/html; charset=utf-8'],
    ['Content-Language', language],
    ['Content-Security-Policy', policy],
  ];
  if (REFERENCE.test(reference)) fields.push(['X-Weir-Reference', reference]);
  return { status: isError(status) ? status : 403, fields, body: Buffer.from(html) };
}

function redirectTo(
  status: number,
  location: string,
  reference: string,
  cookie: string | undefined,
): LocalAnswer | undefined {
  const isSendable = location.length <= MOST_LOCATION && isFieldValue(location) && !/[\s<>"]/.test(location);
  if (location === '' || !isSendable) return undefined;
  const fields: Field[] = [
    ['Location', location],
    ['Cache-Control', 'no-store'],
  ];
  if (cookie !== undefined) fields.push(['Set-Cookie', cookie]);
  if (REFERENCE.test(reference)) fields.push(['X-Weir-Reference', reference]);
  return { status: REDIRECTS.has(status) ? status : 302, fields, body: '' };
}

function isError(status: number): boolean {
  return Number.isInteger(status) && status >= 400 && status <= 599;
}

/** What happened, in one or more sentences. */
function sentences(page: Page): string[] {
  const { text } = statusWords(page.language, page.status);
  const { retry } = FRAME_WORDS[page.language];
  return [
    text,
    ...(page.reason === '' ? [] : [page.reason]),
    ...(page.seconds === 0 ? [] : [retry.replace('{seconds}', String(page.seconds))]),
  ];
}

function contentOf(page: Page): Parameters<PageTemplate['fill']>[0] {
  return {
    reference: page.reference,
    status: String(page.status),
    reason: sentences(page).join(' '),
    contact: page.contact,
  };
}

function builtIn(page: Page): string {
  const { title } = statusWords(page.language, page.status);
  const words = FRAME_WORDS[page.language];
  const rows = [
    ...(page.reference === '' ? [] : [[words.reference, `<code>${escapeHtml(page.reference)}</code>`]]),
    ...(page.contact === '' ? [] : [[words.contact, escapeHtml(page.contact)]]),
  ].map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`);
  const said = sentences(page).map((sentence) => `<p>${escapeHtml(sentence)}</p>`);
  const help = page.reference === '' ? '' : `<p class="soft">${words.help}</p>`;
  const list = rows.length === 0 ? '' : `<dl>${rows.join('')}</dl>`;
  return `<!doctype html>
<html lang="${page.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex">
<title>${page.status} ${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main><small>${page.status}</small><h1>${title}</h1>${said.join('')}${help}${list}</main>
</body>
</html>
`;
}

function problem(page: Page): string {
  const details: Record<string, unknown> = {
    // The status says it all (RFC 9457, 4.2.1).
    type: 'about:blank',
    title: STATUS_CODES[page.status] ?? statusWords('en', page.status).title,
    status: page.status,
    detail: sentences(page).join(' '),
  };
  if (page.reference !== '') details.reference = page.reference;
  if (page.contact !== '') details.contact = page.contact;
  if (page.seconds > 0) details.retryAfter = page.seconds;
  return `${JSON.stringify(details)}\n`;
}

function plainText(page: Page): string {
  const words = FRAME_WORDS[page.language];
  return [
    `${page.status} ${statusWords(page.language, page.status).title}`,
    ...sentences(page),
    ...(page.reference === '' ? [] : [`${words.reference}: ${page.reference}`]),
    ...(page.contact === '' ? [] : [`${words.contact}: ${page.contact}`]),
    '',
  ].join('\n');
}
