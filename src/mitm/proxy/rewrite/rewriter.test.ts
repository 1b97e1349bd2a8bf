import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Field, RequestHead, ResponseHead } from '../../http/message.ts';
import type { RequestRewrite } from '../rewriting.ts';
import { contextOf, requestHead, responseHead } from './messages-case.ts';
import { RuleRewriter } from './rewriter.ts';
import type { RequestActions, RewriteMatch, RewriteRule } from './rule.ts';

const HTML: Field = ['Content-Type', 'text/html; charset=utf-8'];

function rewriter(...rules: readonly RewriteRule[]): RuleRewriter {
  return new RuleRewriter(rules);
}

function onRequest(rule: RequestActions, head: RequestHead, tls = false): RequestRewrite | undefined {
  return rewriter({ request: rule }).request(head, contextOf(tls));
}

function change(rewrite: RequestRewrite | undefined): Extract<RequestRewrite, { kind: 'change' }> {
  assert.equal(rewrite?.kind, 'change');
  return rewrite as Extract<RequestRewrite, { kind: 'change' }>;
}

function answer(rewrite: RequestRewrite | undefined): Extract<RequestRewrite, { kind: 'answer' }>['answer'] {
  assert.equal(rewrite?.kind, 'answer');
  return (rewrite as Extract<RequestRewrite, { kind: 'answer' }>).answer;
}

describe('a rule matches', () => {
  const matches = (match: RewriteMatch, head: RequestHead): boolean =>
    rewriter({ match, request: { upstream: 'http://a' } }).request(head, contextOf()) !== undefined;
  const cases: readonly (readonly [RewriteMatch, RequestHead, boolean])[] = [
    [{}, requestHead('/'), true],
    [{ host: 'WWW.example.org' }, requestHead('/', [], { host: 'www.Example.org:8080' }), true],
    [{ host: 'www.example.org' }, requestHead('/', [], { host: 'www.example.org.' }), true],
    [{ host: '*.example.org' }, requestHead('/'), true],
    [{ host: '*.example.org' }, requestHead('/', [], { host: 'example.org' }), false],
    [{ host: '*.example.org' }, requestHead('/', [], { host: 'www.badexample.org' }), false],
    [{ host: '[::1]' }, requestHead('/', [], { host: '[::1]:80' }), true],
    [{ path: '/shop' }, requestHead('/shop'), true],
    [{ path: '/shop' }, requestHead('/shop/a?b'), true],
    [{ path: '/shop' }, requestHead('/shopping'), false],
    [{ path: '/shop/' }, requestHead('/shop'), false],
    [{ path: '/shop' }, requestHead('http://www.example.org/shop/a'), true],
    [{ path: '/shop' }, requestHead('*', [], { method: 'OPTIONS' }), false],
    // Written in another way it is the same to servers.
    [{ path: '/admin' }, requestHead('/%61dmin'), true],
    [{ path: '/admin' }, requestHead('/x/../admin/'), true],
    [{ path: '/admin' }, requestHead('//admin'), true],
    [{ path: '/*.php' }, requestHead('/index.php'), true],
    [{ path: '/*.php' }, requestHead('/a/index.php'), false],
    [{ path: '/**.php' }, requestHead('/a/index.php'), true],
    [{ path: '/a/**/b?' }, requestHead('/a/x/y/bz'), true],
    [{ path: '/a/**/b?' }, requestHead('/a/x/y/b'), false],
    [{ path: '/a*' }, requestHead('/a'), true],
    [{ path: ['/a', '/b'] }, requestHead('/b'), true],
    [{ method: ['GET', 'HEAD'] }, requestHead('/'), true],
    [{ method: 'get' }, requestHead('/'), false],
    [{ headers: { 'x-a': 'b' } }, requestHead('/', [['X-A', 'b']]), true],
    [{ headers: { 'x-a': 'b' } }, requestHead('/', [['X-A', 'bc']]), false],
    [{ headers: { 'x-a': { contains: 'B', ignoreCase: true } } }, requestHead('/', [['X-A', 'abc']]), true],
    [{ headers: { 'x-a': { contains: 'B' } } }, requestHead('/', [['X-A', 'abc']]), false],
    [
      { headers: { 'x-a': 'b' } },
      requestHead('/', [
        ['X-A', 'a'],
        ['x-A', 'b'],
      ]),
      true,
    ],
    [{ headers: { 'x-a': { present: false } } }, requestHead('/'), true],
    [{ headers: { 'x-a': { present: false } } }, requestHead('/', [['X-A', '']]), false],
    [{ host: 'www.example.org', path: '/a', method: 'POST' }, requestHead('/a'), false],
    // Nothing can be changed in a tunnel.
    [{}, requestHead('www.example.org:443', [], { method: 'CONNECT' }), false],
  ];
  for (const [match, head, expected] of cases)
    test(`${JSON.stringify(match)}: ${head.method} ${head.host} ${head.target} ${expected}`, () =>
      assert.equal(matches(match, head), expected));

  test('answers by status and media type', () => {
    const rules = rewriter({ match: { status: '5xx', contentType: 'text/*' }, response: { status: 503 } });
    const status = (head: ResponseHead): number | undefined =>
      rules.response(requestHead('/'), head, contextOf())?.status;
    assert.equal(status(responseHead(500, [HTML])), 503);
    assert.equal(status(responseHead(404, [HTML])), undefined);
    assert.equal(status(responseHead(500, [['Content-Type', 'image/png']])), undefined);
    assert.equal(status(responseHead(500)), undefined);
    assert.equal(status(responseHead(500, [HTML, ['content-type', 'text/plain']])), undefined);
  });
});

