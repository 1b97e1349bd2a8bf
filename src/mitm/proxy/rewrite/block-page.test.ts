import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Field } from '../../http/message.ts';
import { type Judgement, PASSED } from '../../judge.ts';
import type { LocalAnswer } from '../rewriting.ts';
import { preferredKind, preferredLanguage } from './accept.ts';
import { blockedAnswer, pageAnswer } from './block-page.ts';
import { PageTemplate, readPageTemplate } from './page-template.ts';
import { LANGUAGES, STATUS_WORDS } from './page-words.ts';

const REFERENCE = 'k3v9q0a1b2c3d4e5f6g7';
const BROWSER: Field[] = [
  ['Accept', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'],
  ['Accept-Language', 'de-AT,de;q=0.9,en;q=0.8'],
];
const DENIED: Judgement = { ...PASSED, action: 'deny', status: 403, reason: 'SQL injection' };

function field({ fields }: LocalAnswer, name: string): string | undefined {
  return fields.find(([key]) => key.toLowerCase() === name)?.[1];
}

describe('what a client would rather read', () => {
  const cases: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'text'],
    ['', 'text'],
    ['*/*', 'text'],
    [BROWSER[0]![1], 'html'],
    ['application/json', 'json'],
    ['application/json, text/plain, */*', 'json'],
    ['application/problem+json;q=0.5, text/html;q=0.4', 'json'],
    ['text/plain, text/html;q=0.9', 'text'],
    ['text/*', 'html'],
    ['text/*;q=0.3, application/json;q=0.2', 'html'],
    ['text/html;q=0, */*', 'text'],
    ['TEXT/HTML;Q=1', 'html'],
    ['text/html;q=7', 'html'],
    [`${'a/b,'.repeat(5000)}text/html`, 'text'],
  ];
  for (const [accept, kind] of cases)
    test(`${accept?.slice(0, 60)}: ${kind}`, () =>
      assert.equal(preferredKind(accept === undefined ? [] : [['accept', accept]]), kind));

  test('in which language', () => {
    const language = (value: string): string => preferredLanguage([['Accept-Language', value]], LANGUAGES);
    assert.equal(language('de-AT,de;q=0.9,en;q=0.8'), 'de');
    assert.equal(language('es, fr;q=0.5, en;q=0.1'), 'fr');
    assert.equal(language('ja'), 'en');
    assert.equal(language('de;q=0'), 'en');
    assert.equal(preferredLanguage([], LANGUAGES), 'en');
  });
});

