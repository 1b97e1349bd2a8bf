import type { Reading } from '../reading.ts';
import { shownCount, shownName } from '../words.ts';
import type { HostModel } from './host-model.ts';
import { bucketOf, LENGTH_BUCKETS, usualRange } from './length-histogram.ts';
import { Lessons } from './lessons.ts';
import type { EndpointLimits, ModelBudget } from './limits.ts';
import { type Oddity, ParameterTable } from './parameter-table.ts';
import { bitsOf, histogramScore } from './value-judgement.ts';

export const MOST_MEDIA_TYPES = 8;
const MEDIA_TYPE_POINTS = 3;
const MOST_BODY_SCORE = 35;
const LEAST_SCORE = 15;

/** What is usual for an endpoint: a method and a path template of a host. */
export class EndpointModel {
  /** `GET /item/{n}`, for reasons. */
  readonly name: string;
  readonly host: string;
  readonly parameters: ParameterTable;
  readonly lessons: Lessons;
  /** Types of bodies, the empty one too, and how often they came. */
  readonly mediaTypes = new Map<string, number>();
  readonly bodyLengths = new Float32Array(LENGTH_BUCKETS);
  bodies = 0;
  /** When its counts were last made to weigh less, in milliseconds since 1970. */
  decayedMs = 0;

  constructor(name: string, hostName: string, host: HostModel, limits: EndpointLimits, budget: ModelBudget) {
    this.name = name;
    this.host = hostName;
    this.parameters = new ParameterTable(budget, host.anyValue, host.parameters);
    this.lessons = new Lessons(limits.clientLessons);
  }

  /** Requests that it learned from; older ones count less. */
  get weight(): number {
    return this.parameters.weight;
  }

  /** Whether it has seen enough to say something. */
  isSettled({ learningRequests, learningClients }: EndpointLimits): boolean {
    return this.weight >= learningRequests && this.lessons.clients >= learningClients;
  }

  /** What is unusual about a request, but for its path and header fields. */
  judge(reading: Reading): Oddity[] {
    const where = ` of ${this.name}`;
    const found = this.parameters.judge(reading.parameters, where, false);
    const type = reading.mediaType;
    const score = bitsOf(this.mediaTypes.get(type) ?? 0, this.weight) * MEDIA_TYPE_POINTS;
    if (score >= LEAST_SCORE) {
      const shown = type === '' ? 'no content type' : `content type ${shownName(type)}`;
      found.push({ score, text: `${shown}${where}: usually ${this.usualType()}` });
    }
    if (reading.bodyBytes > 0 && this.bodies >= 30) {
      const body = histogramScore(this.bodyLengths, this.bodies, reading.bodyBytes, MOST_BODY_SCORE);
      if (body >= LEAST_SCORE) {
        const { to } = usualRange(this.bodyLengths, 0, this.bodies, 0.01);
        const usual = `usually up to ${shownCount(to)} (99 % of ${shownCount(this.bodies)} requests)`;
        found.push({ score: body, text: `body${where}: ${shownCount(reading.bodyBytes)} bytes, ${usual}` });
      }
    }
    return found;
  }

  /** Takes a request as usual. */
  learn(reading: Reading, weight: number, client: number): void {
    this.parameters.learn(reading.parameters, weight, client);
    const { mediaTypes } = this;
    const count = mediaTypes.get(reading.mediaType);
    if (count !== undefined || mediaTypes.size < MOST_MEDIA_TYPES) {
      mediaTypes.set(reading.mediaType, (count ?? 0) + weight);
    }
    if (reading.bodyBytes > 0) {
      const bucket = bucketOf(reading.bodyBytes);
      this.bodyLengths[bucket] = (this.bodyLengths[bucket] as number) + weight;
      this.bodies += weight;
    }
  }

  decay(factor: number): void {
    this.parameters.decay(factor);
    for (const [type, count] of this.mediaTypes) {
      if (count * factor < 0.05) this.mediaTypes.delete(type);
      else this.mediaTypes.set(type, count * factor);
    }
    this.bodies *= factor;
    for (let at = 0; at < LENGTH_BUCKETS; at++) {
      this.bodyLengths[at] = (this.bodyLengths[at] as number) * factor;
    }
  }

  private usualType(): string {
    let best = '';
    let most = -1;
    for (const [type, count] of this.mediaTypes) {
      if (count <= most) continue;
      best = type;
      most = count;
    }
    return best === '' ? 'none' : shownName(best);
  }
}
