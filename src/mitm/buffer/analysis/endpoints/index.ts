/** What is usual for each endpoint, learned from what comes, and what is not. */
import type { Finding } from '../../analysis.ts';
import { RarestTable } from '../rarest-table.ts';
import type { Reading } from '../reading.ts';
import { RecentTable } from '../recent-table.ts';
import { hashOf } from '../value-shape.ts';
import { EndpointModel } from './endpoint-model.ts';
import { HostModel } from './host-model.ts';
import { type EndpointLimits, ModelBudget } from './limits.ts';
import type { Oddity } from './parameter-table.ts';
import { bitsOf } from './value-judgement.ts';

export { DEFAULT_ENDPOINTS, type EndpointLimits } from './limits.ts';

/** Findings about one request that are told of. */
const MOST_FINDINGS = 6;
/** Header fields differ between programs more than parameters do. */
const FIELD_SHARE = 0.9;
/** The same value of the same client again. */
const REPEATED_SHARE = 0.3;
const TOLD_CLIENTS = 5000;
const MOST_TOLD = 32;
const NEW_METHOD_POINTS = 2.5;
const METHODS_ANYWHERE: ReadonlySet<string> = new Set(['HEAD', 'OPTIONS']);
/** Answers that show that the request was one that the application knows. */
const TAUGHT_STATUS: ReadonlySet<number> = new Set([0, 401, 409, 422]);
/** Time between two occasions at which counts are made to weigh less, as a share of the half-life. */
const DECAY_STEP = 1 / 64;

/** What the models say of a request, for {@link Endpoints.learn} too. */
export interface Appraisal {
  /** `GET /item/{n}`. */
  readonly endpoint: string;
  readonly findings: readonly Finding[];
}

/** The models of all hosts. */
export class Endpoints {
  readonly limits: EndpointLimits;
  readonly budget: ModelBudget;
  readonly hosts: RarestTable<HostModel>;
  readonly endpoints: RarestTable<EndpointModel>;
  /** Values of header fields that were told of, by their client. */
  private readonly told = new RecentTable<Set<number>>(TOLD_CLIENTS);
  private readonly salt: number;
  private learned = 0;

  constructor(limits: EndpointLimits, salt: number) {
    this.limits = limits;
    this.salt = salt;
    this.budget = new ModelBudget(limits.models);
    this.hosts = new RarestTable(limits.hosts, (host) => host.release());
    this.endpoints = new RarestTable(limits.endpoints, (endpoint) => endpoint.parameters.release());
  }

  /** What is unusual about a request. Does not take it as usual. */
  judge(reading: Reading): Appraisal {
    const host = this.hosts.get(reading.host);
    if (host === undefined)
      return { endpoint: `${reading.method} ${reading.path.slice(0, 64)}`, findings: [] };
    const { template, oddities, isKnown } = host.paths.judge(reading.segments);
    const name = `${reading.method} ${template}`;
    const model = this.endpoints.get(keyOf(reading.host, name));
    const found: Oddity[] = [...oddities];
    if (model?.isSettled(this.limits) === true) found.push(...model.judge(reading));
    else if (isKnown) found.push(...this.judgeMethod(reading, template));
    if (host.fields.weight >= this.limits.learningRequests) {
      for (const oddity of host.fields.judge(reading.fields, '', true)) {
        const score = oddity.score * this.fieldShare(reading.client, oddity);
        if (score >= LEAST_SCORE) found.push({ score, text: oddity.text });
      }
    }
    found.sort((a, b) => b.score - a.score);
    return { endpoint: name, findings: found.slice(0, MOST_FINDINGS).map(findingOf) };
  }

