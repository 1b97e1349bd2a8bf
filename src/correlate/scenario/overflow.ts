import { createHash } from 'node:crypto';
import { parsePrefix } from '../../net/index.ts';
import type { Observation, Overflow } from '../evidence.ts';
import type { Bucket } from './bucket.ts';
import { rangeOf } from './range.ts';

/** What an overflow of a bucket says; `scopeText` is what the expression of the scope gave, empty without. */
export function overflowOf(bucket: Bucket, scopeText: string, address: string): Overflow {
  const { scenario, firstUs, lastUs, count, target } = bucket;
  const { scope, value } = scopeOf(bucket, scopeText, address);
  return {
    id: idOf(`${scenario.name}\n${bucket.key}\n${value}\n${firstUs}\n${lastUs}\n${count}`),
    scenario: scenario.name,
    description: scenario.description,
    firstUs,
    timeUs: lastUs,
    scope,
    value,
    target,
    count,
    observations: observationsOf(bucket),
    labels: scenario.labels,
    remediation: scenario.remediation,
    banMs: scenario.banMs,
    evidence: scenario.evidence,
    threat: scenario.threat,
    techniques: scenario.techniques,
    simulated: scenario.simulated,
  };
}

function scopeOf(bucket: Bucket, text: string, address: string): Pick<Overflow, 'scope' | 'value'> {
  const { scope } = bucket.scenario;
  switch (scope.kind) {
    case 'address':
      return { scope: 'address', value: text === '' ? address : text };
    case 'range': {
      const value = text === '' ? rangeOf(address) : text;
      // What is no network would be nobody's; the address is somebody's.
      return parsePrefix(value) === undefined
        ? { scope: 'address', value: address }
        : { scope: 'range', value };
    }
    case 'other':
      return { scope: 'other', value: text };
    default:
      return scope.kind satisfies never;
  }
}

function observationsOf(bucket: Bucket): readonly Observation[] {
  const { first, last } = bucket;
  return last === undefined || first.at(-1) === last ? first : [...first, last];
}

/** The same records give the same identifier: what is read again is not another overflow. */
function idOf(text: string): string {
  const digest = createHash('sha256').update(text).digest();
  return BigInt(`0x${digest.subarray(0, 14).toString('hex')}`)
    .toString(36)
    .padStart(20, '0')
    .slice(-20);
}
