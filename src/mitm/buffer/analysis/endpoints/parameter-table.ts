import { isSecretName } from '../../../waf/secrets.ts';
import type { Parameter } from '../parameters.ts';
import { shownCount, shownName } from '../words.ts';
import type { AnyValue } from './any-value.ts';
import type { ModelBudget } from './limits.ts';
import { bitsOf, confidence, explain, scoreOf } from './value-judgement.ts';
import { ValueModel } from './value-model.ts';

/** Names that are known of an endpoint. */
export const MOST_NAMES = 48;
/** Values of one name that a single request teaches. */
const MOST_REPEATED = 8;
/** Values from which a parameter's model says something, and the clients that they must come from. */
const LEAST_VALUES = 30;
const LEAST_CLIENTS = 3;
/** Points for each bit of surprise about a name that nobody sent before. */
const NEW_NAME_POINTS = 2.5;
const NEW_FIELD_POINTS = 1;
/** What is there in all but this share of the requests is always there. */
const ALWAYS = 0.995;
const SETTLED = 200;
const MISSING = 8;
const MOST_MISSING = 2;
/** What counts less is not told of. */
const LEAST_SCORE = 15;
/** A parameter without a model of its own is judged by others of its host, and that says less. */
const BORROWED = 0.7;
/**
 * Values from which a parameter's own model is enough; before that the host's of the same name is asked as well. All
 * values of the host are asked for unknown names only: free text, once it is known, looks like nothing else.
 */
const OWN_IS_ENOUGH = 300;

/** A parameter that is known. */
export interface Known {
  readonly model: ValueModel;
  /** Requests that had it. */
  requests: number;
}

/** Something unusual about a parameter. */
export interface Oddity {
  readonly score: number;
  readonly text: string;
  /** Hash of the value, where it is about one. */
  readonly value?: number | undefined;
}

/** The parameters of an endpoint, or the header fields of a host: their names, how often they come, their values. */
export class ParameterTable {
  readonly known = new Map<string, Known>();
  /** Requests that were learned from. */
  weight = 0;
  /** Names that were new, over the time. */
  novel = 0;
  private readonly budget: ModelBudget;
  /** All values of a host by their place (query, form, JSON ...), for names that are not known. */
  private readonly anyValue: AnyValue;
  /** The parameters of the whole host by name, for names that are hardly known here; undefined for those themselves. */
  private readonly ofHost: ParameterTable | undefined;

  constructor(budget: ModelBudget, anyValue: AnyValue, ofHost: ParameterTable | undefined) {
    this.budget = budget;
    this.anyValue = anyValue;
    this.ofHost = ofHost;
  }

  /**
   * What is unusual about the parameters of a request, the heaviest first.
   *
   * @param where ` of GET /item/{n}`, for the reasons
   */
  judge(parameters: readonly Parameter[], where: string, areFields: boolean): Oddity[] {
    const found: Oddity[] = [];
    let missing = this.known.size;
    for (let i = 0; i < parameters.length; i++) {
      const parameter = parameters[i] as Parameter;
      const known = this.known.get(parameter.name);
      if (known === undefined) {
        const oddity = this.judgeUnknown(parameter, where, areFields, 0);
        if (oddity !== undefined) found.push(oddity);
        continue;
      }
      missing--;
      const { model } = known;
      if (!isSettled(model)) {
        const oddity = this.judgeUnknown(parameter, where, areFields, known.requests);
        if (oddity !== undefined) found.push(oddity);
        continue;
      }
      const own = scoreOf(model, parameter.shape);
      const same = model.weight < OWN_IS_ENOUGH ? this.ofHost?.known.get(parameter.name)?.model : undefined;
      const borrowed = this.borrowed(parameter, same);
      if (Math.max(own, borrowed) < LEAST_SCORE) continue;
      const text =
        own >= borrowed
          ? `${shown(parameter.name)}${where}: ${explain(model, parameter.shape)}`
          : `${shown(parameter.name)}${where}: ${explainBorrowed(same, parameter)}`;
      found.push({ score: Math.max(own, borrowed), text, value: parameter.shape.hash });
    }
    if (missing > 0 && this.weight >= SETTLED && !areFields) found.push(...this.missing(parameters, where));
    return found.sort((a, b) => b.score - a.score);
  }

