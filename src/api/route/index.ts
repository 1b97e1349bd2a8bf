import type { Backend } from '../backend.ts';
import type { Api } from '../server.ts';
import { statusRoutes } from './status.ts';

/** All routes; each subject has a file. */
export async function routes(api: Api, backend: Backend): Promise<void> {
  statusRoutes(api, backend);
}
