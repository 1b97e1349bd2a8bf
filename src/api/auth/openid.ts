import type { Configuration } from 'openid-client';
import type { ApiConfiguration } from '../../config/index.ts';
import { ROLES, type Role } from '../access.ts';
import { Problem } from '../problem.ts';
import type { SecretReader } from '../secret-file.ts';
import { Seal } from './sealed.ts';

/** Where the provider sends browsers back to. */
export const OPENID_CALLBACK = '/api/v1/session/oidc/callback';
/** How long a login at the provider may take. */
export const OPENID_LOGIN_SECONDS = 600;

const PATIENCE_SECONDS = 10;
const CACHED_MS = 3_600_000;

/** What a login needs to remember while the browser is at the provider. */
interface Pending {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly untilMs: number;
}

/** Login by an OpenID Connect provider: authorization code with PKCE, state and nonce. */
export class OpenIdLogin {
  private readonly configuration: () => ApiConfiguration;
  private readonly secret: string | undefined;
  private readonly seal = new Seal();
  private cached:
    | { readonly of: string; readonly atMs: number; readonly found: Promise<Configuration> }
    | undefined;
  /** What keeps it from working; empty where nothing does. */
  readonly fault: string;

  constructor(configuration: () => ApiConfiguration, secret: SecretReader) {
    this.configuration = configuration;
    const read = readSecret(configuration().oidc, secret);
    this.secret = read.secret;
    this.fault = read.fault;
  }

  /** What the login page says; undefined: there is no provider. */
  get name(): string | undefined {
    const { issuer, name } = this.configuration().oidc;
    return issuer === '' ? undefined : name;
  }

