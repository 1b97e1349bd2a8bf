import { addressOf, type EveRecord, nameOf, objectOf, timeOf } from '../../event/index.ts';
import type { Observation } from '../evidence.ts';
import { BEACON_DEFAULTS, type BeaconOptions } from './beacon.ts';
import { dnsObservations } from './dns-observer.ts';
import { FlowObserver } from './flow-observer.ts';
import { HttpObserver } from './http-observer.ts';
import { observation } from './make.ts';
import { NameAges } from './name-ages.ts';
import { NEWCOMER_DEFAULTS, type NewcomerOptions } from './newcomer.ts';
import { Places, PRIVATE_NETWORKS } from './places.ts';
import { UPLOAD_DEFAULTS, type UploadOptions } from './upload.ts';

/** What may be set; each has a default. */
export interface ObserverOptions {
  /** Our own networks as CIDR; default: those for private use. */
  readonly networks?: readonly string[];
  /** Flows of which is remembered what was told while they were open (default 65536). */
  readonly flows?: number;
  /** Requests that are remembered until the other stream tells of them, too (default 16384). */
  readonly requests?: number;
  /** Registered domains of which is remembered when they were first asked for (default 65536). */
  readonly names?: number;
  /** For so long after that a name is young (default a day). */
  readonly youngNameMs?: number;
  readonly beacon?: Partial<BeaconOptions>;
  readonly upload?: Partial<UploadOptions>;
  readonly newcomer?: Partial<NewcomerOptions>;
}

/** Numbers for the status. */
export interface ObserverStatistics {
  readonly records: number;
  readonly observations: number;
  /** What was forgotten for lack of room. */
  readonly turnedAway: number;
}

/**
 * Makes observations of records: what scenarios look at. It takes records in the order in which they come, of flows
 * that are open and of those that have ended, and keeps of them only what the same flow must not be told for twice and
 * what its detectors need, in bounded tables.
 */
export class Observer {
  private readonly flows: FlowObserver;
  private readonly http: HttpObserver;
  private readonly names: NameAges;
  private records = 0;
  private observations = 0;

  /** Throws a RangeError that names the network that is none. */
  constructor(options: ObserverOptions = {}) {
    this.flows = new FlowObserver({
      places: new Places(options.networks ?? PRIVATE_NETWORKS),
      flows: options.flows ?? 65_536,
      beacon: { ...BEACON_DEFAULTS, ...options.beacon },
      upload: { ...UPLOAD_DEFAULTS, ...options.upload },
      newcomer: { ...NEWCOMER_DEFAULTS, ...options.newcomer },
    });
    this.names = new NameAges(options.names ?? 65_536, options.youngNameMs ?? 24 * 3600_000);
    this.http = new HttpObserver(options.requests ?? 16_384, this.names);
  }

  /** What a record shows; mostly nothing or one observation. Records that are incomplete show nothing. */
  observe(record: EveRecord): readonly Observation[] {
    const made = this.made(record);
    this.records++;
    this.observations += made.length;
    return made;
  }

  statistics(): ObserverStatistics {
    const turnedAway = this.flows.turnedAway + this.http.turnedAway + this.names.turnedAway;
    return { records: this.records, observations: this.observations, turnedAway };
  }

  private dns(record: EveRecord): readonly Observation[] {
    const made = dnsObservations(record);
    for (const { kind, meta, timeUs } of made) {
      if (kind === 'dns_query' && meta.domain !== undefined) this.names.see(meta.domain, timeUs);
    }
    return made;
  }

  private made(record: EveRecord): readonly Observation[] {
    switch (record.event_type) {
      case 'flow':
      case 'flow_progress':
        return this.flows.flow(record);
      case 'ssh':
        this.flows.ssh(record);
        return [];
      case 'http':
        return this.http.request(record);
      case 'waf':
        return this.http.match(record);
      case 'fileinfo':
        return this.http.file(record);
      case 'dns':
        return this.dns(record);
      case 'anomaly':
        return anomaly(record);
      default:
        return [];
    }
  }
}

function anomaly(record: EveRecord): readonly Observation[] {
  const found = objectOf(record.anomaly);
  const timeUs = timeOf(record.timestamp);
  const address = addressOf(record.src_ip);
  // What is no IP is nobody's.
  if (found === undefined || timeUs === undefined || address === undefined) return [];
  const meta = { type: nameOf(found.type) ?? '', event: nameOf(found.event) ?? '' };
  const target = addressOf(record.dest_ip) ?? '';
  return [observation({ kind: 'anomaly', timeUs, address, target, record, meta, parsed: {} })];
}