describe('a request', () => {
  test('gets its fields removed, set and added in this order', () => {
    const head = requestHead('/p?q=1', [
      ['Cookie', 'a'],
      ['X-Set', '1'],
      ['x-set', '2'],
      ['Accept', '*/*'],
    ]);
    const { fields } = change(
      onRequest(
        {
          headers: {
            remove: ['cookie', 'X-None'],
            set: { 'X-Set': '{client} {method} {scheme}', 'X-New': '{path}{query}' },
            add: { Accept: 'text/html' },
          },
        },
        head,
      ),
    );
    assert.deepEqual(fields, [
      ['Host', 'www.example.org'],
      ['X-Set', '192.0.2.7 GET http'],
      ['Accept', '*/*'],
      ['X-New', '/p?q=1'],
      ['Accept', 'text/html'],
    ]);
  });

  test('cannot put what ends or divides a value into one', () => {
    const head = requestHead('/a;b,c"<>\\`{|}\u00e4?x=\u0080;', [], { host: 'a b' });
    const { fields } = change(
      onRequest({ headers: { set: { 'X-P': '{path}', 'X-Q': '{query}', 'X-H': '{host}' } } }, head),
    );
    assert.deepEqual(fields?.slice(1), [
      ['X-P', '/a%3Bb%2Cc%22%3C%3E%5C%60%7B%7C%7D%E4'],
      ['X-Q', '?x=%80%3B'],
    ]);
  });

  test('keeps a Host that can be sent', () => {
    const set = (value: string): string | undefined =>
      change(onRequest({ upstream: 'http://b', headers: { set: { Host: value } } }, requestHead('/a@b')))
        .fields?.[0]?.[1];
    assert.equal(set('inner.example.org:80'), 'inner.example.org:80');
    assert.equal(set('inner{path}'), undefined);
  });

  test('goes to another server', () => {
    assert.equal(
      change(onRequest({ upstream: 'https://Example.org' }, requestHead('/'))).origin,
      'https://example.org:443',
    );
  });

  test('is answered', () => {
    const { status, fields, body } = answer(
      onRequest({ answer: { status: 403, headers: { 'X-A': 'b' }, body: 'nö' } }, requestHead('/')),
    );
    assert.equal(status, 403);
    assert.deepEqual(fields, [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['X-A', 'b'],
    ]);
    assert.equal(body.toString(), 'nö');
  });

  test('stays untouched where no rule is for it', () => {
    const rules = rewriter({
      match: { path: '/a' },
      request: { upstream: 'http://a' },
      response: { status: 500 },
    });
    assert.equal(rules.request(requestHead('/b'), contextOf()), undefined);
    assert.equal(rules.response(requestHead('/b'), responseHead(200), contextOf()), undefined);
    assert.equal(new RuleRewriter([]).request(requestHead('/'), contextOf()), undefined);
  });
});

