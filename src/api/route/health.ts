import Type from 'typebox';
import { ControlError } from '../../control/index.ts';
import type { Figures } from '../metrics/figures.ts';
import type { Sample } from '../metrics/sample.ts';
import type { Api } from '../server.ts';

/** A queue that is fuller than this drops records soon. */
const FULL = 0.9;

const HealthSchema = Type.Object({ status: Type.Enum(['ok', 'unready']) });
const ReadySchema = Type.Object({
  status: Type.Enum(['ok', 'unready']),
  reasons: Type.Array(Type.String(), { description: 'What is not in full work.' }),
});

/** For what watches over weir: whether it lives, and whether all of it works. */
export function healthRoutes(api: Api, { samples }: Figures): void {
  api.get(
    '/healthz',
    {
      config: { access: 'public' },
      schema: { summary: 'Whether the API lives', tags: ['system'], response: { 200: HealthSchema } },
    },
    async () => ({ status: 'ok' as const }),
  );
  api.get(
    '/readyz',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Whether all of weir works',
        tags: ['system'],
        response: { 200: ReadySchema, 503: ReadySchema },
      },
    },
    async (_request, reply) => {
      const reasons = await reasonsOf(() => samples.take());
      if (reasons.length > 0) reply.code(503).header('retry-after', '5');
      return { status: reasons.length === 0 ? 'ok' : 'unready', reasons };
    },
  );
}

async function reasonsOf(ask: () => Promise<Sample>): Promise<string[]> {
  let sample: Sample;
  try {
    sample = await ask();
  } catch (error) {
    if (error instanceof ControlError) return ['the supervisor gives no answer'];
    throw error;
  }
  const { state, processes, bus } = sample.status;
  return [
    ...(state === 'running' ? [] : [`weir is ${state}`]),
    ...processes.filter((one) => one.state !== 'running').map((one) => `process ${one.name} is ${one.state}`),
    ...bus.subscribers
      .filter(({ queuedBytes, limitBytes }) => queuedBytes > FULL * limitBytes)
      .map(({ name, topic }) => `the queue of ${topic} for ${name} is full`),
  ];
}
