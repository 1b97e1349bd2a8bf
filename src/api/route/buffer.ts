import type { Backend } from '../backend.ts';
import { AddressParams } from '../schema/addresses.ts';
import { BufferSchema, ErasedSchema } from '../schema/buffer.ts';
import type { Api } from '../server.ts';

const TAGS = ['web'];

/** The stored web requests. */
export function bufferRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/buffer',
    {
      config: { access: 'viewer' },
      schema: { summary: 'How the buffer of web requests is', tags: TAGS, response: { 200: BufferSchema } },
    },
    () => weir.buffer(),
  );
  api.delete(
    '/api/v1/buffer',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Remove all stored requests, and the key that they are sealed with',
        tags: TAGS,
        response: { 200: ErasedSchema },
      },
    },
    () => weir.erase(),
  );
  api.delete(
    '/api/v1/buffer/addresses/:address',
    {
      config: { access: 'admin' },
      schema: {
        summary: 'Remove what an address, or a network (its slash written as %2F), sent',
        tags: TAGS,
        params: AddressParams,
        response: { 200: ErasedSchema },
      },
    },
    ({ params }) => weir.erase(params.address),
  );
}
