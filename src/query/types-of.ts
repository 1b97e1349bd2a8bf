import type { Condition } from './condition.ts';

/** The only types of records that can be as the condition says; undefined: any. */
export function typesOf(condition: Condition): ReadonlySet<string> | undefined {
  switch (condition.kind) {
    case 'text': {
      const { field, pattern } = condition;
      const [type = ''] = pattern.parts;
      const isWhole = pattern.atBeginning && pattern.atEnd && pattern.parts.length === 1;
      return field.name === 'type' && isWhole ? new Set([type]) : undefined;
    }
    case 'all':
      return condition.of.map(typesOf).reduce(both, undefined);
    case 'any': {
      const each = condition.of.map(typesOf);
      const all = new Set<string>();
      for (const types of each) {
        if (types === undefined) return undefined;
        for (const type of types) all.add(type);
      }
      return all;
    }
    default:
      return undefined;
  }
}

function both(
  one: ReadonlySet<string> | undefined,
  other: ReadonlySet<string> | undefined,
): ReadonlySet<string> | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return one.intersection(other);
}
