import type { Observation, Overflow } from '../evidence.ts';
import {
  ANY,
  asText,
  BOOLEAN,
  type Field,
  MAP,
  type Method,
  Moment,
  NUMBER,
  own,
  SCALAR,
  type Structure,
  TEXT,
  TIME,
  type Type,
} from './expression/index.ts';
import { rangeOf } from './range.ts';

/** One `evt`: an observation, or the overflow of a scenario that is processed again. */
export class ScenarioEvent {
  readonly observation: Observation;
  /** Undefined for observations. */
  readonly overflow: Overflow | undefined;
  private texts: Readonly<Record<string, string>> | undefined;
  private moment: Moment | undefined;

  constructor(observation: Observation, overflow?: Overflow) {
    this.observation = observation;
    this.overflow = overflow;
  }

  /** One key of `evt.Meta`; empty without. */
  metaOf(key: string): string {
    if (this.overflow !== undefined) return '';
    switch (key) {
      case 'log_type':
        return this.observation.kind;
      case 'source_ip':
        return this.observation.address;
      case 'target_ip':
        return this.observation.target;
      default: {
        // A text alone: what an object inherits is none.
        const value: unknown = this.observation.meta[key];
        return typeof value === 'string' ? value : '';
      }
    }
  }

  /** `evt.Meta` whole, for what asks for its keys. */
  get meta(): Readonly<Record<string, string>> {
    this.texts ??= this.overflow === undefined ? metaOf(this.observation) : {};
    return this.texts;
  }

  get time(): Moment {
    this.moment ??= new Moment(this.observation.timeUs);
    return this.moment;
  }
}

function metaOf(observation: Observation): Readonly<Record<string, string>> {
  const { kind, address, target, meta } = observation;
  const given: Record<string, string> = { log_type: kind, source_ip: address };
  if (target !== '') given.target_ip = target;
  return { ...meta, ...given };
}

function field<T extends object>(type: Type, read: (object: T) => unknown): Field {
  return { type, read: (object) => read(object as T) };
}

const ofEvent = (type: Type, read: (event: ScenarioEvent) => unknown): Field => field(type, read);
const ofOverflow = (type: Type, read: (overflow: Overflow) => unknown): Field => field(type, read);

function method(
  parameters: readonly Type[],
  call: (event: ScenarioEvent, values: readonly unknown[]) => string,
): Method {
  return { parameters, result: TEXT, call: (object, values) => call(object as ScenarioEvent, values) };
}

const META: Field = {
  type: { kind: 'map', of: TEXT },
  read: (event) => (event as ScenarioEvent).meta,
  readKey: (event, key) => (event as ScenarioEvent).metaOf(key),
};

const PARSED: Field = {
  type: { kind: 'map', of: SCALAR },
  read: (event) => (event as ScenarioEvent).observation.parsed,
  readKey: (event, key) => own((event as ScenarioEvent).observation.parsed, key) ?? '',
};

const UNMARSHALED: Field = {
  type: MAP,
  read: (event) => {
    const { parsed, record } = (event as ScenarioEvent).observation;
    return { ...parsed, record };
  },
  readKey: (event, key) => {
    const { parsed, record } = (event as ScenarioEvent).observation;
    return key === 'record' ? record : (own(parsed, key) ?? null);
  },
};

/** `evt.Line`: where the event was read. */
const LINE: Structure = {
  kind: 'structure',
  name: 'evt.Line',
  fields: {
    Raw: ofEvent(TEXT, () => ''),
    Src: ofEvent(TEXT, (event) => event.metaOf('datasource_path')),
    Module: ofEvent(TEXT, (event) => event.metaOf('datasource_type')),
    Labels: ofEvent({ kind: 'map', of: TEXT }, (event) => ({ type: event.metaOf('service') })),
    Time: ofEvent(TIME, (event) => event.time),
  },
  methods: {},
};

/** `evt.Overflow.Alert.Source`. */
const SOURCE: Structure = {
  kind: 'structure',
  name: 'Source',
  fields: {
    IP: ofOverflow(TEXT, sourceAddress),
    Range: ofOverflow(TEXT, (overflow) => rangeOf(sourceAddress(overflow))),
    Scope: ofOverflow(TEXT, scopeText),
    Value: ofOverflow(TEXT, (overflow) => overflow.value),
    Cn: ofOverflow(TEXT, (overflow) => metaOfFirst(overflow, 'IsoCode')),
    AsNumber: ofOverflow(TEXT, (overflow) => metaOfFirst(overflow, 'ASNNumber')),
    AsName: ofOverflow(TEXT, (overflow) => metaOfFirst(overflow, 'ASNOrg')),
  },
  methods: {},
};

