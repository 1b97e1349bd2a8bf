import { EndpointModel, MOST_MEDIA_TYPES } from './endpoint-model.ts';
import { HostModel } from './host-model.ts';
import { Endpoints } from './index.ts';
import { LENGTH_BUCKETS } from './length-histogram.ts';
import type { EndpointLimits } from './limits.ts';
import type { ParameterTable } from './parameter-table.ts';
import { MOST_NAMES } from './parameter-table.ts';
import type { PathNode, PathTree } from './path-tree.ts';
import { MOST_CHILDREN } from './path-tree.ts';
import { COUNTS, MOST_VALUES, ValueModel } from './value-model.ts';

/** A snapshot that cannot be read; the message says where. */
export class SnapshotError extends Error {
  override name = 'SnapshotError';
}

const VERSION = 1;
/** The most seldom used endpoints beyond this many are left out. */
const MOST_ENDPOINTS = 2000;
const DEEPEST = 8;
const LONGEST_KEY = 4096;

/** What was learned, as plain JSON. Numbers of counts stand as pairs of place and count. */
export interface EndpointsSnapshot {
  readonly version: 1;
  readonly salt: number;
  readonly hosts: readonly HostSnapshot[];
  readonly endpoints: readonly EndpointSnapshot[];
}

interface HostSnapshot {
  readonly name: string;
  readonly decayedMs: number;
  readonly paths: NodeSnapshot;
  readonly fields: TableSnapshot;
  readonly parameters: TableSnapshot;
  readonly anyValue: Readonly<Record<string, ValueSnapshot>>;
}

interface NodeSnapshot {
  readonly weight: number;
  readonly novel: number;
  readonly wild?: true;
  readonly values?: ValueSnapshot;
  readonly children?: Readonly<Record<string, NodeSnapshot>>;
}

interface EndpointSnapshot {
  readonly host: string;
  readonly name: string;
  readonly clients: number;
  readonly decayedMs: number;
  readonly bodies: number;
  readonly bodyLengths: readonly number[];
  readonly mediaTypes: Readonly<Record<string, number>>;
  readonly parameters: TableSnapshot;
}

interface TableSnapshot {
  readonly weight: number;
  readonly novel: number;
  readonly names: Readonly<Record<string, { readonly requests: number; readonly model: ValueSnapshot }>>;
}

interface ValueSnapshot {
  readonly weight: number;
  readonly clients: number;
  readonly counts: readonly number[];
  /** Pairs of hash and weight; absent where they are not remembered. */
  readonly values?: readonly number[];
}

/** What was learned, the most used endpoints first. */
export function snapshotEndpoints(endpoints: Endpoints, salt: number): EndpointsSnapshot {
  const used = [...endpoints.endpoints.entries()].sort(([, a], [, b]) => b.weight - a.weight);
  return {
    version: VERSION,
    salt,
    hosts: [...endpoints.hosts.entries()].map(([name, host]) => ({
      name,
      decayedMs: host.decayedMs,
      paths: nodeOut(host.paths.root),
      fields: tableOut(host.fields),
      parameters: tableOut(host.parameters),
      anyValue: Object.fromEntries([...host.anyValue.places].map(([name, model]) => [name, valueOut(model)])),
    })),
    endpoints: used.slice(0, MOST_ENDPOINTS).map(([, model]) => ({
      host: model.host,
      name: model.name,
      clients: model.lessons.clients,
      decayedMs: model.decayedMs,
      bodies: rounded(model.bodies),
      bodyLengths: sparse(model.bodyLengths),
      mediaTypes: Object.fromEntries([...model.mediaTypes].map(([type, count]) => [type, rounded(count)])),
      parameters: tableOut(model.parameters),
    })),
  };
}

/** The models of a snapshot. Throws {@link SnapshotError}. What is beyond the limits is left out. */
export function restoreEndpoints(
  snapshot: unknown,
  limits: EndpointLimits,
): { readonly endpoints: Endpoints; readonly salt: number } {
  const top = objectAt(snapshot, 'snapshot');
  if (top.version !== VERSION) {
    throw new SnapshotError(
      `snapshot.version is ${String(top.version)}, this reads ${VERSION}: begin without it`,
    );
  }
  const salt = numberAt(top.salt, 'salt');
  const endpoints = new Endpoints(limits, salt);
  for (const [i, one] of listAt(top.hosts, 'hosts').slice(0, limits.hosts).entries()) {
    const place = `hosts[${i}]`;
    const fields = objectAt(one, place);
    const host = new HostModel(limits, endpoints.budget);
    host.decayedMs = numberAt(fields.decayedMs, `${place}.decayedMs`);
    nodeIn(host.paths, host.paths.root, fields.paths, `${place}.paths`, 0, endpoints);
    tableIn(host.fields, fields.fields, `${place}.fields`);
    tableIn(host.parameters, fields.parameters, `${place}.parameters`);
    for (const [name, value] of Object.entries(objectAt(fields.anyValue, `${place}.anyValue`))) {
      valueIn(host.anyValue.of(`${name} `), value, `${place}.anyValue`);
    }
    const name = textAt(fields.name, `${place}.name`);
    if (endpoints.hosts.get(name) === undefined) endpoints.hosts.add(name, host);
  }
  for (const [i, one] of listAt(top.endpoints, 'endpoints').slice(0, limits.endpoints).entries()) {
    const place = `endpoints[${i}]`;
    const fields = objectAt(one, place);
    const hostName = textAt(fields.host, `${place}.host`);
    const host = endpoints.hosts.get(hostName);
    // Its host was beyond the limits.
    if (host === undefined) continue;
    const name = textAt(fields.name, `${place}.name`);
    const model = new EndpointModel(name, hostName, host, limits, endpoints.budget);
    model.lessons.restore(numberAt(fields.clients, `${place}.clients`));
    model.decayedMs = numberAt(fields.decayedMs, `${place}.decayedMs`);
    model.bodies = numberAt(fields.bodies, `${place}.bodies`);
    fill(model.bodyLengths, LENGTH_BUCKETS, fields.bodyLengths, `${place}.bodyLengths`);
    const types = Object.entries(objectAt(fields.mediaTypes, `${place}.mediaTypes`));
    for (const [type, count] of types.slice(0, MOST_MEDIA_TYPES)) {
      model.mediaTypes.set(type.slice(0, 80), numberAt(count, `${place}.mediaTypes`));
    }
    tableIn(model.parameters, fields.parameters, `${place}.parameters`);
    const key = `${hostName} ${name}`;
    if (endpoints.endpoints.get(key) === undefined) endpoints.endpoints.add(key, model);
  }
  return { endpoints, salt };
}