  /**
   * Takes a request as usual, where it may be: it passed, the application knew it, and its client has not taught too
   * much of late.
   *
   * @param weight how much it counts, up to 1
   */
  learn(reading: Reading, weight: number): void {
    const { status, timeMs } = reading;
    if (reading.blocked || weight <= 0 || (status >= 400 && !TAUGHT_STATUS.has(status))) return;
    const client = hashOf(reading.client, this.salt);
    const host = this.hosts.get(reading.host) ?? this.addHost(reading);
    const { isKnown, template } = host.paths.judge(reading.segments);
    if (!isKnown && !host.newPaths.take(client, timeMs)) return;
    const name = `${reading.method} ${template}`;
    let model = this.endpoints.get(keyOf(reading.host, name));
    if (model !== undefined && !model.lessons.take(client, timeMs)) return;
    this.learned++;
    this.weaken(host, timeMs);
    host.paths.learn(reading.segments, weight, client);
    if (host.fieldLessons.take(client, timeMs)) host.fields.learn(reading.fields, weight, client);
    if (model === undefined) {
      // The path may have a name only now: one place more, and the names of a node became values.
      model = this.modelFor(reading, host);
      model.lessons.take(client, timeMs);
    }
    this.weaken(model, timeMs);
    model.learn(reading, weight, client);
    if (this.budget.isNearlyUsed) this.endpoints.evict();
  }

  statistics(): Readonly<Record<string, number>> {
    let settled = 0;
    for (const [, model] of this.endpoints.entries()) if (model.isSettled(this.limits)) settled++;
    return {
      hosts: this.hosts.size,
      endpoints: this.endpoints.size,
      settled,
      learned: this.learned,
      models: this.budget.used,
      modelsRefused: this.budget.refused,
      evicted: this.hosts.evicted + this.endpoints.evicted,
    };
  }

  /** A program of a new kind is odd once: its fields are the same with every request. */
  private fieldShare(client: string, { value }: Oddity): number {
    if (value === undefined) return FIELD_SHARE;
    const told = this.told.take(client, () => new Set());
    if (told.has(value)) return REPEATED_SHARE;
    if (told.size < MOST_TOLD) told.add(value);
    return FIELD_SHARE;
  }

  private addHost(reading: Reading): HostModel {
    const host = new HostModel(this.limits, this.budget);
    this.hosts.add(reading.host, host);
    return host;
  }

  private modelFor(reading: Reading, host: HostModel): EndpointModel {
    const { template } = host.paths.judge(reading.segments);
    const name = `${reading.method} ${template}`;
    const key = keyOf(reading.host, name);
    const known = this.endpoints.get(key);
    if (known !== undefined) return known;
    const model = new EndpointModel(name, reading.host, host, this.limits, this.budget);
    this.endpoints.add(key, model);
    return model;
  }

  /** A method that a path never had, where another one is settled. */
  private judgeMethod(reading: Reading, template: string): Oddity[] {
    if (METHODS_ANYWHERE.has(reading.method)) return [];
    for (const other of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      const model = this.endpoints.get(keyOf(reading.host, `${other} ${template}`));
      if (model === undefined || !model.isSettled(this.limits)) continue;
      const own = this.endpoints.get(keyOf(reading.host, `${reading.method} ${template}`))?.weight ?? 0;
      const score = bitsOf(own, model.weight) * NEW_METHOD_POINTS;
      if (score < LEAST_SCORE) continue;
      const text = `${reading.method.replaceAll(/[^\x21-\x7e]/g, '?')} ${template}: usually ${other} there`;
      return [{ score, text }];
    }
    return [];
  }

  /** Makes what was learned long ago weigh less. */
  private weaken(model: { decayedMs: number; decay(factor: number): void }, nowMs: number): void {
    if (model.decayedMs === 0) model.decayedMs = nowMs;
    const gone = nowMs - model.decayedMs;
    if (gone < this.limits.halfLifeMs * DECAY_STEP) return;
    model.decay(0.5 ** (gone / this.limits.halfLifeMs));
    model.decayedMs = nowMs;
  }
}

const LEAST_SCORE = 15;

function keyOf(host: string, name: string): string {
  return `${host} ${name}`;
}

function findingOf({ score, text }: Oddity): Finding {
  return { kind: 'anomaly', category: 'unusual', score: Math.round(score), reason: text, ruleIds: [] };
}
