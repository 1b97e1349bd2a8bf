import type { Field } from './message.ts';

/** Belong to the connection whether Connection names them or not (RFC 9110, 7.6.1; RFC 7540, 3.2.1 for the last). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/**
 * Connection must not name what is meant for all recipients (RFC 9110, 7.6.1). Whoever does so wants the server to be
 * asked without it: without what says who asks, for whom, and how long the body is.
 */
const END_TO_END: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'content-range',
  'authorization',
  'cookie',
  'set-cookie',
  'cache-control',
  'date',
  'expect',
  'forwarded',
  'origin',
  'referer',
  'user-agent',
  'via',
  'x-real-ip',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
]);

const UPGRADE: Field = ['Connection', 'upgrade'];

/**
 * The fields that are sent on: without Connection and what it names, Keep-Alive, Proxy-Connection, TE,
 * Transfer-Encoding and Upgrade (RFC 9110, 7.6.1). With `keepUpgrade` Upgrade stays, and Connection names it.
 */
export function withoutHopByHop(fields: readonly Field[], keepUpgrade: boolean): readonly Field[] {
  const kept: Field[] = [];
  let named: Set<string> | undefined;
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i]!;
    const name = field[0];
    const length = name.length;
    if (length === 2 || length === 7 || length === 10 || length === 14 || length >= 16) {
      const lower = name.toLowerCase();
      if (lower === 'connection') named = addNamed(named, field[1]);
      if (HOP_BY_HOP.has(lower) && !(keepUpgrade && lower === 'upgrade')) continue;
    }
    kept.push(field);
  }
  const rest = named === undefined ? kept : kept.filter(([name]) => !named.has(name.toLowerCase()));
  if (keepUpgrade) rest.push(UPGRADE);
  return rest;
}

function addNamed(named: Set<string> | undefined, value: string): Set<string> | undefined {
  // What nearly all connections say.
  if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive') return named;
  let all = named;
  for (const part of value.toLowerCase().split(',')) {
    const option = part.trim();
    if (option === '' || option === 'close' || HOP_BY_HOP.has(option) || END_TO_END.has(option)) continue;
    all ??= new Set();
    all.add(option);
  }
  return all;
}