describe('a page', () => {
  test('for a browser loads nothing, runs nothing and has the reference', () => {
    const answer = blockedAnswer({ reference: REFERENCE, judgement: DENIED }, BROWSER, {
      contact: 'admin@example.org <b>',
    });
    const html = answer.body.toString();
    assert.equal(answer.status, 403);
    assert.equal(field(answer, 'content-type'), 'text/html; charset=utf-8');
    assert.equal(field(answer, 'cache-control'), 'no-store');
    assert.equal(field(answer, 'x-weir-reference'), REFERENCE);
    assert.match(html, /<html lang="de">[\s\S]*<title>403 Anfrage blockiert<\/title>/);
    assert.ok(html.includes(`<code>${REFERENCE}</code>`));
    assert.ok(html.includes('admin@example.org &lt;b&gt;'));
    assert.ok(!html.includes('SQL'), 'why it was blocked is not told');
    assert.doesNotMatch(html, /<script|<link|<img|https?:|url\(| on[a-z]+=/i);
    const policy = field(answer, 'content-security-policy')!;
    assert.match(policy, /^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}';/);
    const style = /<style>([\s\S]*)<\/style>/.exec(html)![1]!;
    assert.ok(policy.includes(createHash('sha256').update(style).digest('base64')));
  });

  test('for a program is problem details (RFC 9457)', () => {
    const answer = pageAnswer({ status: 429, reference: REFERENCE, retryAfter: 2.1 }, [
      ['Accept', 'application/json'],
    ]);
    assert.equal(field(answer, 'content-type'), 'application/problem+json');
    assert.equal(field(answer, 'retry-after'), '3');
    assert.deepEqual(JSON.parse(answer.body.toString()), {
      type: 'about:blank',
      title: 'Too Many Requests',
      status: 429,
      detail: 'There were too many requests in a short time. Please try again in 3 s.',
      reference: REFERENCE,
      retryAfter: 3,
    });
  });

  test('for curl is text', () => {
    const answer = blockedAnswer({ reference: REFERENCE, judgement: DENIED }, [['Accept', '*/*']], {
      showsReason: true,
    });
    assert.equal(
      answer.body.toString(),
      `403 Request blocked\nThis request was refused by the protection of this site.\nSQL injection\nReference: ${REFERENCE}\n`,
    );
  });

  test('is there for each status and language', () => {
    for (const language of LANGUAGES) {
      assert.deepEqual(Object.keys(STATUS_WORDS[language]), Object.keys(STATUS_WORDS.en));
      for (const status of [400, 403, 413, 429, 431, 500, 502, 503, 504, 599]) {
        const html = pageAnswer({ status, reference: '' }, [
          ['Accept', 'text/html'],
          ['Accept-Language', language],
        ]).body.toString();
        assert.match(html, new RegExp(`<title>${status} [^<]+</title>`));
        assert.doesNotMatch(html, /undefined|<code>/);
      }
    }
  });

  test('does not show a reference that is none', () => {
    const answer = pageAnswer({ status: 403, reference: '<script>' }, BROWSER);
    assert.doesNotMatch(answer.body.toString(), /script/);
    assert.equal(field(answer, 'x-weir-reference'), undefined);
  });
});

describe('a judgement', () => {
  const answerOf = (judgement: Partial<Judgement>): LocalAnswer =>
    blockedAnswer({ reference: REFERENCE, judgement: { ...PASSED, ...judgement } }, []);

  test('leads elsewhere', () => {
    const answer = answerOf({ action: 'redirect', status: 307, location: 'https://example.org/a' });
    assert.deepEqual([answer.status, field(answer, 'location')], [307, 'https://example.org/a']);
    assert.equal(answerOf({ action: 'redirect', status: 200, location: '/a' }).status, 302);
  });

  test('is a page where it would lead to what cannot be sent', () => {
    for (const location of ['', 'https://a\r\nX: y', 'a b', 'a\0', '\u4e00', 'x'.repeat(9000)]) {
      const answer = answerOf({ action: 'redirect', status: 302, location });
      assert.deepEqual([answer.status, field(answer, 'location')], [403, undefined]);
    }
  });

  test('limits', () => {
    const answer = answerOf({ action: 'limit', status: 429, retryAfter: 30 });
    assert.deepEqual([answer.status, field(answer, 'retry-after')], [429, '30']);
  });

  test('with a status that is no error gets the usual one', () => {
    assert.equal(answerOf({ action: 'deny', status: 0 }).status, 403);
    assert.equal(answerOf({ action: 'deny', status: 204 }).status, 403);
    assert.equal(answerOf({ action: 'deny', status: 418 }).status, 418);
  });

  test('that is not answered is refused', () => {
    for (const action of ['pass', 'drop'] as const) assert.throws(() => answerOf({ action }), TypeError);
  });
});

describe("an operator's page", () => {
  const write = (bytes: string | Buffer, use: (path: string) => void): void => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-page-'));
    try {
      writeFileSync(join(folder, 'page.html'), bytes);
      use(join(folder, 'page.html'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('has its places filled, once, and escaped', () => {
    write('<style>p{color:red}</style><p>{reference} {status}: {reason} ({contact}) {x}', (path) => {
      const template = readPageTemplate(path);
      const answer = pageAnswer({ status: 503, reference: 'abc' }, [['Accept', 'text/html']], {
        template,
        contact: '<{status}>',
      });
      assert.equal(
        answer.body.toString(),
        '<style>p{color:red}</style><p>abc 503: This site cannot answer at the moment. (&lt;{status}&gt;) {x}',
      );
      assert.doesNotMatch(field(answer, 'content-security-policy')!, /script/);
    });
  });

  test('that cannot be used is refused', () => {
    assert.throws(() => new PageTemplate('<p>'), /has no \{reference\}/);
    assert.throws(
      () => new PageTemplate('{reference} {statsu}'),
      /\{statsu\} is unknown \(did you mean status\?\)/,
    );
    const refused = (bytes: string | Buffer, reason: RegExp): void =>
      write(bytes, (path) => assert.throws(() => readPageTemplate(path), reason));
    refused(`{reference}${' '.repeat(300_000)}`, /page\.html: is larger than/);
    refused(Buffer.from([0x7b, 0xff]), /page\.html: is not UTF-8/);
    refused('', /page\.html: the page has no/);
    assert.throws(() => readPageTemplate(tmpdir()), /is no file/);
  });
});