function nodeOut(node: PathNode): NodeSnapshot {
  return {
    weight: rounded(node.weight),
    novel: rounded(node.novel),
    ...(node.isWild ? { wild: true } : {}),
    ...(node.values === undefined ? {} : { values: valueOut(node.values) }),
    ...(node.children.size === 0
      ? {}
      : { children: Object.fromEntries([...node.children].map(([name, child]) => [name, nodeOut(child)])) }),
  };
}

function nodeIn(
  tree: PathTree,
  node: PathNode,
  from: unknown,
  place: string,
  depth: number,
  endpoints: Endpoints,
): void {
  const fields = objectAt(from, place);
  node.weight = numberAt(fields.weight, `${place}.weight`);
  node.novel = numberAt(fields.novel, `${place}.novel`);
  node.isWild = fields.wild === true;
  if (fields.values !== undefined && endpoints.budget.take()) {
    node.values = new ValueModel(false);
    valueIn(node.values, fields.values, `${place}.values`);
  }
  if (fields.children === undefined || depth === DEEPEST) return;
  const children = Object.entries(objectAt(fields.children, `${place}.children`));
  for (const [name, child] of children.slice(0, MOST_CHILDREN)) {
    if (tree.nodes >= endpoints.limits.pathNodes) return;
    nodeIn(
      tree,
      tree.addChild(node, name.slice(0, LONGEST_KEY)),
      child,
      `${place}.children`,
      depth + 1,
      endpoints,
    );
  }
}

function tableOut({ weight, novel, known }: ParameterTable): TableSnapshot {
  return {
    weight: rounded(weight),
    novel: rounded(novel),
    names: Object.fromEntries(
      [...known].map(([name, { requests, model }]) => [
        name,
        { requests: rounded(requests), model: valueOut(model) },
      ]),
    ),
  };
}

function tableIn(table: ParameterTable, from: unknown, place: string): void {
  const fields = objectAt(from, place);
  const names = Object.entries(objectAt(fields.names, `${place}.names`));
  for (const [name, one] of names.slice(0, MOST_NAMES)) {
    const entry = objectAt(one, `${place}.names`);
    const known = table.add(name.slice(0, LONGEST_KEY), 0);
    if (known === undefined) break;
    known.requests = numberAt(entry.requests, `${place}.names.requests`);
    valueIn(known.model, entry.model, `${place}.names.model`);
  }
  table.weight = numberAt(fields.weight, `${place}.weight`);
  table.novel = numberAt(fields.novel, `${place}.novel`);
}

function valueOut({ weight, clientBits, counts, values }: ValueModel): ValueSnapshot {
  return {
    weight: rounded(weight),
    clients: clientBits >>> 0,
    counts: sparse(counts),
    ...(values === undefined
      ? {}
      : { values: [...values].flatMap(([hash, count]) => [hash, rounded(count)]) }),
  };
}

function valueIn(model: ValueModel, from: unknown, place: string): void {
  const fields = objectAt(from, place);
  model.weight = numberAt(fields.weight, `${place}.weight`);
  model.clientBits = numberAt(fields.clients, `${place}.clients`) | 0;
  fill(model.counts, COUNTS, fields.counts, `${place}.counts`);
  if (fields.values === undefined || model.values === undefined) {
    model.values = undefined;
    return;
  }
  const pairs = listAt(fields.values, `${place}.values`).slice(0, 2 * MOST_VALUES);
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    model.values.set(numberAt(pairs[at], `${place}.values`), numberAt(pairs[at + 1], `${place}.values`));
  }
}

/** The numbers of an array that are not zero, each behind its place. */
function sparse(counts: Float32Array): number[] {
  const pairs: number[] = [];
  for (const [at, count] of counts.entries()) if (count > 0) pairs.push(at, rounded(count));
  return pairs;
}

function fill(counts: Float32Array, length: number, from: unknown, place: string): void {
  const pairs = listAt(from, place);
  for (let at = 0; at + 1 < Math.min(pairs.length, 2 * length); at += 2) {
    const index = numberAt(pairs[at], place);
    if (!Number.isInteger(index) || index >= length)
      throw new SnapshotError(`${place} has no place ${index}`);
    counts[index] = numberAt(pairs[at + 1], place);
  }
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function objectAt(value: unknown, place: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SnapshotError(`${place} is no object`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function listAt(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new SnapshotError(`${place} is no list`);
  return value;
}

function numberAt(value: unknown, place: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw new SnapshotError(`${place} is no number from 0 on`);
  }
  return value;
}

function textAt(value: unknown, place: string): string {
  if (typeof value !== 'string' || value.length > LONGEST_KEY) throw new SnapshotError(`${place} is no text`);
  return value;
}
