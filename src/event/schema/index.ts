export { recordFaults } from './check.ts';
export { allFields, type Field, nodeOf, ownPaths, type SchemaNode } from './field-paths.ts';
export { jsonSchema } from './json-schema.ts';
export { type EventType, type EveRecord, RECORDS } from './records.ts';
export { recordReference } from './reference.ts';
