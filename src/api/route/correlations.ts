import { type CorrelationAnswer, correlationKey } from '../../control/index.ts';
import { timeOf } from '../../event/index.ts';
import type { Backend } from '../backend.ts';
import { cursorOf, readCursor } from '../cursor.ts';
import { Problem } from '../problem.ts';
import { DoneSchema } from '../schema/addresses.ts';
import {
  CorrelatedSchema,
  CorrelationBody,
  CorrelationSchema,
  CorrelationStatisticsSchema,
  CorrelationsQuery,
  CorrelationsSchema,
  MarkBody,
} from '../schema/correlations.ts';
import { IdentifierParams } from '../schema/incidents.ts';
import type { Api } from '../server.ts';
import { timeRangeOf } from '../time-range.ts';

const TAGS = ['correlation'];

type Correlation = CorrelationAnswer['correlations'][number];

/** Correlations, and what people say of them. */
export function correlationsRoutes(api: Api, { weir }: Backend): void {
  api.get(
    '/api/v1/correlations',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'Correlations, the newest first',
        tags: TAGS,
        querystring: CorrelationsQuery,
        response: { 200: CorrelationsSchema },
      },
    },
    async ({ query: { limit, cursor, since, until, ...selection } }) => {
      const [after] = readCursor(cursor, ['string']) ?? [];
      const range = timeRangeOf({ ...(since && { since }), ...(until && { until }) });
      const { correlations, isCutOff } = await weir.correlations(
        { ...selection, ...range },
        limit + 1,
        after === undefined ? undefined : String(after),
      );
      const page = correlations.slice(0, limit);
      const last = page.at(-1);
      const next = correlations.length > limit && last !== undefined ? cursorOf([correlationKey(last)]) : '';
      return { items: page.map(shown), isCutOff, ...(next === '' ? {} : { next }) };
    },
  );
  api.get(
    '/api/v1/correlations/statistics',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'How many correlations there are',
        tags: TAGS,
        response: { 200: CorrelationStatisticsSchema },
      },
    },
    () => weir.correlationStatistics(),
  );
  api.get(
    '/api/v1/correlations/:id',
    {
      config: { access: 'viewer' },
      schema: {
        summary: 'A correlation',
        tags: TAGS,
        params: IdentifierParams,
        response: { 200: CorrelationSchema },
      },
    },
    async ({ params: { id } }) => {
      const [found] = (await weir.correlations({ id }, 1)).correlations;
      if (found !== undefined) return shown(found);
      throw new Problem(
        404,
        'There is no such thing',
        `no correlation ${id} is known, or it is kept no more`,
      );
    },
  );
  api.post(
    '/api/v1/correlations',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Say something against an address',
        tags: TAGS,
        body: CorrelationBody,
        response: { 200: CorrelatedSchema },
      },
    },
    async ({ body, principal }) => {
      const author = principal?.name ?? '';
      const [found] = (await weir.correlate({ ...body, author })).correlations;
      return found === undefined ? {} : { correlation: shown(found) };
    },
  );
  api.post(
    '/api/v1/correlations/:id/mark',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'Say that a correlation was right, or a false alarm',
        tags: TAGS,
        params: IdentifierParams,
        body: MarkBody,
        response: { 200: DoneSchema },
      },
    },
    ({ params, body, principal }) => weir.mark(params.id, body.as, principal?.name ?? '', body.note),
  );
}

/** A correlation as the API has it. Lines of the file may be another program's, with less in them. */
function shown(correlation: Correlation) {
  const weir: Partial<Correlation['weir']> = correlation.weir ?? {};
  const {
    mitm_requests: requests = [],
    dpi_flows: flows = [],
    waf_alerts: matches = [],
  } = (correlation.context as Partial<Correlation['context']> | undefined) ?? {};
  return {
    id: weir.id ?? '',
    timeUs: timeOf(correlation.timestamp) ?? 0,
    address: correlation.ip,
    target: weir.target ?? '',
    type: textOf(correlation.event_type),
    reason: textOf(correlation.reason),
    threat: numberOf(correlation.threat_score, 0),
    reputation: numberOf(correlation.reputation_score, 0),
    banned: correlation.crowdsec_status === 'banned',
    incident: weir.incident ?? '',
    source: weir.source ?? '',
    host: weir.host ?? '',
    path: weir.path ?? '',
    techniques: weir.techniques ?? [],
    reference: weir.reference ?? '',
    communityId: weir.community_id ?? '',
    ja4: weir.ja4 ?? '',
    tlsVersion: weir.tls_version ?? '',
    application: weir.app ?? '',
    rttUs: weir.rtt_us ?? -1,
    bytesToServer: weir.bytes_toserver ?? -1,
    bytesToClient: weir.bytes_toclient ?? -1,
    joined: weir.joined ?? '',
    joinedRequests: weir.joined_requests ?? [],
    joinedFlows: weir.joined_flows ?? [],
    sameAs: weir.same_as ?? '',
    context: {
      requests: objectsOf(requests).map((one) => ({
        method: textOf(one.method),
        host: textOf(one.host),
        path: textOf(one.path),
        status: textOf(one.status),
      })),
      flows: objectsOf(flows).map((one) => ({
        timestamp: textOf(one.timestamp),
        address: textOf(one.local_ip),
        peer: textOf(one.other_ip),
        port: numberOf(one.other_port, 0),
        protocol: textOf(one.detected_protocol),
        application: textOf(one.detected_app),
        bytes: numberOf(one.bytes, 0),
      })),
      matches: objectsOf(matches).map((one) => ({
        timestamp: textOf(one.timestamp),
        host: textOf(one.host),
        path: textOf(one.path),
        method: textOf(one.method),
        threat: numberOf(one.threat_score, 0),
        categories: Array.isArray(one.categories) ? one.categories.map(textOf) : [],
        blocked: one.blocked === true,
        rule: textOf(one.rule),
      })),
    },
  };
}

function objectsOf(list: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.filter((one) => typeof one === 'object' && one !== null) : [];
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}
