import { addressOf, countOf, type EveRecord, listOf, nameOf, objectOf, timeOf } from '../../event/index.ts';

/** What the passive stream tells of one flow of a request. Empty and -1 where it is not known (yet). */
export interface FlowSide {
  readonly communityId: string;
  /** Number of the flow within the run of its sensor; -1 without. */
  readonly flowId: number;
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
  /** Microseconds since 1970, of the first packet, or of the first record while that is not known. */
  readonly startUs: number;
  /** Of the last packet; -1 while the flow is open. */
  readonly endUs: number;
  readonly ja4: string;
  readonly sni: string;
  /** Version of TLS as the record has it: `TLS 1.3`. */
  readonly tlsVersion: string;
  /** HASSH of the client. */
  readonly hassh: string;
  /** Round trips in the handshake, in microseconds. */
  readonly rttClientUs: number;
  readonly rttServerUs: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly protocol: string;
  readonly application: string;
  readonly risks: readonly string[];
  /** The tunnels around it, the outermost first, as `vxlan 42`. */
  readonly tunnel: string;
  /** Files that went over it, and names of its anomalies, at most 8. */
  readonly files: number;
  readonly anomalies: readonly string[];
  /** References of its requests, the latest 32, and how many there were. */
  readonly requests: readonly string[];
  readonly requestCount: number;
}

const NOTHING: readonly string[] = [];
const MOST_NAMES = 8;
const MOST_REQUESTS = 32;
const MOST_TUNNELS = 4;

/** A flow as its records tell of it, one after the other. */
export class FlowState {
  readonly communityId: string;
  readonly flowId: number;
  /** As the records have them: read when somebody asks. */
  private source: unknown;
  private destination: unknown;
  private sourcePort = 0;
  private destinationPort = 0;
  startUs: number;
  /** Whether `startUs` is that of the first packet. */
  isStartKnown = false;
  lastUs: number;
  endUs = -1;
  ja4 = '';
  private sni = '';
  private tlsVersion = '';
  private hassh = '';
  private rttClientUs = -1;
  private rttServerUs = -1;
  private bytesToServer = -1;
  private bytesToClient = -1;
  private protocol = '';
  private application = '';
  private risks = NOTHING;
  private tunnel = '';
  private files = 0;
  private anomalies = NOTHING;
  private requests: string[] | undefined;
  private requestCount = 0;

  constructor(communityId: string, flowId: number, record: EveRecord, timeUs: number) {
    this.communityId = communityId;
    this.flowId = flowId;
    this.startUs = timeUs;
    this.lastUs = timeUs;
    this.setEnds(record, isFromServer(record));
  }

  /** Whether its end was told. */
  get isEnded(): boolean {
    return this.endUs >= 0;
  }

  /** Takes what a record tells; true where that is more than counters. */
  take(record: EveRecord, timeUs: number): boolean {
    if (timeUs > this.lastUs) this.lastUs = timeUs;
    if (!this.isStartKnown && timeUs < this.startUs) this.startUs = timeUs;
    switch (record.event_type) {
      case 'flow':
        return this.end(record, timeUs);
      case 'flow_progress':
        return this.progress(record);
      case 'tls':
      case 'tls_hello':
      case 'quic':
        return this.handshake(record);
      case 'ssh': {
        const hash = nameOf(objectOf(objectOf(objectOf(record.ssh)?.client)?.hassh)?.hash);
        if (hash === undefined || hash === this.hassh) return false;
        this.hassh = hash;
        return true;
      }
      case 'fileinfo':
        this.files++;
        return false;
      case 'anomaly':
        return this.anomaly(record);
      default:
        return false;
    }
  }

  /** Adds a request that went over it. */
  carry(reference: string): void {
    this.requests ??= [];
    this.requestCount++;
    this.requests.push(reference);
    if (this.requests.length > MOST_REQUESTS) this.requests.shift();
  }

  /** Takes a request back that was not its own. */
  uncarry(reference: string): void {
    const at = this.requests?.lastIndexOf(reference) ?? -1;
    if (at >= 0) this.requests?.splice(at, 1);
    this.requestCount--;
  }

  /** What is known by now. */
  side(): FlowSide {
    return {
      communityId: this.communityId,
      flowId: this.flowId,
      source: addressOf(this.source) ?? '',
      sourcePort: this.sourcePort,
      destination: addressOf(this.destination) ?? '',
      destinationPort: this.destinationPort,
      startUs: this.startUs,
      endUs: this.endUs,
      ja4: this.ja4,
      sni: this.sni,
      tlsVersion: this.tlsVersion,
      hassh: this.hassh,
      rttClientUs: this.rttClientUs,
      rttServerUs: this.rttServerUs,
      bytesToServer: this.bytesToServer,
      bytesToClient: this.bytesToClient,
      protocol: this.protocol,
      application: this.application,
      risks: this.risks,
      tunnel: this.tunnel,
      files: this.files,
      anomalies: this.anomalies,
      requests: this.requests === undefined ? NOTHING : [...this.requests],
      requestCount: this.requestCount,
    };
  }

