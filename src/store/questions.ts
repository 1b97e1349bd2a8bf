import { expandIpv6, formatAddress, parsePrefix } from '../net/index.ts';
import { parseQuery, prefixBounds, QueryError, sqlOf, typesOf } from '../query/index.ts';
import { EVENT_COLUMNS, FLOW_COLUMNS, isEventType } from './columns.ts';
import type { Parameters } from './database.ts';
import { EVENT_TABLE, FLOW_TABLE } from './query-table.ts';
import type { Storage } from './storage.ts';
import { StoreError } from './store-error.ts';

/** Which records a question is about; what is left out does not matter. Times are microseconds since 1970. */
export interface Selection {
  /** From this time on. */
  readonly sinceUs?: number;
  /** Before this time. */
  readonly untilUs?: number;
  /** An address or a CIDR prefix, of either end. */
  readonly address?: string;
  readonly communityId?: string;
  readonly flowId?: number;
  /** nDPI's name of the protocol, in any case; flows only. */
  readonly protocol?: string;
  /** nDPI's name of the application, in any case; flows only. */
  readonly application?: string;
  /** What must hold besides, in weir's language of questions (src/query). */
  readonly query?: string;
}

/** A statement with its parameters. */
export interface Statement {
  readonly sql: string;
  readonly parameters: Parameters;
}

const MOST_TEXT = 256;

/** The table and the parts that can hold what is asked for, as a source of rows; nothing of the question is text in it. */
export function source(
  storage: Storage,
  types: readonly string[] | undefined,
  selection: Selection,
): Statement {
  const flow = isOfFlows(types);
  const names = (flow ? FLOW_COLUMNS : EVENT_COLUMNS).map(({ name }) => name).join(', ');
  const { sinceUs, untilUs, query } = selection;
  // Types are small letters only, so a question is about them whatever its case.
  const meant = query === undefined ? undefined : typesOf(conditionOf(query));
  const files = storage.parts
    .matching(types, sinceUs, untilUs)
    .filter(({ type }) => meant === undefined || meant.has(type))
    .map(({ path }) => path);
  const recent = `SELECT ${names} FROM ${flow ? 'flow' : 'event'}`;
  const { conditions, parameters } = conditionsOf(storage, types, selection);
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  if (files.length === 0) return { sql: `(${recent}${where})`, parameters };
  const older = `SELECT ${names} FROM read_parquet($files, union_by_name = true)`;
  return {
    sql: `(${recent}${where} UNION ALL ${older}${where})`,
    parameters: { ...parameters, files: storage.database.texts(files) },
  };
}

/** Flows have a table of their own: no question is about them and others. */
function isOfFlows(types: readonly string[] | undefined): boolean {
  if (types?.includes('flow') !== true) return false;
  if (types.length === 1) return true;
  throw new StoreError('question', 'flows cannot be asked for together with other types of records');
}

function conditionsOf(storage: Storage, types: readonly string[] | undefined, selection: Selection) {
  const { sinceUs, untilUs, address, communityId, flowId, protocol, application, query } = selection;
  const flow = isOfFlows(types);
  const conditions: string[] = [];
  const parameters: Record<string, Parameters[string]> = {};
  const add = (condition: string, values: Parameters): void => {
    conditions.push(condition);
    Object.assign(parameters, values);
  };
  const [only, ...others] = types ?? [];
  if (only !== undefined && others.length === 0 && !flow) add('event_type = $type', { type: typeName(only) });
  if (types !== undefined && others.length > 0) {
    add('list_contains($types, event_type)', { types: storage.database.texts(types.map(typeName)) });
  }
  if (sinceUs !== undefined) add('time >= $since', { since: storage.database.time(time('since', sinceUs)) });
  if (untilUs !== undefined) add('time < $until', { until: storage.database.time(time('until', untilUs)) });
  if (address !== undefined) add(...addressCondition(address));
  if (communityId !== undefined)
    add('community_id = $community', { community: text('community id', communityId) });
  if (flowId !== undefined) {
    if (!Number.isSafeInteger(flowId))
      throw new StoreError('question', `a flow id is a whole number, not ${flowId}`);
    add('flow_id = $flow', { flow: BigInt(flowId) });
  }
  if (!flow && (protocol !== undefined || application !== undefined)) {
    throw new StoreError('question', 'only flows can be asked for by protocol or application');
  }
  if (protocol !== undefined)
    add('lower(protocol) = lower($protocol)', { protocol: text('protocol', protocol) });
  if (application !== undefined) {
    add('lower(application) = lower($application)', { application: text('application', application) });
  }
  if (query !== undefined) {
    const { sql, parameters: values } = sqlOf(conditionOf(query), flow ? FLOW_TABLE : EVENT_TABLE);
    add(sql, values);
  }
  return { conditions, parameters };
}

function conditionOf(query: string) {
  try {
    return parseQuery(query);
  } catch (error) {
    if (error instanceof QueryError) throw new StoreError('question', error.message, error);
    throw error;
  }
}

function addressCondition(given: string): [string, Parameters] {
  const prefix = parsePrefix(text('address', given));
  if (prefix === undefined) {
    throw new StoreError(
      'question',
      `'${given}' is no address and no prefix; examples: 192.0.2.7, 192.0.2.0/24, 2001:db8::/32`,
    );
  }
  const [low, high] = prefixBounds(prefix);
  if (prefix.version === 4) {
    const values = { low: BigInt(low[0] >>> 0), high: BigInt(high[0] >>> 0) };
    return ['(src_v4 BETWEEN $low AND $high OR dest_v4 BETWEEN $low AND $high)', values];
  }
  const values = { low: expandIpv6(formatAddress(6, ...low)), high: expandIpv6(formatAddress(6, ...high)) };
  return [
    '((src_v4 IS NULL AND src_ip BETWEEN $low AND $high) OR (dest_v4 IS NULL AND dest_ip BETWEEN $low AND $high))',
    values,
  ];
}

/** The name of a type of record. */
export function typeName(type: string): string {
  if (isEventType(type)) return type;
  throw new StoreError('question', `'${type.slice(0, 40)}' is no type of record; examples: flow, dns, tls`);
}

function text(what: string, value: string): string {
  if (value.length <= MOST_TEXT) return value;
  throw new StoreError('question', `${what}: longer than ${MOST_TEXT} characters`);
}

function time(what: string, us: number): number {
  if (Number.isSafeInteger(us)) return us;
  throw new StoreError('question', `${what}: not a whole number of microseconds`);
}

/** A number of rows within bounds. */
export function limitOf(limit: number, most: number): bigint {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= most) return BigInt(limit);
  throw new StoreError('question', `a question answers with 1 to ${most} rows, not ${limit}`);
}
