import { existsSync } from 'node:fs';
import { join } from 'node:path';
import serveFiles from '@fastify/static';
import type { FastifyReply } from 'fastify';
import type { Api } from './server.ts';

/** Where `vite build -c web/vite.config.ts` puts it. */
const BUILT = join(import.meta.dirname, '../../build/web');
/** First parts of paths that are never pages of the console. */
const NOT_PAGES: ReadonlySet<string> = new Set(['api', 'metrics', 'healthz', 'readyz']);
const YEAR_MS = 365 * 86_400_000;

const ABSENT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>weir</title>
<h1>The console is not built yet</h1>
<p>Run <code>make console</code> in the folder of weir, and load this page again.</p>
<p>The API works without it: <a href="/api/reference">its reference</a>, <code>weir status</code> on the command line.</p>
</html>
`;

/** Serves the console: its files, and its page for every path that the console itself makes something of. */
export async function installConsole(api: Api, folder = BUILT): Promise<void> {
  await api.register(serveFiles, {
    root: folder,
    serve: false,
    preCompressed: true,
    dotfiles: 'ignore',
    index: false,
    // It may be built while weir runs.
    suppressWarning: true,
  });
  const answer = (path: string, reply: FastifyReply): FastifyReply => {
    const [first = ''] = path.split('/');
    if (NOT_PAGES.has(first.toLowerCase()) || !/^[\w./-]*$/.test(path)) return reply.callNotFound() ?? reply;
    // Names of assets change with what is in them.
    if (first === 'assets') return reply.sendFile(path, { maxAge: YEAR_MS, immutable: true });
    if (path.includes('.')) return reply.sendFile(path, { cacheControl: false });
    if (existsSync(join(folder, 'index.html'))) {
      return reply.header('cache-control', 'no-cache').sendFile('index.html', { cacheControl: false });
    }
    return reply.code(503).type('text/html; charset=utf-8').send(ABSENT);
  };
  const options = { config: { access: 'public' }, schema: { hide: true } } as const;
  api.get('/', options, (_request, reply) => answer('', reply));
  api.get('/*', options, ({ params }, reply) => answer((params as { '*': string })['*'], reply));
}
