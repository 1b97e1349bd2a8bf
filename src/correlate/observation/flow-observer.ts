import { type EveRecord, nameOf, objectOf } from '../../event/index.ts';
import type { Observation } from '../evidence.ts';
import { BeaconDetector, type BeaconOptions } from './beacon.ts';
import { failureOf, oddFlagsOf } from './connection-state.ts';
import { type Flow, flowOf } from './flow.ts';
import { observation } from './make.ts';
import { type NewcomerOptions, Newcomers } from './newcomer.ts';
import type { Places } from './places.ts';
import { isMismatch } from './protocol-mismatch.ts';
import { Recent } from './recent.ts';
import { isSshFailure } from './ssh-failure.ts';
import { UploadDetector, type UploadOptions } from './upload.ts';

/** What was told of a flow while it was open. */
interface Told {
  readonly kinds: Set<string>;
  bytesOut: number;
  bytesIn: number;
}

type Values = Readonly<Record<string, string | number | boolean>>;

/** Services that hosts ask for at regular intervals, by port, mail among them: none of them is a beacon. */
const REGULAR_PORTS: ReadonlySet<number> = new Set([
  ...[53, 67, 68, 123, 161, 162, 514, 547, 1900, 5353, 5355],
  ...[25, 110, 143, 465, 587, 993, 995],
]);
/** traceroute counts UDP ports upwards from here. */
const TRACEROUTE_FIRST = 33_434;
const TRACEROUTE_LAST = 33_534;

export interface FlowObserverOptions {
  readonly places: Places;
  /** Flows of which it is remembered what was told. */
  readonly flows: number;
  readonly beacon: BeaconOptions;
  readonly upload: UploadOptions;
  readonly newcomer: NewcomerOptions;
}

/** Observations from flows. Each is told once for a flow, whether the flow was still open then or not. */
export class FlowObserver {
  private readonly places: Places;
  private readonly told: Recent<Told>;
  private readonly sshClients: Recent<string>;
  private readonly beacons: BeaconDetector;
  private readonly uploads: UploadDetector;
  private readonly newcomers: Newcomers;

  constructor(options: FlowObserverOptions) {
    this.places = options.places;
    this.told = new Recent(options.flows);
    this.sshClients = new Recent(options.flows);
    this.beacons = new BeaconDetector(options.beacon);
    this.uploads = new UploadDetector(options.upload);
    this.newcomers = new Newcomers(options.newcomer);
  }

  get turnedAway(): number {
    return (
      this.told.turnedAway +
      this.sshClients.turnedAway +
      this.beacons.turnedAway +
      this.uploads.turnedAway +
      this.newcomers.turnedAway
    );
  }

  /** Takes an `ssh` record: keys are exchanged, and the client's software decides how long a failed login is. */
  ssh(record: EveRecord): void {
    const ssh = objectOf(record.ssh);
    const client = objectOf(ssh?.client);
    const communityId = nameOf(record.community_id);
    // Both lists of algorithms were seen: protocol 2, and the key exchange begun.
    if (communityId === undefined || client?.hassh === undefined) return;
    if (objectOf(ssh?.server)?.hassh === undefined) return;
    this.sshClients.set(communityId, nameOf(client.software_version) ?? '');
  }

