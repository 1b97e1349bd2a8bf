/** The path that answers are sent to; it is never asked of a server while captchas are on. */
export const CAPTCHA_PATH = '/.weir/captcha';
const MOST_CHARACTERS = 1024;
/**
 * One slash, then visible ASCII without what could end an attribute or be read as another slash. What begins with two
 * slashes names another host (RFC 3986, 4.2); browsers read a backslash as a slash and pass over tabs and line feeds.
 */
const LOCAL = /^\/(?![/\\])[!#-;=?-[\]^_`a-~]*$/;

/** Path and query of a target in any form (RFC 9112, 3.2), as far as they are a way on the same host; `/` otherwise. */
export function wayOf(target: string): string {
  const cut = target.slice(0, 2 * MOST_CHARACTERS);
  const authority = /^https?:\/\/[^/?#]*/i.exec(cut);
  return localWay(authority === null ? cut : cut.slice(authority[0].length));
}

/** Where a client may be sent that says it wanted to go there: a path on the same host; `/` for all else. */
export function localWay(text: string): string {
  return text.length <= MOST_CHARACTERS && LOCAL.test(text) && !isCaptchaPath(text) ? text : '/';
}

/** Whether a target, in any form, is the path for answers. */
export function isCaptchaPath(target: string): boolean {
  const at = target.indexOf(CAPTCHA_PATH);
  if (at < 0) return false;
  const end = target[at + CAPTCHA_PATH.length];
  if (end !== undefined && end !== '?') return false;
  return at === 0 || /^https?:\/\/[^/?#]*$/i.test(target.slice(0, at));
}
