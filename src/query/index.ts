export type { Condition } from './condition.ts';
export { type FieldType, FLOW_DURATION, fieldNamed, QUERY_FIELDS, type QueryField } from './fields.ts';
export { matches } from './match.ts';
export { parseQuery } from './parse.ts';
export { prefixBounds } from './prefix-bounds.ts';
export { QueryError } from './query-error.ts';
export type { QueryRecord } from './record-values.ts';
export { type SqlCondition, type SqlTable, sqlOf, sqlValues } from './sql.ts';
export { MOST_CHARACTERS } from './token.ts';
