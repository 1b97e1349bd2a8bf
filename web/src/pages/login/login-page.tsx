import './login-page.css';
import { useRouter } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { usePageSearch } from '../../app/search.ts';
import { ApiError } from '../../data/api-error.ts';
import { api, apiUrl } from '../../data/client.ts';
import { login } from '../../data/session.ts';
import type { LoginWays } from '../../data/types.ts';
import { Button } from '../../design/button.tsx';
import { Field, TextInput } from '../../design/field.tsx';

/** Where a login leads when nothing else was asked for. */
const HOME = '/';

/** Only paths of this console: what stands in an address may come from anywhere. */
function placeAfter(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : HOME;
}

/** Begins a session: by a token, by the code of a one-time link, or by the provider that is configured. */
export function LoginPage() {
  const [search] = usePageSearch();
  const router = useRouter();
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const provider = useProvider();
  const next = placeAfter(search.next);

  const enter = async (proof: { readonly token: string } | { readonly code: string }) => {
    setBusy(true);
    setError(undefined);
    try {
      await login(proof);
      router.history.replace(next);
    } catch (reason) {
      setError(sayWhy(reason, 'code' in proof));
    } finally {
      setBusy(false);
    }
  };

  // A code works once: neither a second rendering nor a step back may send it again.
  const sent = useRef(false);
  const enterOnce = useRef(enter);
  useEffect(() => {
    document.title = 'Log in · weir';
    if (search.code === undefined || sent.current) return;
    sent.current = true;
    void enterOnce.current({ code: search.code });
  }, [search.code]);

  return (
    <main className="login">
      <form
        className="login-card"
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() === '') setError('Write a token.');
          else void enter({ token: token.trim() });
        }}
      >
        <div className="login-brand">
          <img src="/icon.svg" width={32} height={32} alt="" />
          <h1>weir</h1>
        </div>
        <Field
          label="Token"
          help={
            <>
              <code>weir token create</code> makes one on the machine that runs weir.
            </>
          }
          error={error}
        >
          <TextInput
            type="password"
            name="token"
            autoComplete="current-password"
            autoFocus
            maxLength={512}
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        </Field>
        <Button type="submit" kind="primary" busy={busy}>
          Log in
        </Button>
        {provider !== undefined && (
          <a className="button" href={apiUrl('/session/oidc')}>
            Log in with {provider}
          </a>
        )}
      </form>
    </main>
  );
}

function sayWhy(reason: unknown, byCode: boolean): string {
  if (reason instanceof ApiError && reason.status === 401) {
    return byCode
      ? 'This link was used or is too old: ask for another.'
      : 'This token is not known, or has expired.';
  }
  return reason instanceof Error ? reason.message : String(reason);
}

/** The provider that one may log in with, where there is one. Who is not logged in learns of it by the refusal. */
function useProvider(): string | undefined {
  const [ways, setWays] = useState<LoginWays>();
  useEffect(() => {
    const asked = new AbortController();
    api<{ readonly loginWays?: LoginWays }>('/session', { signal: asked.signal }).then(
      (session) => setWays(session.loginWays),
      (error: unknown) => {
        if (error instanceof ApiError) setWays(error.problem.loginWays);
      },
    );
    return () => asked.abort();
  }, []);
  return ways?.oidc?.name;
}
