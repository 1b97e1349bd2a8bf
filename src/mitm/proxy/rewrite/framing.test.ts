import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Field } from '../../http/message.ts';
import type { LocalAnswer } from '../rewriting.ts';
import { blockedAnswer, pageAnswer } from './block-page.ts';
import { rewriteFaults } from './compile.ts';
import { contextOf, requestHead, responseHead } from './messages-case.ts';
import { PageTemplate } from './page-template.ts';
import { RuleRewriter } from './rewriter.ts';

const FRAMING = /^(?:connection|content-length|transfer-encoding|te|trailer|upgrade|keep-alive|expect)$/i;
const RUNS = { numRuns: 2000 };

/** Bytes that a strict parser may leave in a field's value, and those that it may not, which must not matter. */
const latin1 = fc.string({
  unit: fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('\r\n', '\r', '\n', '\0', '//', '..', '%0d%0a', '?', '#', ' ', '{'),
    },
  ),
  maxLength: 40,
});
const template = fc
  .array(
    fc.oneof(
      latin1,
      fc.constantFrom(
        '{host}',
        '{path}',
        '{query}',
        '{method}',
        '{scheme}',
        '{client}',
        '{reference}',
        '{{',
        '/',
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));
const name = fc.oneof(
  fc.constantFrom(
    'X-A',
    'Location',
    'Host',
    'Content-Length',
    'transfer-encoding',
    'Connection',
    'Set-Cookie',
  ),
  latin1,
);
const headers = fc.record(
  {
    set: fc.dictionary(name, template, { maxKeys: 3 }),
    add: fc.dictionary(name, template, { maxKeys: 3 }),
    remove: fc.array(name, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const path = fc.oneof(
  fc.record({ prefix: fc.constantFrom('/', '/a', '/a/', '/a/b'), to: latin1.map((text) => `/${text}`) }),
  fc.record({
    pattern: fc.constantFrom('/(.*)', '(.*)', '/a(.*?)/(.+)', '(?s).(.*)'),
    to: fc.constantFrom('/$1', '/$2$1', '/x/$1$1', '/$0'),
  }),
);
const target = fc.oneof(
  latin1.map((text) => `/${text}`),
  latin1.map((text) => `/a/${text}`),
  latin1.map((text) => `http://${text}`),
  latin1,
);
const statuses = fc.constantFrom(200, 204, 301, 302, 304, 403, 404, 500, 999, 101);

function assertSafe(fields: readonly Field[]): void {
  for (const [key, value] of fields) {
    assert.match(key, /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/);
    assert.doesNotMatch(key, FRAMING);
    assert.match(value, /^[\t\x20-\x7e\x80-\xff]*$/);
  }
}

function assertAnswer({ status, fields, body }: LocalAnswer): void {
  assert.ok(Number.isInteger(status) && status >= 200 && status <= 599);
  assertSafe(fields);
  if (status === 204 || status === 304) assert.equal(body.length, 0);
}

/** The rewriter where all rules are right; undefined where they were refused. */
function accepted(rules: unknown): RuleRewriter | undefined {
  return rewriteFaults(rules).length === 0 ? new RuleRewriter(rules) : undefined;
}

test('no rule and no request make fields or targets that end where they should not', () => {
  let used = 0;
  fc.assert(
    fc.property(
      headers,
      fc.option(path, { nil: undefined }),
      target,
      latin1,
      (changes, moved, sent, host) => {
        const request = moved === undefined ? { headers: changes } : { headers: changes, path: moved };
        const rules = accepted([
          { request, response: { headers: changes } },
          { request: { headers: changes } },
        ]);
        if (rules === undefined) return;
        used++;
        const head = { ...requestHead(sent, [], { host }), fields: [['Host', 'www.example.org']] as Field[] };
        const made = rules.request(head, contextOf());
        if (made?.kind === 'change') {
          assertSafe(made.fields ?? []);
          const hosts = (made.fields ?? head.fields).filter(([key]) => key.toLowerCase() === 'host');
          assert.equal(hosts.length, 1);
          assert.match(hosts[0]![1], /^[A-Za-z0-9.\-_~:[\]]*$/);
          // The query stays as it was sent: the proxy's parser has read it.
          if (made.target !== undefined)
            assert.match(made.target.split('?')[0]!, /^\/(?!\/)[\x21\x22\x24-\x7e]*$|^\/$/);
        }
        assertSafe(rules.response(head, responseHead(200), contextOf())?.fields ?? []);
      },
    ),
    RUNS,
  );
  assert.ok(used > 50, `only ${used} rules were right`);
});

test('no redirect leads where neither the rule nor the host says', () => {
  const locations = fc.constantFrom(
    'https://{host}{path}{query}',
    '{path}{query}',
    'https://a.example{path}',
    '/x{path}',
  );
  fc.assert(
    fc.property(locations, target, latin1, (location, sent, host) => {
      const rules = new RuleRewriter([{ request: { redirect: { location } } }]);
      const made = rules.request(requestHead(sent, [], { host }), contextOf());
      assert.equal(made?.kind, 'answer');
      if (made?.kind !== 'answer') return;
      assertAnswer(made.answer);
      const to = made.answer.fields.find(([key]) => key === 'Location')?.[1];
      if (to === undefined) return;
      const base = location.startsWith('https://{host}')
        ? `https://${to.slice(8).split(/[/?]/)[0]}`
        : location.startsWith('https://')
          ? 'https://a.example'
          : 'https://base.example';
      if (!URL.canParse(base)) {
        // A Host that is none, such as `.0`: such a redirect leads nowhere.
        assert.equal(URL.canParse(to), false);
        return;
      }
      assert.equal(new URL(to, 'https://base.example').origin, new URL(base).origin);
    }),
    RUNS,
  );
});

test('no answer, status or body breaks what is around it', () => {
  let used = 0;
  const answers = fc.record({ status: statuses, headers: fc.dictionary(name, latin1, { maxKeys: 2 }) });
  fc.assert(
    fc.property(answers, statuses, statuses, fc.string(), (answer, from, to, text) => {
      const direct = accepted([{ request: { answer } }])?.request(requestHead('/'), contextOf());
      if (direct?.kind === 'answer') assertAnswer(direct.answer);
      const rules = accepted([{ response: { status: to, replace: [{ text: 'a', with: text }] } }]);
      if (rules === undefined) return;
      used++;
      const head = responseHead(from, [['Content-Type', 'text/plain']]);
      const made = rules.response(requestHead('/'), head, contextOf());
      const status = made?.status ?? from;
      // Whether there is a body is the same before and after.
      assert.equal([204, 304, 101].includes(status), [204, 304, 101].includes(from));
      const body = made?.body?.replace(Buffer.from('a\r\n0\r\n\r\na'));
      assertSafe(body?.fields ?? []);
    }),
    RUNS,
  );
  assert.ok(used > 50);
});

test('no page shows or sends what it was not made for', () => {
  const page = new PageTemplate('<p title="{contact}">{reference} {status} {reason}</p>');
  const options = fc.record({
    contact: fc.string(),
    showsReason: fc.boolean(),
    template: fc.constantFrom(undefined, page),
  });
  const fields = fc.array(fc.tuple(fc.constantFrom('Accept', 'accept-language', 'X'), latin1), {
    maxLength: 4,
  });
  const accepts = fc.constantFrom('text/html', 'application/json', 'text/plain', '*/*');
  fc.assert(
    fc.property(
      options,
      fields,
      accepts,
      fc.string(),
      fc.string(),
      latin1,
      fc.constantFrom('deny', 'limit', 'redirect'),
      fc.integer(),
      (how, request, accept, reference, reason, location, action, number) => {
        const judgement = {
          action,
          status: number,
          location,
          reason,
          retryAfter: number,
          verdict: undefined,
        };
        const answer = blockedAnswer({ reference, judgement }, [['Accept', accept], ...request], how);
        assertAnswer(answer);
        const body = answer.body.toString();
        if (answer.fields.some(([key, value]) => key === 'Content-Type' && value.startsWith('text/html'))) {
          const known =
            /<\/?(?:html|head|meta|title|style|body|main|small|h1|p|dl|dt|dd|code)\b[^<>]*>|<!doctype html>/g;
          assert.doesNotMatch(body.replace(known, ''), /</);
        }
        const to = answer.fields.find(([key]) => key === 'Location')?.[1];
        if (to !== undefined) assert.equal(to, location);
      },
    ),
    RUNS,
  );
  assert.throws(() => pageAnswer({ status: 200, reference: '' }, []), RangeError);
});
