import { VERSION } from '../../config/index.ts';
import type { Streams } from '../live/streams.ts';
import type { Distribution, Family, Quantiles, Value } from './family.ts';
import { histogramOf } from './histogram.ts';
import { DROP_CAUSES, VERDICTS } from './overview.ts';
import { entriesAt, numberAt, type Sample, valueAt } from './sample.ts';
import type { Tally } from './tally.ts';

/** What metrics are made of. */
export interface MetricSource {
  readonly sample: Sample;
  readonly tally: Tally;
  readonly streams: ReturnType<Streams['statistics']>;
}

/** All metrics, those that have no value at present included. */
export function familiesOf(source: MetricSource): readonly Family[] {
  return [
    ...systemFamilies(source),
    ...passiveFamilies(source),
    ...activeFamilies(source),
    ...correlationFamilies(source),
    ...decisionFamilies(source),
    ...storeFamilies(source),
    ...queueFamilies(source),
    ...liveFamilies(source),
  ];
}

const counter = (name: string, help: string, values: readonly Value[]): Family => ({
  name,
  help,
  type: 'counter',
  values,
});
const gauge = (name: string, help: string, values: readonly Value[]): Family => ({
  name,
  help,
  type: 'gauge',
  values,
});
const histogram = (name: string, help: string, values: readonly Distribution[]): Family => ({
  name,
  help,
  type: 'histogram',
  values,
});
const summary = (name: string, help: string, values: readonly Quantiles[]): Family => ({
  name,
  help,
  type: 'summary',
  values,
});

/** A value where there is one. */
function one(value: number | undefined, labels?: Value['labels']): readonly Value[] {
  if (value === undefined) return [];
  return [labels === undefined ? { value } : { value, labels }];
}

function byLabel(label: string, counts: Iterable<readonly [string, unknown]>): readonly Value[] {
  return [...counts].flatMap(([name, value]) =>
    typeof value === 'number' && Number.isFinite(value) ? one(value, { [label]: name.slice(0, 64) }) : [],
  );
}

function systemFamilies({ sample: { status, cpuSeconds, tookMs } }: MetricSource): readonly Family[] {
  const { processes, supervisorBytes, since, state } = status;
  const each = (value: (process: (typeof processes)[number]) => number | undefined): readonly Value[] =>
    processes.flatMap((process) => one(value(process), { process: process.name }));
  return [
    gauge('weir_build_info', 'Version of weir and of Node; always 1.', [
      { labels: { version: VERSION, node: process.versions.node }, value: 1 },
    ]),
    gauge('weir_start_time_seconds', 'When weir was started, in seconds since 1970.', [
      { value: Date.parse(since) / 1000 },
    ]),
    gauge('weir_up', 'Whether weir is in full work: 1, or 0 while it starts or stops.', [
      { value: state === 'running' ? 1 : 0 },
    ]),
    gauge('weir_status_seconds', 'How long it took to ask all processes for these figures.', [
      { value: tookMs / 1000 },
    ]),
    gauge(
      'weir_process_up',
      'Whether a process runs.',
      each((process) => (process.state === 'running' ? 1 : 0)),
    ),
    gauge('weir_process_resident_bytes', 'Memory of a process that is resident.', [
      { labels: { process: 'supervisor' }, value: supervisorBytes },
      ...each(({ residentBytes }) => residentBytes),
    ]),
    counter(
      'weir_process_cpu_seconds_total',
      'Processor time that a process took.',
      each(({ name }) => cpuSeconds.get(name)),
    ),
    counter(
      'weir_process_restarts_total',
      'How often a process was started again.',
      each(({ restarts }) => restarts),
    ),
  ];
}

/** Each sensor by itself where there are several. */
function sensorsOf({ sample: { status } }: MetricSource): readonly (readonly [string, unknown])[] {
  const { statistics } = status;
  const sensors = Object.entries(statistics).filter(([name]) => /^sensor-\d+$/.test(name));
  return sensors.length > 0 ? sensors.slice(0, 64) : [['sensor', statistics.sensor] as const];
}

