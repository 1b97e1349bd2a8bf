import type { Condition, Field, FieldTest } from './condition.ts';

/** True when all parts are; parts that are themselves of this kind are taken in. */
export function all(parts: readonly Condition[]): Condition {
  return group('all', parts);
}

/** True when one part is. */
export function any(parts: readonly Condition[]): Condition {
  return group('any', parts);
}

/** The contrary; of a contrary the thing itself. */
export function negation(part: Condition): Condition {
  return part.kind === 'not' ? part.part : { kind: 'not', part };
}

/** A test of a field; without a mask all of its bits count. */
export function test(field: Field, name: FieldTest['test'], value: number, mask = -1): Condition {
  return { kind: 'field', field, mask, test: name, value: value | 0 };
}

function group(kind: 'all' | 'any', parts: readonly Condition[]): Condition {
  if (parts.length === 1) return parts[0] as Condition;
  const flat: Condition[] = [];
  for (const part of parts) {
    if (part.kind === kind) flat.push(...part.parts);
    else flat.push(part);
  }
  return { kind, parts: flat };
}
