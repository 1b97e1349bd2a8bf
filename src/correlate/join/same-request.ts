import { addressOf, type EveRecord, nameOf, objectOf } from '../../event/index.ts';
import type { Connection } from './connection.ts';
import type { HeldRequest } from './request.ts';
import { Wheel } from './wheel.ts';

/** How long after a request's answer the passive record of it is waited for. */
const SETTLE_US = 2e6;
/** How long what was seen is kept, beyond that. */
const KEEP_US = 120e6;
const MOST_KEYS = 20_000;
/** Requests, and sightings, of one key: more are no longer clear. */
const MOST_OF_KEY = 32;
/** Of all keys. */
const MOST_ENTRIES = 100_000;
const MOST_TEXT = 512;

/** A request that the passive stream read in clear. */
interface Sighting {
  readonly connection: Connection;
  readonly timeUs: number;
  readonly source: string;
  /** X-Forwarded-For; empty without. */
  readonly forwardedFor: string;
}

interface Key {
  readonly name: string;
  slot: number;
  lastUs: number;
  readonly requests: HeldRequest[];
  readonly sightings: Sighting[];
}

/**
 * Finds the server's side of requests whose proxy does not name it: the passive record of the same method, host and
 * path within the request's span. Decided some seconds later, in whatever order they came, and only where it is clear.
 */
export class SameRequest {
  /** Requests with more than one candidate. */
  unclear = 0;
  /** Requests and sightings that found no room. */
  dropped = 0;
  private entries = 0;
  private readonly slackUs: number;
  private readonly found: (request: HeldRequest, connection: Connection, timeUs: number) => void;
  private readonly keys = new Map<string, Key>();
  private readonly decisions = new Wheel<HeldRequest>();
  private readonly expiry = new Wheel<Key>();

  /** `found` is told of each request whose server's side was found, and when it was seen there. */
  constructor(
    slackUs: number,
    found: (request: HeldRequest, connection: Connection, timeUs: number) => void,
  ) {
    this.slackUs = slackUs;
    this.found = found;
  }

  /** Takes the passive record of a request. */
  sighting(record: EveRecord, connection: Connection, timeUs: number): void {
    const http = objectOf(record.http);
    const name = keyOf(http?.http_method, http?.hostname, http?.url);
    if (name === '') return;
    const key = this.keyFor(name, timeUs);
    if (key === undefined || key.sightings.length >= MOST_OF_KEY) {
      this.dropped++;
      return;
    }
    const source = addressOf(record.src_ip) ?? '';
    this.entries++;
    key.sightings.push({ connection, timeUs, source, forwardedFor: nameOf(http?.xff) ?? '' });
  }

  /** Takes a request of the active stream; again where its time or answer became known. */
  request(request: HeldRequest): void {
    const name = keyOf(request.method, request.host, request.path);
    if (name === '') return;
    const key = this.keyFor(name, request.untilUs);
    if (key === undefined) {
      this.dropped++;
      return;
    }
    if (!key.requests.includes(request)) {
      if (key.requests.length >= MOST_OF_KEY) {
        this.dropped++;
        return;
      }
      this.entries++;
      key.requests.push(request);
    }
    this.decisions.put(request, request.untilUs + this.slackUs + SETTLE_US);
  }

  /** Decides what is due. */
  advance(nowUs: number): void {
    this.decisions.due(nowUs, (request) => this.decide(request));
    this.expiry.due(nowUs, (key) => {
      if (key.lastUs + KEEP_US > nowUs) this.expiry.put(key, key.lastUs + KEEP_US);
      else this.forget(key);
    });
  }

  private keyFor(name: string, timeUs: number): Key | undefined {
    let key = this.keys.get(name);
    if (key === undefined) {
      if (this.keys.size >= MOST_KEYS || this.entries >= MOST_ENTRIES) return undefined;
      key = { name, slot: -1, lastUs: timeUs, requests: [], sightings: [] };
      this.keys.set(name, key);
      this.expiry.put(key, timeUs + KEEP_US);
    }
    key.lastUs = Math.max(key.lastUs, timeUs);
    // What is over makes room.
    const oldestUs = key.lastUs - KEEP_US;
    const before = key.sightings.length + key.requests.length;
    while ((key.sightings[0]?.timeUs ?? oldestUs) < oldestUs) key.sightings.shift();
    while ((key.requests[0]?.untilUs ?? oldestUs) < oldestUs) key.requests.shift();
    this.entries -= before - key.sightings.length - key.requests.length;
    return key;
  }

  private forget(key: Key): void {
    this.entries -= key.sightings.length + key.requests.length;
    this.keys.delete(key.name);
  }

  private decide(request: HeldRequest): void {
    if (request.isReleased || request.upstreamId !== '') return;
    const key = this.keys.get(keyOf(request.method, request.host, request.path));
    if (key === undefined) return;
    const candidates = key.sightings.filter((sighting) => this.isOf(sighting, request));
    if (candidates.length === 0) return;
    const best = Math.max(...candidates.map((sighting) => likeness(sighting, request)));
    const found = candidates.filter((sighting) => likeness(sighting, request) === best);
    const [only] = found;
    const rivals = key.requests.filter(
      (other) =>
        other !== request && only !== undefined && this.isOf(only, other) && likeness(only, other) >= best,
    );
    if (only === undefined || found.length > 1 || rivals.length > 0) {
      this.unclear++;
      return;
    }
    this.found(request, only.connection, only.timeUs);
  }

  private isOf(sighting: Sighting, request: HeldRequest): boolean {
    return (
      sighting.timeUs >= request.timeUs - this.slackUs &&
      sighting.timeUs <= request.untilUs + this.slackUs &&
      likeness(sighting, request) >= 0 &&
      // In clear, the client's own connection shows the request as well.
      !sighting.connection.held.some((held) => held.communityId === sighting.connection.id)
    );
  }
}

/** How well a sighting fits a request: named in X-Forwarded-For, sent by the proxy, nothing speaks against it; -1. */
function likeness({ source, forwardedFor }: Sighting, request: HeldRequest): number {
  const client = addressOf(request.source) ?? '';
  const isFromProxy = source === addressOf(request.destination) ? 1 : 0;
  if (forwardedFor === '') return isFromProxy;
  return forwardedFor.split(',').some((part) => addressOf(part.trim()) === client) ? 2 + isFromProxy : -1;
}

/** Method, host without its port, and target; empty where one is missing. */
function keyOf(method: unknown, host: unknown, target: unknown): string {
  if (typeof method !== 'string' || typeof host !== 'string' || typeof target !== 'string') return '';
  if (method === '' || host === '' || target === '') return '';
  const name = host
    .slice(0, MOST_TEXT)
    .replace(/:\d{1,5}$/, '')
    .toLowerCase();
  return `${method.slice(0, 32)} ${name} ${target.slice(0, MOST_TEXT)}`;
}