/** `evt.Overflow.Alert`, and `signal.Alert`. */
const ALERT: Structure = {
  kind: 'structure',
  name: 'Alert',
  fields: {
    Remediation: ofOverflow(BOOLEAN, (overflow) => overflow.remediation),
    Scenario: ofOverflow(TEXT, (overflow) => overflow.scenario),
    Message: ofOverflow(TEXT, (overflow) => overflow.description),
    EventsCount: ofOverflow(NUMBER, (overflow) => overflow.count),
    Simulated: ofOverflow(BOOLEAN, (overflow) => overflow.simulated),
    Labels: ofOverflow({ kind: 'map', of: ANY }, (overflow) => overflow.labels),
    StartAt: ofOverflow(TEXT, (overflow) => new Date(overflow.firstUs / 1000).toISOString()),
    StopAt: ofOverflow(TEXT, (overflow) => new Date(overflow.timeUs / 1000).toISOString()),
    Source: { type: SOURCE, read: (overflow) => overflow },
  },
  methods: {
    GetScenario: ofAlert(TEXT, (overflow) => overflow.scenario),
    GetScope: ofAlert(TEXT, scopeText),
    GetValue: ofAlert(TEXT, (overflow) => overflow.value),
    GetEventsCount: ofAlert(NUMBER, (overflow) => overflow.count),
  },
};

function ofAlert(result: Type, read: (overflow: Overflow) => unknown): Method {
  return { parameters: [], result, call: (overflow) => read(overflow as Overflow) };
}

/** `evt.Overflow`, and `signal`. */
export const OVERFLOW: Structure = {
  kind: 'structure',
  name: 'Overflow',
  fields: {
    Alert: { type: ALERT, read: (overflow) => overflow },
    Mapkey: ofOverflow(TEXT, (overflow) => `${overflow.scenario}/${overflow.value}`),
    BucketId: ofOverflow(TEXT, (overflow) => overflow.id),
    Whitelisted: ofOverflow(BOOLEAN, () => false),
    Reprocess: ofOverflow(BOOLEAN, () => true),
    Sources: ofOverflow({ kind: 'map', of: SOURCE }, (overflow) => ({ [overflow.value]: overflow })),
  },
  methods: {},
};

/** `evt`. */
export const EVENT: Structure = {
  kind: 'structure',
  name: 'evt',
  fields: {
    Meta: META,
    Enriched: META,
    Parsed: PARSED,
    Unmarshaled: UNMARSHALED,
    Time: ofEvent(TIME, (event) => event.time),
    StrTime: ofEvent(TEXT, timeText),
    StrTimeFormat: ofEvent(TEXT, () => ''),
    MarshaledTime: ofEvent(TEXT, timeText),
    Type: ofEvent(TEXT, typeText),
    Whitelisted: ofEvent(BOOLEAN, () => false),
    WhitelistReason: ofEvent(TEXT, () => ''),
    Process: ofEvent(BOOLEAN, () => true),
    Stage: ofEvent(TEXT, () => ''),
    Line: { type: LINE, read: (event) => event },
    Overflow: { type: OVERFLOW, read: (event) => (event as ScenarioEvent).overflow },
  },
  methods: {
    GetType: method([], typeText),
    GetMeta: method([TEXT], (event, [key]) => event.metaOf(asText(key))),
  },
};

/** What `queue`, `leaky` and `signal` show of a bucket. */
export interface BucketView {
  readonly key: string;
  readonly count: number;
  readonly firstUs: number;
  readonly lastUs: number;
  readonly queue: readonly ScenarioEvent[];
}

const ofBucket = (type: Type, read: (bucket: BucketView) => unknown): Field => field(type, read);

/** `queue`. */
export const QUEUE: Structure = {
  kind: 'structure',
  name: 'queue',
  fields: {
    Queue: ofBucket({ kind: 'list', of: EVENT }, (bucket) => bucket.queue),
    L: ofBucket(NUMBER, (bucket) => bucket.queue.length),
  },
  methods: {},
};

/** `leaky`. */
export const LEAKY: Structure = {
  kind: 'structure',
  name: 'leaky',
  fields: {
    Total_count: ofBucket(NUMBER, (bucket) => bucket.count),
    First_ts: ofBucket(TIME, (bucket) => new Moment(bucket.firstUs)),
    Last_ts: ofBucket(TIME, (bucket) => new Moment(bucket.lastUs)),
    Ovflw_ts: ofBucket(TIME, (bucket) => new Moment(bucket.lastUs)),
    Mapkey: ofBucket(TEXT, (bucket) => bucket.key),
    Queue: { type: QUEUE, read: (bucket) => bucket },
  },
  methods: {},
};

function timeText(event: ScenarioEvent): string {
  return new Date(event.observation.timeUs / 1000).toISOString();
}

function typeText(event: ScenarioEvent): string {
  return event.overflow === undefined ? 'log' : 'overflow';
}

function scopeText(overflow: Overflow): string {
  if (overflow.scope === 'address') return 'Ip';
  return overflow.scope === 'range' ? 'Range' : String(own(overflow.labels, 'scope') ?? '');
}

function sourceAddress(overflow: Overflow): string {
  return overflow.scope === 'address' ? overflow.value : (overflow.observations[0]?.address ?? '');
}

function metaOfFirst(overflow: Overflow, key: string): string {
  const value: unknown = overflow.observations[0]?.meta[key];
  return typeof value === 'string' ? value : '';
}
