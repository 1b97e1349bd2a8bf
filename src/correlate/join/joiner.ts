import { type EveRecord, timeOf } from '../../event/index.ts';
import { EventClock } from './clock.ts';
import { Connection } from './connection.ts';
import type { FlowSide, FlowState } from './flow-side.ts';
import { boundsOf, type JoinBounds, type JoinOptions } from './options.ts';
import { HeldRequest, type JoinedRequest, subjectOf } from './request.ts';
import { SameRequest } from './same-request.ts';
import { TwoTierMap } from './two-tier-map.ts';
import { Wheel } from './wheel.ts';

/** What became known of a request or an alert. */
export interface JoinUpdate {
  /**
   * `new`: its first record, with what is known by then; `more`: a record of its own or of its flows; `complete`: its
   * client's flow has ended (again, where a flow that fits better came later); `released`: nothing more is waited for,
   * and its flow's end was never told.
   */
  readonly change: 'new' | 'more' | 'complete' | 'released';
  readonly request: JoinedRequest;
}

/** Counters of the join. Every request is in exactly one of `joined`, `partial`, `unjoined` and `waiting`. */
export interface JoinStatistics {
  /** Requests and alerts with a community id, or a reference. */
  readonly requests: number;
  readonly waiting: number;
  /** Let go with a flow that had ended, with one that had not, with none. */
  readonly joined: number;
  readonly partial: number;
  readonly unjoined: number;
  /** Requests whose server's side was found, and those with more than one candidate. */
  readonly upstream: number;
  readonly unclear: number;
  readonly connections: number;
  readonly bytes: number;
  /** Connections that had to go for lack of room, and those of them that had requests. */
  readonly evicted: number;
  readonly evictedWithRequests: number;
}

const NOTHING: readonly JoinUpdate[] = [];
/** Estimates, in bytes. */
const CONNECTION_BYTES = 400;
const FLOW_BYTES = 500;

/**
 * Joins the two streams: web requests, matches of the WAF and alerts with the passive records of the same connection,
 * by community id and time. Time is that of the records; they may come in any order within the wait.
 */
export class Joiner {
  private readonly bounds: JoinBounds;
  private readonly clock = new EventClock();
  private readonly connections: TwoTierMap<Connection>;
  private readonly wheel = new Wheel<Connection>();
  private readonly requests = new Map<string, HeldRequest>();
  private readonly same: SameRequest;
  private updates: JoinUpdate[] | undefined;
  private bytes = 0;
  private lastAdvance = 0;
  private readonly counters = {
    requests: 0,
    joined: 0,
    partial: 0,
    unjoined: 0,
    upstream: 0,
    evicted: 0,
    evictedWithRequests: 0,
  };

  constructor(options: JoinOptions = {}) {
    this.bounds = boundsOf(options);
    const { connections, slackUs } = this.bounds;
    this.connections = new TwoTierMap(connections, (connection) => {
      this.counters.evicted++;
      if (connection.held.length > 0) this.counters.evictedWithRequests++;
      this.release(connection);
    });
    this.same = new SameRequest(slackUs, (request, connection, timeUs) =>
      this.foundServer(request, connection, timeUs),
    );
  }

  /** Takes a record. What became known by it, or by the time that went on; most often nothing. */
  take(record: EveRecord): readonly JoinUpdate[] {
    const timeUs = timeOf(record.timestamp);
    if (timeUs === undefined) return NOTHING;
    switch (record.event_type) {
      case 'http':
        if (record.web === undefined) this.passive(record, timeUs);
        else this.active(record, timeUs);
        break;
      case 'waf':
      case 'alert':
        this.active(record, timeUs);
        break;
      case 'flow':
      case 'flow_progress':
      case 'tls':
      case 'tls_hello':
      case 'quic':
      case 'ssh':
      case 'fileinfo':
      case 'anomaly':
        this.passive(record, timeUs);
        break;
      default:
    }
    if (this.clock.take(timeUs)) this.advance();
    return this.told();
  }

  /** What is known of a request by its reference, while it is held. */
  request(reference: string): JoinedRequest | undefined {
    return this.requests.get(reference)?.joined();
  }