  /** Takes the parameters of a request as usual. */
  learn(parameters: readonly Parameter[], weight: number, client: number): void {
    this.weight += weight;
    if (this.weight > 4096) this.halveRequests();
    const times = new Map<string, number>();
    for (const { name, shape } of parameters) {
      const time = (times.get(name) ?? 0) + 1;
      times.set(name, time);
      if (time > MOST_REPEATED) continue;
      if (this.ofHost === undefined) this.anyValue.of(name).learn(shape, weight, client);
      const known = this.known.get(name) ?? this.add(name, weight);
      if (known === undefined) continue;
      if (time === 1) known.requests += weight;
      known.model.learn(shape, weight, client);
    }
    this.ofHost?.learn(parameters, weight, client);
  }

  decay(factor: number): void {
    this.weight *= factor;
    this.novel *= factor;
    for (const [name, known] of this.known) {
      known.requests *= factor;
      known.model.decay(factor);
      if (known.requests < 0.05) {
        this.known.delete(name);
        this.budget.give(1);
      }
    }
  }

  /** Gives its models back. */
  release(): void {
    this.budget.give(this.known.size);
    this.known.clear();
  }

  /** A model for a name, if there may be one more. */
  add(name: string, weight: number): Known | undefined {
    if (this.known.size >= MOST_NAMES) this.evictRarest();
    if (!this.budget.take()) return undefined;
    this.novel += weight;
    const known = { model: new ValueModel(!isSecretName(name)), requests: 0 };
    this.known.set(name, known);
    return known;
  }

  private evictRarest(): void {
    let rarest: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [name, { requests }] of this.known) {
      if (requests >= least) continue;
      least = requests;
      rarest = name;
    }
    if (rarest === undefined) return;
    this.known.delete(rarest);
    this.budget.give(1);
  }

  private halveRequests(): void {
    this.weight /= 2;
    this.novel /= 2;
    for (const known of this.known.values()) known.requests /= 2;
  }

  /** @param requests that had it before */
  private judgeUnknown(
    parameter: Parameter,
    where: string,
    areFields: boolean,
    requests: number,
  ): Oddity | undefined {
    const points = areFields ? NEW_FIELD_POINTS : NEW_NAME_POINTS;
    // Where new names come often, one more is nothing.
    const name = bitsOf(this.novel + requests, this.weight) * points;
    const lender = this.lender(parameter);
    const value = this.borrowed(parameter, lender);
    const score = 100 - ((100 - name) * (100 - value)) / 100;
    if (score < LEAST_SCORE) return undefined;
    const also = value >= 4 ? `; ${explainBorrowed(lender, parameter)}` : '';
    const seen = requests < 0.5 ? 'not seen in' : `seen in ${shownCount(requests)} of`;
    const all = `${shownCount(this.weight)} requests`;
    return {
      score,
      text: `${shown(parameter.name)}${where}: ${seen} ${all}${also}`,
      value: parameter.shape.hash,
    };
  }

  private borrowed({ shape }: Parameter, model: ValueModel | undefined): number {
    if (model === undefined || !isSettled(model)) return 0;
    return BORROWED * confidence(model.weight) * scoreOf(model, shape);
  }

  /** The host's parameter of the same name where that is known, or else all of its values. */
  private lender({ name }: Parameter): ValueModel {
    const same = this.ofHost?.known.get(name)?.model;
    return same !== undefined && isSettled(same) ? same : this.anyValue.of(name);
  }

  private missing(parameters: readonly Parameter[], where: string): Oddity[] {
    const found: Oddity[] = [];
    for (const [name, { requests }] of this.known) {
      if (requests < ALWAYS * this.weight || parameters.some((one) => one.name === name)) continue;
      const share = Math.floor((1000 * Math.min(1, requests / this.weight)) / 10);
      const text = `${shown(name)}${where}: missing, it is in ${share} % of ${shownCount(this.weight)} requests`;
      found.push({ score: MISSING, text });
      if (found.length === MOST_MISSING) break;
    }
    return found;
  }
}

function explainBorrowed(model: ValueModel | undefined, { shape }: Parameter): string {
  return model === undefined ? '' : `${explain(model, shape)} of the whole site`;
}

/** Whether a model has seen enough to say something. */
function isSettled(model: ValueModel): boolean {
  return model.weight >= LEAST_VALUES && model.clients >= LEAST_CLIENTS;
}

/** `query page` as `parameter page`. */
function shown(name: string): string {
  const space = name.indexOf(' ');
  const place = name.slice(0, space);
  const plain = shownName(name.slice(space + 1));
  return place === 'header' || place === 'cookie' || place === 'file' || place === 'json'
    ? `${place === 'json' ? 'JSON member' : place} ${plain}`
    : `parameter ${plain}`;
}