  /** Begins a login: where to send the browser, and what it is to keep meanwhile. Throws a {@link Problem}. */
  async begin(): Promise<{ readonly url: string; readonly pending: string }> {
    const client = await import('openid-client');
    const provider = await this.provider();
    const { origin, scopes } = this.configuration().oidc;
    const state = client.randomState();
    const nonce = client.randomNonce();
    const verifier = client.randomPKCECodeVerifier();
    const url = client.buildAuthorizationUrl(provider, {
      redirect_uri: new URL(OPENID_CALLBACK, origin).href,
      scope: scopes.join(' '),
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const pending: Pending = { state, nonce, verifier, untilMs: Date.now() + OPENID_LOGIN_SECONDS * 1000 };
    return { url: url.href, pending: this.seal.close(JSON.stringify(pending)) };
  }

  /** Ends a login: who it is. `query` is what the provider had the browser say. Throws a {@link Problem}. */
  async end(
    query: string,
    sealed: string | undefined,
  ): Promise<{ readonly name: string; readonly role: Role }> {
    const text = sealed === undefined ? undefined : this.seal.open(sealed);
    const pending = text === undefined ? undefined : (JSON.parse(text) as Pending);
    if (pending === undefined || pending.untilMs < Date.now())
      throw new Problem(
        401,
        'Not logged in',
        'this login was not begun in this browser, or too long ago: begin again',
      );
    const client = await import('openid-client');
    const provider = await this.provider();
    const url = new URL(OPENID_CALLBACK, this.configuration().oidc.origin);
    url.search = query;
    const claims = await asProblem('the provider did not confirm the login', async () => {
      const tokens = await client.authorizationCodeGrant(provider, url, {
        pkceCodeVerifier: pending.verifier,
        expectedState: pending.state,
        expectedNonce: pending.nonce,
        idTokenExpected: true,
      });
      const said: Record<string, unknown> = { ...tokens.claims() };
      const { claim } = this.configuration().oidc;
      // Many providers say groups there alone.
      if (said[claim] !== undefined || provider.serverMetadata().userinfo_endpoint === undefined) return said;
      return { ...(await client.fetchUserInfo(provider, tokens.access_token, String(said.sub))), ...said };
    });
    return this.holderOf(claims);
  }

  private holderOf(claims: Readonly<Record<string, unknown>>): {
    readonly name: string;
    readonly role: Role;
  } {
    const { claim, viewers, operators, admins } = this.configuration().oidc;
    const given = claims[claim];
    const values = Array.isArray(given) ? given : [given];
    const wanted: Readonly<Record<Role, readonly string[]>> = {
      viewer: viewers,
      operator: operators,
      admin: admins,
    };
    const role = ROLES.findLast((one) => wanted[one].some((value) => values.includes(value)));
    const name = [claims.preferred_username, claims.email, claims.sub].find(
      (one): one is string => typeof one === 'string' && one !== '',
    );
    // The prefix keeps a user of the provider from being taken for one of the machine.
    const shown = `sso:${(name ?? '').replace(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 64)}`;
    if (role !== undefined) return { name: shown, role };
    throw new Problem(
      403,
      'Not allowed',
      `${shown} has no role here: the claim '${claim}' has none of the values of api.oidc.viewers, operators and admins`,
    );
  }

  /** The provider as it describes itself; asked once an hour, or again after it did not answer. */
  private provider(): Promise<Configuration> {
    const { issuer, client } = this.configuration().oidc;
    if (issuer === '' || this.fault !== '')
      throw new Problem(
        409,
        'Switched off',
        this.fault === '' ? 'no provider is set: api.oidc.issuer' : this.fault,
      );
    const of = `${issuer} ${client}`;
    if (this.cached?.of === of && Date.now() - this.cached.atMs < CACHED_MS) return this.cached.found;
    const found = discover(issuer, client, this.secret);
    const cached = { of, atMs: Date.now(), found };
    this.cached = cached;
    found.catch(() => {
      if (this.cached === cached) this.cached = undefined;
    });
    return found;
  }
}

async function discover(issuer: string, id: string, secret: string | undefined): Promise<Configuration> {
  const client = await import('openid-client');
  const url = new URL(issuer);
  return asProblem(`the provider ${issuer} does not answer as one`, () =>
    client.discovery(url, id, secret, secret === undefined ? client.None() : undefined, {
      timeout: PATIENCE_SECONDS,
      // Only the machine itself is asked without encryption; readSecret has looked.
      execute: url.protocol === 'http:' ? [client.allowInsecureRequests] : [],
    }),
  );
}

/** Whatever goes wrong with a provider is a problem of the provider, or of what it is to know of weir. */
async function asProblem<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const reasons: string[] = [];
    for (let at: unknown = error; at instanceof Error && reasons.length < 4; at = at.cause)
      reasons.push(at.message);
    const detail = `${what}: ${reasons.join(': ')}`.replace(/[\p{Cc}\p{Cf}]/gu, '?').slice(0, 300);
    const refused =
      error instanceof Error && ['AuthorizationResponseError', 'ResponseBodyError'].includes(error.name);
    throw refused
      ? new Problem(401, 'Not logged in', detail)
      : new Problem(503, 'No answer', `${detail}; see api.oidc`, { 'retry-after': '5' });
  }
}

function readSecret(
  { issuer, client, origin, secret: path }: ApiConfiguration['oidc'],
  read: SecretReader,
): { readonly secret: string | undefined; readonly fault: string } {
  const refused = (fault: string) => ({ secret: undefined, fault });
  if (issuer === '') return refused('');
  if (client === '' || origin === '')
    return refused('api.oidc.issuer needs api.oidc.client and api.oidc.origin too');
  const { protocol, hostname } = new URL(issuer);
  if (protocol !== 'https:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname))
    return refused(`api.oidc.issuer: ${issuer} is not encrypted: use https`);
  if (path === '') return { secret: undefined, fault: '' };
  try {
    return { secret: read(path), fault: '' };
  } catch (error) {
    return refused(`api.oidc.secret: ${error instanceof Error ? error.message : String(error)}`);
  }
}
