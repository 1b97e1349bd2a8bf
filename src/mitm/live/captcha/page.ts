import { createHash } from 'node:crypto';
import type { JudgementPage } from '../../judge.ts';
import type { Challenge } from './challenge.ts';
import { type Language, PAGE_WORDS } from './page-words.ts';
import { digitPicture } from './picture.ts';
import { CAPTCHA_PATH } from './way-back.ts';

const STYLE = [
  ':root{color-scheme:light dark}',
  'body{margin:0;min-height:100vh;display:grid;place-items:center;font:1rem/1.5 system-ui,sans-serif}',
  'main{max-width:30rem;padding:2rem}',
  'h1{font-size:1.4rem}',
  'svg{display:block;max-width:100%;height:auto;margin:1rem 0}',
  'input,button{font:inherit;padding:.4rem .7rem}',
  'input{width:9rem;letter-spacing:.2em}',
].join('');

/** Nothing is loaded and nothing runs: the one style sheet is known by its hash, the form leads back here. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What a page is made of. */
export interface CaptchaPage {
  readonly challenge: Challenge;
  readonly language: Language;
  /** Where the client wanted to go: a path as of `localWay`. */
  readonly way: string;
  /** It has answered before, in vain. */
  readonly isAgain: boolean;
}

/** The page that asks for the digits of a picture: without scripts, and without anything from elsewhere. */
export function captchaPage({ challenge, language, way, isAgain }: CaptchaPage): JudgementPage {
  const words = PAGE_WORDS[language];
  // In one line: HAProxy puts no control characters into a page.
  const html = [
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">',
    `<title>${words.title}</title><style>${STYLE}</style></head><body><main><h1>${words.title}</h1>`,
    isAgain ? `<p role="alert">${words.again}</p>` : '',
    `<p>${words.text}</p>${digitPicture(challenge.answer, words.picture)}`,
    `<form method="post" action="${CAPTCHA_PATH}">`,
    `<input type="hidden" name="token" value="${challenge.token}">`,
    `<input type="hidden" name="to" value="${way.replaceAll('&', '&amp;')}">`,
    `<label>${words.label} <input name="answer" inputmode="numeric" autocomplete="off" maxlength="12" required autofocus>`,
    `</label> <button>${words.button}</button></form></main></body></html>`,
  ].join('');
  return { html, policy: POLICY, language };
}
