import type { Backend } from '../backend.ts';
import type { Streams } from '../live/streams.ts';
import { familiesOf } from '../metrics/families.ts';
import type { Family } from '../metrics/family.ts';
import type { Figures } from '../metrics/figures.ts';
import { InfluxPush } from '../metrics/influx-push.ts';
import { formatOf, OPEN_METRICS_TYPE, renderMetrics, TEXT_TYPE } from '../metrics/prometheus.ts';
import { Problem } from '../problem.ts';
import type { Api } from '../server.ts';

/** Metrics for Prometheus, and for InfluxDB where that is wanted. */
export function metricsRoutes(api: Api, backend: Backend, figures: Figures, streams: Streams): void {
  const families = async (): Promise<readonly Family[]> => {
    const sample = await figures.samples.take();
    return familiesOf({ sample, tally: figures.tally, streams: streams.statistics() });
  };
  const push = new InfluxPush({ backend, families });
  api.addHook('onClose', () => push.close());
  api.get(
    '/metrics',
    {
      // With api.metrics.open nobody needs to be known: the handler looks.
      config: { access: 'public' },
      schema: {
        summary: 'Metrics in the text format of Prometheus, or OpenMetrics',
        description: 'Needs a viewer, but where api.metrics.open is true.',
        tags: ['system'],
        produces: ['text/plain', 'application/openmetrics-text'],
      },
    },
    async (request, reply) => {
      if (request.principal === undefined && !backend.configuration().metrics.open) {
        throw new Problem(401, 'Not logged in', 'send the token of a viewer, or set api.metrics.open', {
          'www-authenticate': 'Bearer realm="weir"',
        });
      }
      const format = formatOf(request.headers.accept);
      const text = renderMetrics(await families(), format);
      return reply.type(format === 'text' ? TEXT_TYPE : OPEN_METRICS_TYPE).send(text);
    },
  );
}
