import { mayAct, type Principal } from '../access.ts';
import type { Backend } from '../backend.ts';
import { isFromSocket } from '../listen.ts';
import { Problem } from '../problem.ts';
import type { Api } from '../server.ts';

/** Every route needs a role; one that names none needs an administrator. */
export async function installAccess(api: Api, backend: Backend): Promise<void> {
  api.decorateRequest('principal', undefined);
  api.addHook('onRequest', async (request) => {
    const needed = request.routeOptions.config.access ?? 'admin';
    const principal: Principal | undefined = isFromSocket(request.raw)
      ? { name: 'root', role: 'admin', by: 'socket' }
      : anonymous(backend);
    request.principal = principal;
    if (needed === 'public' || request.is404) return;
    if (principal === undefined) throw new Problem(401, 'Not logged in', 'log in, or send a token');
    if (!mayAct(principal.role, needed))
      throw new Problem(403, 'Not allowed', `this needs the role ${needed}`);
  });
}

function anonymous(backend: Backend): Principal | undefined {
  const { anonymous: role } = backend.configuration();
  return role === 'off' ? undefined : { name: 'anonymous', role, by: 'anonymous' };
}
