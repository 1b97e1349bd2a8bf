import { isFieldValue, isTarget, isToken } from '../../src/mitm/http/character.ts';
import type { Field } from '../../src/mitm/http/message.ts';
import { compileRewriteRules, rewriteFaults } from '../../src/mitm/proxy/rewrite/compile.ts';
import { RuleRewriter } from '../../src/mitm/proxy/rewrite/index.ts';
import { contextOf, requestHead, responseHead } from '../../src/mitm/proxy/rewrite/messages-case.ts';
import { linear } from './linear.ts';

/** A rule made of a message what cannot be sent. */
export class WrongRewrite extends Error {
  override name = 'WrongRewrite';
}

const HOSTILE: readonly Field[] = [
  ['Cookie', 'a=1; b="\xff\x80"'],
  ['X-A', '{host} $1 %0d%0a'],
  ['Accept-Encoding', 'gzip, br'],
];
const REQUESTS = [
  requestHead('/'),
  requestHead('/shop/%2e%2e/a.php?q={host}&x=%0d%0aSet-Cookie:%20a', HOSTILE),
  requestHead(`/${'a/'.repeat(2000)}?${'b'.repeat(2000)}`, HOSTILE, { method: 'POST', host: '[::1]:8080' }),
  requestHead('http://www.example.org:81//x/./y;z?', [], { version: 10, host: '' }),
  requestHead('*', [], { method: 'OPTIONS' }),
];
const HTML: Field = ['Content-Type', 'text/html; charset=utf-8'];
const ANSWERS = [
  responseHead(200, [HTML]),
  responseHead(304, [HTML], { framing: { kind: 'none' } }),
  responseHead(503, [
    ['Content-Type', 'text/plain'],
    ['Set-Cookie', 'a=\xff'],
  ]),
];
const PAGE = Buffer.from(`<html><head></head><body>${'<p>aaaa $1 one two</p>'.repeat(500)}</body></html>`);

/** Checks rules in JSON and applies those that are right; whether they are. Throws what went wrong. */
export function runRewriteRules(text: string): boolean {
  let rules: unknown;
  try {
    rules = JSON.parse(text);
  } catch {
    return false;
  }
  const faults = rewriteFaults(rules);
  if (faults.length > 0) {
    refused(rules, faults);
    return false;
  }
  const rewriter = new RuleRewriter(rules);
  for (const tls of [false, true]) {
    for (const head of REQUESTS) {
      const made = rewriter.request(head, contextOf(tls));
      if (made?.kind === 'answer') sendable(made.answer.fields);
      if (made?.kind === 'change') {
        if (made.target !== undefined && !isTarget(made.target)) {
          throw new WrongRewrite('a target that cannot be sent');
        }
        sendable(made.fields ?? []);
      }
      for (const answer of ANSWERS) {
        const changed = rewriter.response(head, answer, contextOf(tls));
        sendable(changed?.fields ?? []);
        const { body } = changed ?? {};
        if (body === undefined) continue;
        linear(
          PAGE,
          (page) => Buffer.concat([page, page]),
          (page) => sendable(body.replace(page).fields ?? []),
        );
      }
    }
  }
  return true;
}

/** Mistakes are told of one way or the other. */
function refused(rules: unknown, faults: readonly string[]): void {
  try {
    compileRewriteRules(rules);
  } catch (error) {
    if (error instanceof Error && error.name === 'RewriteRulesError' && error.message === faults.join('\n')) {
      return;
    }
    throw error;
  }
  throw new WrongRewrite('rules with mistakes were taken');
}

function sendable(fields: readonly Field[]): void {
  for (const [name, value] of fields) {
    if (!isToken(name) || !isFieldValue(value)) throw new WrongRewrite('a field that cannot be sent');
  }
}