describe('a path', () => {
  const cases: readonly (readonly [
    path: RequestActions['path'],
    target: string,
    made: string | undefined,
  ])[] = [
    [{ prefix: '/api', to: '/v2' }, '/api/x?a=/api', '/v2/x?a=/api'],
    [{ prefix: '/api', to: '/v2' }, '/api', '/v2'],
    [{ prefix: '/api', to: '/v2' }, '/apix', undefined],
    [{ prefix: '/api', to: '/' }, '/api/x', '/x'],
    [{ prefix: '/api', to: '/' }, '/api//evil.example/', '/evil.example/'],
    [{ prefix: '/api/', to: '/v2' }, '/api/x', '/v2/x'],
    [{ prefix: '/', to: '/app/' }, '/x', '/app/x'],
    [{ prefix: '/api', to: '/v2' }, 'http://www.example.org/api/x', '/v2/x'],
    // It would leave what the prefix stands for.
    [{ prefix: '/public', to: '/data/public' }, '/public/../secret', undefined],
    [{ prefix: '/public', to: '/data/public' }, '/public/%2e%2e/secret', undefined],
    [{ prefix: '/public', to: '/data/public' }, '/public/a/../b', '/data/public/a/../b'],
    [{ pattern: '/old/([a-z]+)/(.*)', to: '/new/$2/$1' }, '/old/a/b/c', '/new/b/c/a'],
    [{ pattern: '/old', to: '/new' }, '/old/x', undefined],
    [{ pattern: 'a|/b', to: '/new' }, '/b', '/new'],
    [{ pattern: '/(.*)', to: '/$1$$' }, '/a', '/a$'],
    [{ pattern: '/.(.*)', to: '/$1' }, '/x/evil.example', '/evil.example'],
  ];
  for (const [path, target, made] of cases)
    test(`${JSON.stringify(path)}: ${target}`, () => {
      const rewrite = onRequest({ path }, requestHead(target));
      assert.equal(rewrite === undefined ? undefined : change(rewrite).target, made);
    });
});

describe('a redirect', () => {
  const location = (text: string, head: RequestHead, tls = false): string | undefined => {
    const made = answer(onRequest({ redirect: { status: 308, location: text } }, head, tls));
    return made.status === 400 ? undefined : made.fields.find(([name]) => name === 'Location')?.[1];
  };
  const cases: readonly (readonly [template: string, head: RequestHead, made: string | undefined])[] = [
    [
      'https://{host}{path}{query}',
      requestHead('/a;b?c=d&e', [], { host: 'WWW.example.org:80' }),
      'https://www.example.org/a;b?c=d&e',
    ],
    ['https://{host}{path}', requestHead('/', [], { host: '[::1]:80' }), 'https://[::1]/'],
    ['https://{host}{path}', requestHead('/', [], { host: '' }), undefined],
    ['https://{host}{path}', requestHead('/', [], { host: 'evil.example@x' }), undefined],
    // It must not become a host.
    ['{path}', requestHead('//evil.example/'), '/evil.example/'],
    ['{path}', requestHead('/\\evil.example/'), '/evil.example/'],
    ['{path}', requestHead('*', [], { method: 'OPTIONS' }), undefined],
    ['https://www.example.org{path}', requestHead('http://evil.example/x'), 'https://www.example.org/x'],
    ['https://www.example.org{path}', requestHead(`/${'a'.repeat(9000)}`), undefined],
  ];
  for (const [template, head, made] of cases)
    test(`${template}: ${head.target.slice(0, 40)} of ${head.host}`, () =>
      assert.equal(location(template, head), made));

  test('that cannot be made is counted', () => {
    const rules = rewriter({ request: { redirect: { location: 'https://{host}/' } } });
    rules.request(requestHead('/', [], { host: '' }), contextOf());
    assert.equal(rules.statistics().redirectsRefused, 1);
  });
});

