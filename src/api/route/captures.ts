import type { FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import { faultOf } from '../../config/forms.ts';
import type { Backend } from '../backend.ts';
import { findFlow } from '../packets/flow-packets.ts';
import type { KeptPackets } from '../packets/kept-packets.ts';
import type { PacketDownload, PacketReader } from '../packets/packet-reader.ts';
import { Problem } from '../problem.ts';
import {
  type CaptureFileSchema,
  type CaptureFindingSchema,
  type CaptureSensorSchema,
  CapturesQuery,
  CapturesSchema,
  FlowPacketsQuery,
  PacketsQuery,
} from '../schema/captures.ts';
import { ConversationParams } from '../schema/flow.ts';
import type { Api } from '../server.ts';
import { timeRangeOf } from '../time-range.ts';

const TAGS = ['captures'];
const PCAPNG = 'application/x-pcapng';
const ENDING =
  'At most 1 GiB and ten minutes. The trailer `x-weir-end` says how it ended: complete, limit or time; the file is whole in each case.';

/** What `weir cat --list` says. */
interface Listed {
  readonly captures: readonly Static<typeof CaptureFileSchema>[];
  readonly findings: readonly Static<typeof CaptureFindingSchema>[];
}

/** Packets that are kept. */
export function capturesRoutes(api: Api, backend: Backend, packets: PacketReader): void {
  const { kept } = packets;
  api.get(
    '/api/v1/captures',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Packets that are kept: files, their times, the bounds of the ring',
        tags: TAGS,
        querystring: CapturesQuery,
        response: { 200: CapturesSchema },
      },
    },
    async ({ query: { limit } }) => {
      const [list, { statistics }] = await Promise.all([
        packets.list() as Promise<Listed>,
        backend.weir.status(),
      ]);
      return {
        ...shown(kept, list, limit),
        advice: kept.kind === 'none' ? packets.gone().message : '',
        sensors: sensorsOf(statistics),
      };
    },
  );
  api.get(
    '/api/v1/captures/packets',
    {
      config: { access: 'operator' },
      exposeHeadRoute: false,
      schema: {
        summary: 'Packets of a time that match a filter, as pcapng',
        description: ENDING,
        tags: TAGS,
        querystring: PacketsQuery,
        produces: [PCAPNG],
      },
    },
    async ({ query: { filter, limit, ...range } }, reply) => {
      checkFilter(filter);
      const { sinceUs, untilUs } = timeRangeOf(range);
      const download = await packets.download({ filter, sinceUs, untilUs }, limit, false, goneOf(reply));
      return send(reply, 'weir-packets.pcapng', download);
    },
  );
  api.get(
    '/api/v1/flows/:id/packets',
    {
      config: { access: 'operator' },
      exposeHeadRoute: false,
      schema: {
        summary: 'The packets of a flow, both directions, as pcapng',
        description: `Its fragments come with those of other flows between the two addresses; packets inside of tunnels are not found. ${ENDING}`,
        tags: TAGS,
        params: ConversationParams,
        querystring: FlowPacketsQuery,
        produces: [PCAPNG],
      },
    },
    async ({ params: { id }, query: { limit } }, reply) => {
      const { flow, ...wish } = await findFlow(backend, id);
      const download = await packets.download(wish, limit, true, goneOf(reply));
      return send(reply, `weir-flow-${flow.flowId ?? 'packets'}.pcapng`, download);
    },
  );
}

/** Aborted when who asked has gone, or has been answered. */
export function goneOf(reply: Pick<FastifyReply, 'raw'>): AbortSignal {
  const gone = new AbortController();
  const leave = (): void => gone.abort(new Problem(503, 'No answer', 'who asked has gone'));
  // That may have been before: while the flow was looked for.
  if (reply.raw.destroyed) leave();
  else reply.raw.once('close', leave);
  return gone.signal;
}

function send(reply: FastifyReply, name: string, { stream, reason }: PacketDownload): FastifyReply {
  return reply
    .type(PCAPNG)
    .header('content-disposition', `attachment; filename="${name}"`)
    .header('cache-control', 'no-store')
    .trailer('x-weir-end', async () => reason())
    .send(stream);
}

/** Throws a {@link Problem} that says where the mistake is. */
function checkFilter(filter: string | undefined): void {
  const fault = filter === undefined ? undefined : faultOf('filter', filter, {});
  if (fault === undefined) return;
  throw new Problem(
    400,
    'The request is not understood',
    `filter: ${fault.message} (column ${fault.at + 1}); pcap-filter(7) has the language`,
  );
}

function shown(kept: KeptPackets, { captures, findings }: Listed, limit: number) {
  const { kind } = kept;
  const times = (name: 'firstUs' | 'lastUs'): number[] =>
    captures.flatMap(({ [name]: timeUs }) => (timeUs === undefined ? [] : [timeUs]));
  const first = times('firstUs');
  const last = times('lastUs');
  const { kind: _, ...ring } = kept.kind === 'ring' ? kept : { kind: undefined };
  return {
    kind,
    ...(kept.kind === 'ring' ? { ring } : {}),
    fileCount: captures.length,
    bytes: captures.reduce((sum, { bytes }) => sum + bytes, 0),
    ...(first.length === 0 ? {} : { firstUs: Math.min(...first) }),
    ...(last.length === 0 ? {} : { lastUs: Math.max(...last) }),
    files: captures.slice(-limit),
    findings,
  };
}

function sensorsOf(statistics: Readonly<Record<string, unknown>>): Static<typeof CaptureSensorSchema>[] {
  const names = Object.keys(statistics).filter((name) => /^sensor(?:-\d+)?$/.test(name));
  return names
    .filter((name) => name !== 'sensor' || names.length === 1)
    .flatMap((name) => {
      const told = fieldsOf(statistics[name]);
      if (typeof told.source !== 'string') return [];
      const ring = fieldsOf(told.ring);
      return [
        {
          name,
          source: told.source,
          live: told.live === true,
          working: told.working === true,
          packets: countOf(told.packets),
          dropped: countOf(fieldsOf(told.capture).dropped),
          written: countOf(ring.packets),
          unwritten: countOf(ring.unwritten),
          problem: typeof ring.problem === 'string' ? ring.problem : '',
        },
      ];
    });
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function countOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