function passiveFamilies(source: MetricSource): readonly Family[] {
  const sensors = sensorsOf(source);
  const each = (...path: readonly string[]): readonly Value[] =>
    sensors.flatMap(([sensor, figures]) => one(numberAt(figures, ...path), { sensor }));
  return [
    counter('weir_packets_total', 'Packets that the sensor looked at.', each('packets')),
    counter('weir_packet_bytes_total', 'Bytes of packets of an interface.', each('capture', 'bytes')),
    counter('weir_packets_matched_total', 'Packets that the capture filter let through.', each('matched')),
    counter(
      'weir_capture_drops_total',
      'What was lost by cause: packets for which the kernel had no room, records for which the bus had none, packets that were not written to the ring on disk.',
      sensors.flatMap(([sensor, figures]) =>
        DROP_CAUSES.flatMap(({ name, path }) => one(numberAt(figures, ...path), { sensor, cause: name })),
      ),
    ),
    counter('weir_flows_total', 'Flows that began.', each('flows')),
    gauge('weir_flows_open', 'Flows that are open.', each('flowsAlive')),
    counter('weir_transactions_total', 'Transactions of application protocols.', each('transactions')),
    counter('weir_anomalies_total', 'Malformed or unexpected shapes.', each('anomalies')),
    counter('weir_flows_reinspected_total', 'Looks at flows that were done with.', each('reinspected')),
    counter('weir_flows_put_back_total', 'Flows that an anomaly had inspected again.', each('putBack')),
    counter('weir_flows_sampled_out_total', 'Flows not inspected because of load.', each('sampledOut')),
    gauge(
      'weir_load_level',
      'Load: at 0 each flow is inspected, at a level n one new flow in 2^n.',
      each('load', 'level'),
    ),
  ];
}

function activeFamilies({ sample: { status }, tally }: MetricSource): readonly Family[] {
  const { proxy } = status.statistics;
  const at = (...path: readonly string[]): number | undefined => numberAt(proxy, ...path);
  return [
    counter('weir_requests_total', 'Requests that were judged.', one(at('judge', 'requests'))),
    counter(
      'weir_verdicts_total',
      'Requests by what was done with them.',
      VERDICTS.flatMap(({ name, counter: field }) => one(at('judge', field), { action: name })),
    ),
    gauge('weir_requests_open', 'Requests that are under way.', one(at('judge', 'open'))),
    counter(
      'weir_web_records_total',
      'Records of requests by the way on which they came, as far as the API saw them.',
      byLabel('way', tally.ways),
    ),
    counter(
      'weir_waf_matches_total',
      'Matches of rules by category, as far as the API saw their records.',
      byLabel('category', tally.categories),
    ),
    counter('weir_inspections_total', 'Verdicts of the WAF rules.', one(at('judge', 'waf', 'inspected'))),
    counter(
      'weir_inspections_missed_total',
      'Requests that the WAF rules did not judge, by reason.',
      ['refused', 'unjudged', 'unsampled', 'off'].flatMap((reason) =>
        one(at('judge', 'waf', reason), { reason }),
      ),
    ),
    gauge(
      'weir_inspection_queue',
      'Requests that wait to be judged.',
      one(at('judge', 'waf', 'queueLength')),
    ),
    gauge(
      'weir_inspection_workers',
      'WAF workers that are ready, beside the thread that takes requests in.',
      one(at('judge', 'waf', 'workers')),
    ),
    histogram(
      'weir_request_judgement_seconds',
      'How long it took to judge a request, as far as the API saw its record.',
      proxy === undefined ? [] : [{ histogram: tally.judgement.figures() }],
    ),
    histogram(
      'weir_request_answer_seconds',
      'From a request to the head of its answer, as far as the API saw its record.',
      proxy === undefined ? [] : [{ histogram: tally.answer.figures() }],
    ),
    counter(
      'weir_buffer_taken_total',
      'Requests that were copied for the buffer.',
      one(at('buffer', 'taken')),
    ),
    counter('weir_buffer_stored_total', 'Requests that were stored.', one(at('buffer', 'stored'))),
    counter(
      'weir_buffer_drops_total',
      'Requests that were not stored, by cause.',
      ['overflowed', 'lost', 'refused'].flatMap((cause) => one(at('buffer', cause), { cause })),
    ),
    gauge('weir_buffer_capacity', 'Requests that the buffer can hold.', one(at('bufferCapacity'))),
    gauge('weir_buffer_pending_bytes', 'Bytes that wait to be stored.', one(at('buffer', 'pendingBytes'))),
    gauge(
      'weir_buffer_lag_seconds',
      'How long the oldest request waits that is not stored and analysed.',
      one(inSeconds(at('buffer', 'lagMs'))),
    ),
  ];
}