  private setEnds(record: EveRecord, isTurned: boolean): void {
    this.source = isTurned ? record.dest_ip : record.src_ip;
    this.destination = isTurned ? record.src_ip : record.dest_ip;
    this.sourcePort = countOf(isTurned ? record.dest_port : record.src_port) ?? 0;
    this.destinationPort = countOf(isTurned ? record.src_port : record.dest_port) ?? 0;
  }

  private end(record: EveRecord, timeUs: number): boolean {
    this.setEnds(record, false);
    const flow = objectOf(record.flow);
    const endUs = timeOf(flow?.end) ?? timeUs;
    this.begin(timeOf(flow?.start), endUs);
    this.endUs = Math.max(0, endUs);
    this.bytesToServer = countOf(flow?.bytes_toserver) ?? this.bytesToServer;
    this.bytesToClient = countOf(flow?.bytes_toclient) ?? this.bytesToClient;
    const tcp = objectOf(record.tcp);
    this.rttClientUs = countOf(tcp?.rtt_client_us) ?? this.rttClientUs;
    this.rttServerUs = countOf(tcp?.rtt_server_us) ?? this.rttServerUs;
    this.classify(record);
    this.tunnel = tunnelOf(record.tunnel);
    return true;
  }

  private progress(record: EveRecord): boolean {
    const progress = objectOf(record.flow_progress);
    const total = objectOf(progress?.total);
    const wasKnown = this.isStartKnown;
    if (!this.isEnded) {
      this.begin(timeOf(progress?.start), this.lastUs);
      this.bytesToServer = Math.max(this.bytesToServer, countOf(total?.bytes_toserver) ?? -1);
      this.bytesToClient = Math.max(this.bytesToClient, countOf(total?.bytes_toclient) ?? -1);
      this.rttClientUs = countOf(progress?.rtt_client_us) ?? this.rttClientUs;
      this.rttServerUs = countOf(progress?.rtt_server_us) ?? this.rttServerUs;
      if (this.classify(record)) return true;
    }
    return wasKnown !== this.isStartKnown;
  }

  private begin(startUs: number | undefined, lastUs: number): void {
    if (startUs === undefined) return;
    this.startUs = Math.min(startUs, lastUs);
    this.isStartKnown = true;
  }

  /** True where something changed. */
  private classify(record: EveRecord): boolean {
    const app = objectOf(record.app);
    const protocol = nameOf(app?.protocol) ?? nameOf(record.app_proto) ?? this.protocol;
    const application = nameOf(app?.application) ?? this.application;
    const risks = app?.risks === undefined ? this.risks : namesOf(app.risks);
    const isNew =
      protocol !== this.protocol || application !== this.application || risks.length !== this.risks.length;
    this.protocol = protocol;
    this.application = application;
    this.risks = risks;
    return isNew;
  }

  private handshake(record: EveRecord): boolean {
    const isQuic = record.event_type === 'quic';
    const tls = objectOf(isQuic ? record.quic : record.tls);
    // The first ClientHello is the client's own; a later one is an answer to the server.
    const isFirst = record.event_type === 'tls';
    const ja4 = isFirst || this.ja4 === '' ? (nameOf(tls?.ja4) ?? this.ja4) : this.ja4;
    const sni = isFirst || this.sni === '' ? (nameOf(tls?.sni) ?? this.sni) : this.sni;
    const version = isQuic ? 'TLS 1.3' : (nameOf(tls?.version) ?? this.tlsVersion);
    const isNew = ja4 !== this.ja4 || sni !== this.sni || version !== this.tlsVersion;
    this.ja4 = ja4;
    this.sni = sni;
    this.tlsVersion = version;
    return isNew;
  }

  private anomaly(record: EveRecord): boolean {
    const event = nameOf(objectOf(record.anomaly)?.event);
    if (event === undefined || this.anomalies.length >= MOST_NAMES || this.anomalies.includes(event))
      return false;
    this.anomalies = [...this.anomalies, event];
    return true;
  }
}

/** Whether a record has the ends of who sent a packet, and that was the server: its port is the lower one. */
function isFromServer(record: EveRecord): boolean {
  const type = record.event_type;
  if (type !== 'anomaly' && type !== 'quic' && type !== 'fileinfo') return false;
  return (countOf(record.src_port) ?? 0) < (countOf(record.dest_port) ?? 0);
}

function namesOf(value: unknown): readonly string[] {
  const names = listOf(value)
    .slice(0, MOST_NAMES)
    .map(nameOf)
    .filter((name) => name !== undefined);
  return names.length === 0 ? NOTHING : names;
}

function tunnelOf(value: unknown): string {
  const tunnel = objectOf(value);
  if (tunnel === undefined) return '';
  const chain = listOf(tunnel.chain);
  return (chain.length === 0 ? [tunnel] : chain)
    .slice(0, MOST_TUNNELS)
    .map((layer) => {
      const { kind, id } = objectOf(layer) ?? {};
      const number = countOf(id) ?? 0;
      return number === 0 ? (nameOf(kind) ?? '') : `${nameOf(kind) ?? ''} ${number}`;
    })
    .join(', ');
}
