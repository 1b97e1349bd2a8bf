import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { OPENID_CALLBACK } from './openid.ts';
import { ListeningApi, type TestAnswer } from './testing.ts';

const ORIGIN = 'https://weir.example.org';

/** As much of a provider as a test needs; the package has no types. */
interface Provider {
  callback(): RequestListener;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: unknown): Promise<void>;
  on(event: string, listener: (context: unknown, error: Error) => void): void;
}
interface Context {
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
  };
}
interface Grant {
  addOIDCScope(scope: string): void;
  save(): Promise<string>;
}
type GrantOptions = { readonly clientId: string; readonly accountId: string };
type ProviderMaker = new (
  issuer: string,
  options: unknown,
) => Provider & { Grant: new (options: GrantOptions) => Grant };

/** A provider that lets in whoever `user` names. */
class TestProvider {
  readonly issuer: string;
  user = 'alice';
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    this.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async open(): Promise<TestProvider> {
    const name: string = 'oidc-provider';
    const { Provider: Maker } = (await import(name)) as { readonly Provider: ProviderMaker };
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const self = new TestProvider(server);
    const provider = new Maker(self.issuer, {
      clients: [
        {
          client_id: 'weir',
          client_secret: 'a-secret-of-the-test',
          redirect_uris: [`${ORIGIN}${OPENID_CALLBACK}`],
        },
      ],
      cookies: { keys: ['a key of the test'] },
      pkce: { required: () => true },
      claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: () => '/interaction' },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => ({ sub: id, preferred_username: id, groups: ['staff', `${id}s`] }),
      }),
      loadExistingGrant: async ({ oidc: { client, session } }: Context) => {
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope('openid profile');
        await grant.save();
        return grant;
      },
    });
    const callback = provider.callback();
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (request.url !== '/interaction') callback(request, response);
      else void provider.interactionFinished(request, response, { login: { accountId: self.user } });
    });
    return self;
  }

  /** What a browser does there: follows until it is sent away. */
  async visit(from: string): Promise<string> {
    const cookies = new Map<string, string>();
    for (let url = from, steps = 0; steps < 8; steps++) {
      if (!url.startsWith(this.issuer)) return url;
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
      for (const set of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
        cookies.set(name, value);
      }
      const location = answer.headers.get('location');
      assert.ok(location !== null, `${answer.status} ${(await answer.text()).slice(0, 300)}`);
      url = new URL(location, url).href;
    }
    throw new Error('the provider sends in circles');
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

let provider: TestProvider;
let listening: ListeningApi;
let folder = '';

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-openid-'));
  writeFileSync(join(folder, 'secret'), 'a-secret-of-the-test\n', { mode: 0o600 });
  provider = await TestProvider.open();
  listening = await ListeningApi.open(settings(provider.issuer));
});
after(async () => {
  await listening.close();
  provider.close();
  rmSync(folder, { recursive: true, force: true });
});

function settings(issuer: string, more = ''): string {
  return `{rate: 100000, oidc: {issuer: '${issuer}', client: weir, secret: '${folder}/secret', origin: '${ORIGIN}', viewers: [staff], operators: [bobs], admins: [alices]${more}}}`;
}

function cookiesOf({ headers }: TestAnswer): string {
  return (headers['set-cookie'] ?? []).map((one) => one.split(';')[0]).join('; ');
}

/** Goes to the provider and comes back; the path that it sends the browser to, and the cookie that the browser has. */
async function atProvider(at = listening): Promise<{ readonly back: URL; readonly cookie: string }> {
  const begun = await at.ask({ path: '/api/v1/session/oidc' });
  assert.equal(begun.status, 303, begun.text);
  return { back: new URL(await provider.visit(begun.headers.location ?? '')), cookie: cookiesOf(begun) };
}