function correlationFamilies({ sample: { status } }: MetricSource): readonly Family[] {
  const correlation = valueAt(status.statistics.hub, 'correlation');
  const at = (...path: readonly string[]): number | undefined => numberAt(correlation, ...path);
  const count = at('verdict', 'count');
  return [
    counter('weir_correlation_records_total', 'Records that the correlator looked at.', one(at('records'))),
    counter('weir_correlations_total', 'Correlations.', one(at('correlations', 'total'))),
    counter('weir_scenario_overflows_total', 'Scenarios that overflowed.', one(at('scenarios', 'overflows'))),
    gauge('weir_scenarios_loaded', 'Scenarios that are in use.', one(at('scenarios', 'loaded'))),
    counter(
      'weir_joins_total',
      'Requests by how they met their flow.',
      ['joined', 'partial', 'unjoined', 'upstream'].flatMap((outcome) =>
        one(at('join', outcome), { outcome }),
      ),
    ),
    gauge('weir_incidents_open', 'Incidents that are open.', one(at('incidents', 'open'))),
    counter('weir_incidents_total', 'Incidents.', one(at('incidents', 'total'))),
    gauge(
      'weir_reputation_subjects',
      'Addresses, networks and JA4s with a reputation.',
      one(at('reputation', 'subjects')),
    ),
    summary(
      'weir_verdict_seconds',
      'From the record that gave evidence to the wish for a decision, of the last thousand.',
      count === undefined
        ? []
        : [
            {
              count,
              quantiles: [
                [0.5, (at('verdict', 'p50') ?? 0) / 1000],
                [0.99, (at('verdict', 'p99') ?? 0) / 1000],
              ],
            },
          ],
    ),
  ];
}

function decisionFamilies({ sample: { status }, tally }: MetricSource): readonly Family[] {
  const { responder } = status.statistics;
  const at = (...path: readonly string[]): number | undefined => numberAt(responder, ...path);
  const enforcers = entriesAt(responder, 'enforcers');
  const each = (field: string): readonly Value[] =>
    enforcers.flatMap(([enforcer, figures]) => one(numberAt(figures, field), { enforcer }));
  return [
    gauge(
      'weir_decisions_active',
      'Decisions in force, by type, and whether they are only told of.',
      entriesAt(responder, 'active').flatMap(([type, counts]) => [
        ...one(numberAt(counts, 'enforced'), { type, simulated: 'no' }),
        ...one(numberAt(counts, 'simulated'), { type, simulated: 'yes' }),
      ]),
    ),
    counter('weir_decisions_taken_total', 'Decisions that were taken.', one(at('taken'))),
    counter('weir_decisions_expired_total', 'Decisions that came to their end.', one(at('expired'))),
    counter('weir_decisions_lifted_total', 'Decisions that were lifted.', one(at('lifted'))),
    counter('weir_decisions_failed_total', 'Decisions that an enforcer could not apply.', one(at('failed'))),
    counter(
      'weir_decisions_refused_total',
      'Decisions that were refused, by guard.',
      byLabel('guard', entriesAt(responder, 'refused')),
    ),
    counter('weir_enforcer_calls_total', 'Changes that were given to an enforcer.', each('calls')),
    counter('weir_enforcer_failures_total', 'Changes that an enforcer could not make.', each('failures')),
    gauge('weir_enforcer_waiting', 'Changes that wait for an enforcer.', each('waiting')),
    counter('weir_banned_packets_total', 'Packets that bans dropped in the kernel.', each('bannedPackets')),
    histogram(
      'weir_decision_enforced_seconds',
      'From the record that led to a decision until all enforcers had it, as far as the API saw its record.',
      responder === undefined ? [] : [{ histogram: tally.decision.figures() }],
    ),
  ];
}