describe('several rules', () => {
  const set = (name: string, value: string): RewriteRule => ({
    request: { headers: { set: { [name]: value } } },
  });

  test('are applied one after the other', () => {
    const rules = rewriter(
      set('X-A', '1'),
      set('X-A', '2'),
      {
        request: { path: { prefix: '/', to: '/a/' } },
      },
      { request: { path: { prefix: '/', to: '/b/' } } },
    );
    const made = change(rules.request(requestHead('/x'), contextOf()));
    assert.deepEqual(made.fields?.at(-1), ['X-A', '2']);
    assert.equal(made.target, '/b/a/x');
  });

  test('match what was sent, not what others made', () => {
    const rules = rewriter(set('X-A', '1'), { ...set('X-B', '2'), match: { headers: { 'X-A': '1' } } });
    assert.equal(change(rules.request(requestHead('/'), contextOf())).fields?.length, 2);
  });

  test('end with an answer, a redirect and the last that matches', () => {
    const end: RewriteRule = { request: { answer: { status: 200 } } };
    assert.equal(rewriter(end, set('X-A', '1')).request(requestHead('/'), contextOf())?.kind, 'answer');
    const last = rewriter({ ...set('X-A', '1'), last: true }, end);
    assert.equal(last.request(requestHead('/'), contextOf())?.kind, 'change');
    const other = rewriter({ ...set('X-A', '1'), last: true, match: { path: '/a' } }, end);
    assert.equal(other.request(requestHead('/'), contextOf())?.kind, 'answer');
  });

  test('are counted', () => {
    const rules = rewriter({ ...set('X-A', '1'), name: 'mark' }, { response: { status: 500 } });
    rules.request(requestHead('/'), contextOf());
    rules.response(requestHead('/'), responseHead(200), contextOf());
    assert.deepEqual(rules.statistics().rules, [
      { name: 'mark', requests: 1, responses: 0 },
      { name: 'rules[1]', requests: 0, responses: 1 },
    ]);
  });
});

describe('an answer', () => {
  test('gets its fields and status', () => {
    const rules = rewriter({
      response: { status: 404, headers: { remove: ['Server'], set: { 'X-Ref': '{reference}' } } },
    });
    const made = rules.response(requestHead('/'), responseHead(500, [['Server', 'x'], HTML]), contextOf());
    assert.deepEqual(made, {
      status: 404,
      reason: 'Not Found',
      fields: [HTML, ['X-Ref', 'abc123']],
      body: undefined,
    });
    // These have no body, and another status would promise one.
    for (const status of [204, 304])
      assert.equal(rules.response(requestHead('/'), responseHead(status), contextOf())?.status, undefined);
    assert.equal(rules.response(requestHead('/'), responseHead(101), contextOf()), undefined);
  });

  test('gets the security fields that it lacks', () => {
    const rules = rewriter({ response: { securityHeaders: 'insert' } });
    const names = (tls: boolean): string[] | undefined =>
      rules
        .response(requestHead('/'), responseHead(200, [['x-frame-options', 'DENY']]), contextOf(tls))
        ?.fields?.map(([name]) => name);
    assert.deepEqual(names(false), ['x-frame-options', 'X-Content-Type-Options', 'Referrer-Policy']);
    assert.equal(names(true)?.at(-1), 'Strict-Transport-Security');
  });

  test('loses what restricts pages', () => {
    const rules = rewriter({ response: { securityHeaders: 'strip' } });
    const fields: Field[] = [['Content-Security-Policy', "default-src 'none'"], HTML];
    assert.deepEqual(rules.response(requestHead('/'), responseHead(200, fields), contextOf())?.fields, [
      HTML,
    ]);
  });
});