test('who logs in at the provider has the highest role of their groups', async () => {
  for (const [user, role] of [
    ['alice', 'admin'],
    ['bob', 'operator'],
    ['carol', 'viewer'],
  ] as const) {
    provider.user = user;
    const { back, cookie } = await atProvider();
    const done = await listening.ask({ path: `${back.pathname}${back.search}`, headers: { cookie } });
    assert.equal(done.status, 303, done.text);
    assert.equal(done.headers.location, '/');
    const session = await listening.ask({
      path: '/api/v1/session',
      headers: {
        cookie:
          cookiesOf(done)
            .split('; ')
            .find((one) => one.startsWith('weir_session=')) ?? '',
      },
    });
    assert.deepEqual(session.json.principal, { name: `sso:${user}`, role, by: 'session' });
    assert.deepEqual(session.json.loginWays, { token: true, oidc: { name: 'Single sign-on' } });
  }
  const [newest] = await listening.api.gate.audit.newest(1);
  assert.equal(newest?.name, 'sso:carol');
  assert.equal(newest?.sent.code, '(secret)');
});

test('an answer counts in the browser that asked, once, and as it was given', async () => {
  provider.user = 'alice';
  const { back, cookie } = await atProvider();
  const other = await atProvider();
  const path = `${back.pathname}${back.search}`;
  const changed = new URL(back);
  changed.searchParams.set('state', 'another');
  const foreign = new URL(back);
  foreign.searchParams.set('iss', 'https://evil.example');
  for (const [what, request] of [
    ['no cookie', { path }],
    ['cookie of another login', { path, headers: { cookie: other.cookie } }],
    ['cookie that is none', { path, headers: { cookie: 'weir_login=AAAA' } }],
    ['another state', { path: `${changed.pathname}${changed.search}`, headers: { cookie } }],
    ['another issuer', { path: `${foreign.pathname}${foreign.search}`, headers: { cookie } }],
    ['refused', { path: `${back.pathname}?error=access_denied&state=x`, headers: { cookie } }],
    ['nothing', { path: back.pathname, headers: { cookie } }],
  ] as const) {
    const { status, headers } = await listening.ask(request);
    assert.ok(status >= 400 && status !== 500, `${what}: ${status}`);
    assert.ok(!(headers['set-cookie'] ?? []).some((one) => one.startsWith('weir_session=')), what);
  }
  assert.equal((await listening.ask({ path, headers: { cookie } })).status, 303);
  assert.ok((await listening.ask({ path, headers: { cookie } })).status >= 400, 'a second time');
});

test('who has no role does not come in', async () => {
  const strict = await ListeningApi.open(
    settings(provider.issuer).replace('viewers: [staff]', 'viewers: []'),
  );
  try {
    provider.user = 'mallory';
    const { back, cookie } = await atProvider(strict);
    const { status, json } = await strict.ask({
      path: `${back.pathname}${back.search}`,
      headers: { cookie },
    });
    assert.equal(status, 403);
    assert.match(String(json.detail), /sso:mallory has no role.*groups/);
    // A browser has no script of ours there.
    provider.user = '<b>mallory';
    const next = await atProvider(strict);
    const headers = { cookie: next.cookie, accept: 'text/html,*/*' };
    const page = await strict.ask({ path: `${next.back.pathname}${next.back.search}`, headers });
    assert.equal(page.status, 403);
    assert.match(page.headers['content-type'] ?? '', /^text\/html/);
    assert.match(page.text, /<h1>Not allowed<\/h1>\n<p>sso:&lt;b&gt;mallory has no role/);
  } finally {
    await strict.close();
  }
});

test('a provider that does not answer, or is none, is said so, and other logins go on', async () => {
  const cases = [
    ['http://127.0.0.1:9', 503, /does not answer as one/],
    ['http://weir.example.org', 409, /is not encrypted/],
  ] as const;
  for (const [issuer, expected, words] of cases) {
    const alone = await ListeningApi.open(settings(issuer));
    try {
      const { status, json } = await alone.ask({ path: '/api/v1/session/oidc' });
      assert.equal(status, expected);
      assert.match(String(json.detail), words);
      assert.ok(!JSON.stringify(json).includes('a-secret-of-the-test'));
      const { cookie } = await alone.login({ token: await alone.token('one', 'viewer') });
      assert.equal((await alone.ask({ path: '/api/v1/session', headers: { cookie } })).status, 200);
    } finally {
      await alone.close();
    }
  }
});