function storeFamilies({ sample: { status } }: MetricSource): readonly Family[] {
  const { hub } = status.statistics;
  const seconds = histogramOf(valueAt(hub, 'store', 'seconds'));
  return [
    counter('weir_store_records_total', 'Records that were stored.', one(numberAt(hub, 'store', 'appended'))),
    gauge('weir_store_bytes', 'Bytes of the history on disk.', one(numberAt(hub, 'store', 'bytes'))),
    gauge('weir_store_quota_bytes', 'Bytes that it may take.', one(numberAt(hub, 'store', 'quotaBytes'))),
    counter(
      'weir_store_removed_total',
      'Records that were removed, by reason.',
      byLabel('reason', entriesAt(hub, 'store', 'removed')),
    ),
    histogram(
      'weir_store_write_seconds',
      'How long the store took for a batch of records.',
      seconds === undefined ? [] : [{ histogram: seconds }],
    ),
    gauge('weir_lan_clients', 'Clients of the local network.', one(numberAt(hub, 'lan', 'clients'))),
  ];
}

function queueFamilies({ sample: { status }, tally }: MetricSource): readonly Family[] {
  const { topics, subscribers } = status.bus;
  const each = (value: (one: (typeof subscribers)[number]) => number): readonly Value[] =>
    subscribers.map((subscriber) => ({
      labels: { topic: subscriber.topic, subscriber: subscriber.name },
      value: value(subscriber),
    }));
  return [
    counter(
      'weir_records_total',
      'Records by type, as far as the API saw them.',
      byLabel('type', tally.types),
    ),
    counter(
      'weir_bus_records_total',
      'Records that were put onto the bus, by topic.',
      topics.map(({ topic, records }) => ({ labels: { topic }, value: records })),
    ),
    gauge(
      'weir_queue_bytes',
      'Bytes that wait for a process.',
      each(({ queuedBytes }) => queuedBytes),
    ),
    gauge(
      'weir_queue_limit_bytes',
      'Bytes that may wait for a process.',
      each(({ limitBytes }) => limitBytes),
    ),
    counter(
      'weir_queue_drops_total',
      'Records that a process did not get because its queue was full.',
      each(({ dropped }) => dropped),
    ),
    counter(
      'weir_queue_redelivered_total',
      'Records that came to a process again.',
      each(({ redelivered }) => redelivered),
    ),
  ];
}

function liveFamilies({ streams }: MetricSource): readonly Family[] {
  const { readers, opened, refused, delivered, missed, queuedBytes } = streams;
  return [
    gauge('weir_live_readers', 'Who reads records live.', one(readers)),
    counter('weir_live_streams_total', 'Live streams that were opened.', one(opened)),
    counter('weir_live_streams_refused_total', 'Live streams that were refused.', one(refused)),
    counter('weir_live_records_total', 'Records that were given to live streams.', one(delivered)),
    counter('weir_live_missed_total', 'Records that live streams were told to have missed.', one(missed)),
    gauge('weir_live_queue_bytes', 'Bytes that wait for readers of live streams.', one(queuedBytes)),
  ];
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