  /** What is known of the flow that has this community id at this time, while it is held. */
  flow(communityId: string, timeUs: number): FlowSide | undefined {
    return this.connections.get(communityId)?.flowAt(timeUs, this.bounds)?.side();
  }

  /** Lets all go that waits, as at the end of the records: what was not told yet. */
  finish(): readonly JoinUpdate[] {
    this.same.advance(Number.MAX_SAFE_INTEGER);
    for (const connection of [...this.connections.values()]) this.drop(connection);
    return this.told();
  }

  statistics(): JoinStatistics {
    return {
      ...this.counters,
      waiting: this.requests.size,
      unclear: this.same.unclear,
      connections: this.connections.size,
      bytes: this.bytes,
    };
  }

  private passive(record: EveRecord, timeUs: number): void {
    const id = record.community_id;
    if (typeof id !== 'string' || id === '' || id.length > 64) return;
    const connection = this.connectionOf(id, timeUs);
    const known = connection.flowOf(record, timeUs, this.bounds.slackUs);
    if (known === undefined && !connection.isFull) this.charge(connection, FLOW_BYTES);
    const flow = known ?? connection.open(record, timeUs);
    const { startUs } = flow;
    const isNew = flow.take(record, timeUs);
    if (record.event_type === 'http') this.same.sighting(record, connection, timeUs);
    // A record behind a flow's end does not move when it is over; its deadline may only come earlier by an end.
    if (connection.slot < 0 || record.event_type === 'flow') this.schedule(connection);
    if (connection.held.length === 0) return;
    if (isNew || known === undefined || startUs !== flow.startUs)
      this.refresh(connection, isNew ? flow : undefined);
  }

  private active(record: EveRecord, timeUs: number): void {
    const id = subjectOf(record);
    if (id === undefined) return;
    if (record.event_type === 'alert' && typeof record.community_id !== 'string') {
      // Nothing of a connection can be waited for.
      const alert = new HeldRequest('alert', id, record, timeUs);
      alert.take(record);
      this.tell({ change: 'new', request: alert.joined() });
      return;
    }
    const known = this.requests.get(id);
    if (known !== undefined) {
      known.take(record);
      this.link(known, record);
      this.tell({ change: 'more', request: known.joined() });
      return;
    }
    const request = new HeldRequest(record.event_type === 'alert' ? 'alert' : 'request', id, record, timeUs);
    request.take(record);
    this.counters.requests++;
    this.requests.set(id, request);
    const connection = this.connectionOf(request.connectionId, timeUs);
    this.hold(connection, request);
    this.assign(connection, request);
    this.link(request, record);
    request.isTold = request.client?.isEnded === true;
    this.tell({ change: 'new', request: request.joined() });
    if (request.isTold) this.tell({ change: 'complete', request: request.joined() });
  }

  /** The connection between proxy and server, as the proxy names it, or by what was asked for. */
  private link(request: HeldRequest, record: EveRecord): void {
    if (record.event_type !== 'http') return;
    const { upstreamId } = request;
    if (upstreamId === '' || upstreamId === request.communityId) {
      this.same.request(request);
      return;
    }
    const upstream = this.connectionOf(upstreamId, request.timeUs);
    if (upstream.held.includes(request)) return;
    this.hold(upstream, request);
    this.assign(upstream, request);
  }

  private hold(connection: Connection, request: HeldRequest): void {
    this.connections.promote(connection.id);
    this.charge(connection, request.bytes);
    const old = connection.hold(request);
    if (old !== undefined) {
      this.charge(connection, -old.bytes);
      this.letGo(connection, old);
    }
    // A connection that was let go for lack of room while this one came in.
    if (connection.slot < 0) this.schedule(connection);
  }

  /** Looks again which flows the requests of a connection went over. `changed`: a flow of which more became known. */
  private refresh(connection: Connection, changed: FlowState | undefined): void {
    for (const request of connection.held) {
      if (request.isReleased) continue;
      const isMoved = this.assign(connection, request);
      const flow = this.isClientSide(connection, request) ? request.client : request.server;
      if (!isMoved && (flow === undefined || flow !== changed)) continue;
      const isComplete = request.state === 'complete' && flow === request.client;
      request.isTold ||= isComplete;
      this.tell({
        change: isComplete ? 'complete' : 'more',
        request: request.joined(),
      });
    }
  }