  /** Takes a `flow` or `flow_progress` record. */
  flow(record: EveRecord): readonly Observation[] {
    const flow = flowOf(record);
    if (flow === undefined || this.places.of(flow.client) === 'nobody') return [];
    const to = this.places.of(flow.server);
    if (to === 'nobody') return [];
    const told = this.told.use(flow.key) ?? { kinds: new Set(), bytesOut: 0, bytesIn: 0 };
    if (flow.final) this.told.delete(flow.key);
    else this.told.set(flow.key, told);
    const inside = this.places.of(flow.client) === 'inside';
    const made: Observation[] = [];
    const tell = (kind: string, meta: Readonly<Record<string, string>> = {}, parsed: Values = {}): void => {
      if (told.kinds.has(kind)) return;
      told.kinds.add(kind);
      made.push(flowObservation(flow, kind, meta, parsed));
    };
    const isNew = inside && this.newcomers.see(flow.client, flow.endUs);
    tell('connection', { direction: directionOf(inside, to === 'inside') }, { new_device: isNew });
    const failure = failureOf(flow);
    if (failure !== undefined && !isTraceroute(flow) && !told.kinds.has('failed')) {
      told.kinds.add('failed');
      tell(failure.kind, { conn_state: failure.state });
    }
    const odd = oddFlagsOf(flow);
    if (odd !== undefined) tell('odd_flags', { probe: odd });
    const client =
      flow.service === 'ssh' ? this.sshClients.use(nameOf(record.community_id) ?? '') : undefined;
    if (client !== undefined && isSshFailure(flow, client)) tell('ssh_failure', { software: client });
    if (isMismatch(flow.port, flow.service) && hasBegun(flow)) tell('protocol_mismatch');
    if (flow.final && flow.risks.length > 0) {
      tell('flow_risk', { risks: flow.risks.join(',') }, { risks: flow.risks.length });
    }
    if (to === 'outside') this.outward(flow, told, inside, tell);
    return made;
  }

  /** What concerns hosts of ours and addresses outside alone. */
  private outward(
    flow: Flow,
    told: Told,
    inside: boolean,
    tell: (kind: string, meta: Readonly<Record<string, string>>, parsed: Values) => void,
  ): void {
    if ((flow.final || flow.state === 'closed') && !told.kinds.has('complete')) {
      told.kinds.add('complete');
      const beacon = mayBeBeacon(flow) ? this.beacons.add(flow) : undefined;
      if (beacon !== undefined) {
        const { connections, intervalSeconds, variation, bytes } = beacon;
        tell('beacon', {}, { connections, interval: intervalSeconds, variation, bytes });
      }
    }
    const out = flow.bytesOut - told.bytesOut;
    const back = flow.bytesIn - told.bytesIn;
    told.bytesOut = flow.bytesOut;
    told.bytesIn = flow.bytesIn;
    if (!inside || (out <= 0 && back <= 0)) return;
    const upload = this.uploads.add(flow, Math.max(0, out), Math.max(0, back));
    if (upload === undefined) return;
    const { bytesOut, bytesIn, boundBytes, doubtful } = upload;
    tell('exfiltration', {}, { sum_out: bytesOut, sum_in: bytesIn, bound: boundBytes, doubtful });
  }
}

function flowObservation(
  flow: Flow,
  kind: string,
  meta: Readonly<Record<string, string>>,
  parsed: Values,
): Observation {
  const port = flow.port === undefined ? '' : String(flow.port);
  return observation({
    kind,
    timeUs: flow.endUs,
    address: flow.client,
    target: flow.server,
    record: flow.record,
    meta: {
      service: flow.service,
      proto: flow.proto.toLowerCase(),
      dst_port: port,
      name: flow.name,
      ...meta,
    },
    parsed: {
      dst_port: port,
      bytes_out: flow.bytesOut,
      bytes_in: flow.bytesIn,
      packets_out: flow.packetsOut,
      packets_in: flow.packetsIn,
      seconds: (flow.endUs - flow.startUs) / 1e6,
      ...parsed,
    },
  });
}

function directionOf(fromInside: boolean, toInside: boolean): string {
  if (fromInside) return toInside ? 'inside' : 'out';
  return toInside ? 'in' : 'outside';
}

function isTraceroute({ proto, port }: Flow): boolean {
  return proto === 'UDP' && port !== undefined && port >= TRACEROUTE_FIRST && port <= TRACEROUTE_LAST;
}

/** Its beginning was seen: otherwise it is not known which side is the server. */
function hasBegun({ proto, flagsOut }: Flow): boolean {
  return proto !== 'TCP' || flagsOut === undefined || (flagsOut & 0x02) !== 0;
}

function mayBeBeacon(flow: Flow): boolean {
  const { proto, port, packetsIn } = flow;
  if (port === undefined || REGULAR_PORTS.has(port) || packetsIn === 0) return false;
  // Of UDP only QUIC: what else is sent regularly is voice, games, and answers to them.
  return failureOf(flow) === undefined && (proto === 'TCP' ? hasBegun(flow) : flow.service === 'quic');
}