describe('a body', () => {
  const rules = rewriter({
    response: {
      headers: { set: { 'X-Done': 'yes' } },
      replace: [
        { text: 'grün', with: 'blau' },
        { pattern: '(?i)version (\\d{1,3})\\.(\\d{1,3})', with: 'v$2.$1 für $$' },
      ],
      inject: [
        { before: '</head>', html: '<meta name="a">' },
        { before: '</body>', html: '<p>end</p>' },
      ],
    },
  });
  const PAGE = '<HEAD></HEAD ><body>grün, VERSION 1.22 </body> in a text</BODY>';
  const MADE = '<HEAD><meta name="a"></HEAD ><body>blau, v22.1 für $ </body> in a text<p>end</p></BODY>';
  const run = (
    body: Buffer,
    fields: readonly Field[] = [HTML],
    more: Partial<ResponseHead> = {},
    using = rules,
  ): { readonly body: string; readonly fields: readonly Field[] | undefined } | undefined => {
    const rewrite = using.response(
      requestHead('/'),
      responseHead(more.status ?? 200, fields, more),
      contextOf(),
    );
    const made = rewrite?.body?.replace(body);
    return made === undefined ? undefined : { body: made.body.toString(), fields: made.fields };
  };

  test('asks for a plain and whole one', () => {
    const head = requestHead('/', [
      ['Accept-Encoding', 'gzip, br'],
      ['Range', 'bytes=0-9'],
      ['If-Range', '"a"'],
    ]);
    assert.deepEqual(change(rules.request(head, contextOf())).fields, [
      ['Host', 'www.example.org'],
      ['Accept-Encoding', 'identity'],
    ]);
  });

  const codings: readonly (readonly [string, Buffer])[] = [
    ['', Buffer.from(PAGE)],
    ['gzip', gzipSync(PAGE)],
    ['X-GZip', gzipSync(PAGE)],
    ['br', brotliCompressSync(PAGE)],
    ['deflate', deflateSync(PAGE)],
    ['deflate', deflateRawSync(PAGE)],
    ['zstd', zstdCompressSync(PAGE)],
  ];
  for (const [coding, body] of codings)
    test(`in the coding '${coding}' is changed, and leaves without one`, () => {
      const fields: Field[] = [
        HTML,
        ['ETag', '"a"'],
        ['Accept-Ranges', 'bytes'],
        ['X-B', 'c'],
        ...(coding === '' ? [] : [['Content-Encoding', coding] as Field]),
      ];
      assert.deepEqual(run(body, fields), { body: MADE, fields: [HTML, ['X-B', 'c'], ['X-Done', 'yes']] });
    });

  test('that cannot be read leaves as it came, with its fields', () => {
    const broken = gzipSync(PAGE).subarray(0, 30);
    const fields: Field[] = [HTML, ['Content-Encoding', 'gzip']];
    const using = new RuleRewriter([{ response: { replace: [{ text: 'a', with: 'b' }] } }], {
      bodyLimit: 1000,
    });
    const made = using
      .response(requestHead('/'), responseHead(200, fields), contextOf())
      ?.body?.replace(broken);
    assert.equal(made?.body, broken);
    assert.equal(made?.fields, undefined);
    // What it unpacks to is bounded.
    const bomb = gzipSync(Buffer.alloc(100_000, 'a'));
    assert.ok(bomb.length < 1000);
    assert.equal(run(bomb, fields, {}, using)?.fields, undefined);
    assert.equal(using.statistics().bodies.undecodable, 2);
  });

  const untouched: readonly (readonly [string, readonly Field[], Partial<ResponseHead>])[] = [
    ['no text', [['Content-Type', 'image/png']], {}],
    ['events', [['Content-Type', 'text/event-stream']], {}],
    ['no type', [], {}],
    ['an unknown coding', [HTML, ['Content-Encoding', 'compress']], {}],
    ['two codings', [HTML, ['Content-Encoding', 'gzip, br']], {}],
    ['two codings in two fields', [HTML, ['Content-Encoding', 'gzip'], ['Content-Encoding', 'br']], {}],
    ['wide characters', [['Content-Type', 'text/html; charset=UTF-16']], {}],
    ['no-transform', [HTML, ['Cache-Control', 'public, no-transform']], {}],
    ['a part', [HTML], { status: 206 }],
    ['none', [HTML], { framing: { kind: 'none' } }],
    ['too long', [HTML], { framing: { kind: 'length', bytes: 2 << 20 } }],
  ];
  for (const [name, fields, more] of untouched)
    test(`is not asked for: ${name}`, () => {
      const head = responseHead(more.status ?? 200, fields, more);
      const rewrite = rules.response(requestHead('/'), head, contextOf());
      assert.equal(rewrite?.body, undefined);
      // The fields are changed all the same.
      assert.deepEqual(rewrite?.fields?.at(-1), ['X-Done', 'yes']);
    });

  test('is not asked for: HEAD', () => {
    const head = requestHead('/', [], { method: 'HEAD' });
    assert.equal(rules.response(head, responseHead(200, [HTML]), contextOf())?.body, undefined);
  });

  test('is not injected into where there is no end tag, or no page', () => {
    assert.equal(run(Buffer.from('<p>'))?.body, '<p>');
    assert.equal(run(Buffer.from('grün</body>'), [['Content-Type', 'text/plain']])?.body, 'blau</body>');
    assert.equal(run(Buffer.from('</bodyguard></body'))?.body, '</bodyguard></body');
  });

  test('does not grow without bound', () => {
    const using = rewriter({ response: { replace: [{ text: 'a', with: 'b'.repeat(1000) }] } });
    const made = run(Buffer.alloc(100_000, 'a'), [HTML], {}, using);
    assert.equal(made?.body.length, 100_000);
    assert.equal(using.statistics().bodies.tooLong, 1);
    const grown = rewriter({ response: { replace: [{ pattern: 'a', with: 'b'.repeat(1000) }] } });
    assert.equal(run(Buffer.alloc(100_000, 'a'), [HTML], {}, grown)?.body.length, 100_000);
    // Nor step by step.
    const steps = rewriter({
      response: { replace: Array.from({ length: 20 }, () => ({ text: 'a', with: 'aaa' })) },
    });
    assert.equal(run(Buffer.alloc(1000, 'a'), [HTML], {}, steps)?.body.length, 1000);
  });

  test('is not changed where that could take too many steps', () => {
    const pattern = { pattern: '[^<]{0,100}x', with: '' };
    const few = rewriter({ response: { replace: [pattern] } });
    assert.equal(run(Buffer.from('ax</body>'), [HTML], {}, few)?.body, '</body>');
    const many = rewriter({ response: { replace: Array.from({ length: 20 }, () => pattern) } });
    run(Buffer.alloc(20_000, 'a'), [HTML], {}, many);
    assert.deepEqual(many.statistics().bodies, { changed: 0, unchanged: 0, undecodable: 0, tooLong: 1 });
  });

  test('with empty matches ends', () => {
    const using = rewriter({ response: { replace: [{ pattern: 'x?', with: '-' }] } });
    assert.equal(run(Buffer.from('axb'), [HTML], {}, using)?.body, 'axb'.replace(/x?/g, '-'));
  });
});

test('a limit that is none is refused', () => {
  for (const bodyLimit of [0, -1, 1.5, Number.NaN, 2 ** 30])
    assert.throws(() => new RuleRewriter([], { bodyLimit }), RangeError);
});