  /** Puts a request to the flow of a connection that fits it best; true where that is another one than before. */
  private assign(connection: Connection, request: HeldRequest): boolean {
    const isClient = this.isClientSide(connection, request);
    const before = isClient ? request.client : request.server;
    const flow = connection.flowAt(request.timeUs, this.bounds);
    if (flow === before) return false;
    // What was forgotten of a connection whose ports come again too often is still true.
    if (flow === undefined && before !== undefined && !connection.flows.includes(before)) return false;
    before?.uncarry(request.id);
    flow?.carry(request.id);
    if (isClient) request.client = flow;
    else {
      if (request.server === undefined) this.counters.upstream++;
      request.server = flow;
      if (request.serverBy === '') request.serverBy = 'community_id';
      if (flow === undefined) this.counters.upstream--;
    }
    return true;
  }

  private isClientSide(connection: Connection, request: HeldRequest): boolean {
    return connection.id === request.connectionId;
  }

  private foundServer(request: HeldRequest, connection: Connection, timeUs: number): void {
    const flow = connection.flowAt(timeUs, this.bounds);
    if (flow === undefined || request.server !== undefined) return;
    request.server = flow;
    request.serverBy = 'request';
    flow.carry(request.id);
    this.counters.upstream++;
    // Its end is told as well.
    if (this.connections.get(connection.id) === connection) this.hold(connection, request);
    this.tell({ change: 'more', request: request.joined() });
  }

  private connectionOf(id: string, timeUs: number): Connection {
    if (this.bytes > this.bounds.bytes) {
      const enough = 0.97 * this.bounds.bytes;
      this.connections.giveUpWhile(() => this.bytes > enough);
    }
    let connection = this.connections.get(id);
    if (connection === undefined) {
      connection = new Connection(id, timeUs);
      this.charge(connection, CONNECTION_BYTES);
      this.connections.add(id, connection);
    } else if (timeUs > connection.lastUs) connection.lastUs = timeUs;
    return connection;
  }

  private charge(connection: Connection, bytes: number): void {
    connection.bytes += bytes;
    this.bytes += bytes;
  }

  private schedule(connection: Connection): void {
    if (this.connections.get(connection.id) !== connection) return;
    this.wheel.put(connection, connection.deadline(this.bounds));
  }

  private advance(): void {
    const { nowUs } = this.clock;
    // The wheels turn by seconds.
    const second = Math.floor(nowUs / 1e6);
    if (second === this.lastAdvance) return;
    this.lastAdvance = second;
    this.same.advance(nowUs);
    this.wheel.due(nowUs, (connection) => {
      const deadlineUs = connection.deadline(this.bounds);
      if (deadlineUs > nowUs) this.wheel.put(connection, deadlineUs);
      else this.drop(connection);
    });
  }

  private drop(connection: Connection): void {
    if (this.connections.delete(connection.id)) this.release(connection);
  }

  private release(connection: Connection): void {
    this.wheel.delete(connection);
    this.bytes -= connection.bytes;
    for (const request of connection.held) this.letGo(connection, request);
  }

  /** A request is waited for as long as its client's connection is. */
  private letGo(connection: Connection, request: HeldRequest): void {
    if (request.isReleased || !this.isClientSide(connection, request)) return;
    request.isReleased = true;
    this.requests.delete(request.id);
    const { state } = request;
    if (state === 'complete') this.counters.joined++;
    else if (state === 'open') this.counters.partial++;
    else this.counters.unjoined++;
    if (!request.isTold) this.tell({ change: 'released', request: request.joined() });
  }

  private tell(update: JoinUpdate): void {
    this.updates ??= [];
    this.updates.push(update);
  }

  private told(): readonly JoinUpdate[] {
    const { updates } = this;
    if (updates === undefined) return NOTHING;
    this.updates = undefined;
    return updates;
  }
}
