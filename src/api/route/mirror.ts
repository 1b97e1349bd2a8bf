import type { Backend } from '../backend.ts';
import { MirrorSchema, MirrorWishSchema } from '../schema/configuration.ts';
import type { Api } from '../server.ts';

const TAGS = ['mirror'];

/** Copies of an interface, taken with tc. */
export function mirrorRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/mirror',
    {
      config: { access: 'viewer' },
      schema: { summary: 'What is mirrored', tags: TAGS, response: { 200: MirrorSchema } },
    },
    () => weir.mirror(),
  );
  api.post(
    '/api/v1/mirror',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Mirrors an interface, until it is stopped',
        tags: TAGS,
        body: MirrorWishSchema,
        response: { 200: MirrorSchema },
      },
    },
    ({ body: { source = '' } }) => weir.startMirror(source),
  );
  api.delete(
    '/api/v1/mirror',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Ends a mirror, or all',
        tags: TAGS,
        querystring: MirrorWishSchema,
        response: { 200: MirrorSchema },
      },
    },
    ({ query: { source = '' } }) => weir.stopMirror(source),
  );
}
