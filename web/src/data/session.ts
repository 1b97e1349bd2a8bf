import { queryOptions, useQuery } from '@tanstack/react-query';
import { ApiError } from './api-error.ts';
import { api, setCsrfToken, unauthorised } from './client.ts';
import { queryClient } from './queries.ts';
import type { Role, Session } from './types.ts';

const RANKS: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** How the session is asked for; kept until login or logout changes it. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }) => adopted(await api<Session>('/session', { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

/** The session of who looks at this; undefined while it is asked for, and on the login page. */
export function useSession(): Session | undefined {
  return useQuery({ ...sessionQuery, enabled: false }).data;
}

/** True where the role allows what needs `role`: hide or disable what the server would refuse anyway. */
export function useMay(role: Role): boolean {
  const session = useSession();
  return session !== undefined && RANKS[session.principal.role] >= RANKS[role];
}

/**
 * Begins a session with a token, or with the code of a one-time link.
 *
 * @throws {ApiError} with status 401 where the server does not know it.
 */
export async function login(proof: { readonly token: string } | { readonly code: string }): Promise<void> {
  await api('/session', { method: 'POST', body: proof });
  queryClient.clear();
  await queryClient.fetchQuery(sessionQuery);
}

/** Ends the session here and on the server. */
export async function logout(): Promise<void> {
  await api('/session', { method: 'DELETE' });
  forgetSession();
}

/** Drops everything that was fetched for the session that ended. */
export function forgetSession(): void {
  setCsrfToken(undefined);
  queryClient.clear();
}

/** Asks whether the session still stands; where it does not, the login page follows. A server that is away says nothing. */
export async function checkSession(): Promise<void> {
  try {
    await api<Session>('/session');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) unauthorised();
  }
}

function adopted(session: Session): Session {
  setCsrfToken(session.csrf);
  return session;
}
