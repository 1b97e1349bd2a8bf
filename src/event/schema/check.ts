import type { TSchema } from 'typebox';
import Schema from 'typebox/schema';
import { RECORDS } from './records.ts';

type Validator = ReturnType<typeof Schema.Compile>;

const SCHEMAS: ReadonlyMap<string, TSchema> = new Map(Object.entries(RECORDS));
/** Compiled when the first record of their type comes. */
const validators = new Map<string, Validator>();

/** What is wrong with a record, a line for each fault with the path of its field; empty when it is as its schema says. */
export function recordFaults(record: { readonly [name: string]: unknown }): string[] {
  const type = record.event_type === 'http' && 'web' in record ? 'web_http' : record.event_type;
  const validator = typeof type === 'string' ? validatorOf(type) : undefined;
  if (validator === undefined) return [`event_type: no such record type: ${JSON.stringify(type)}`];
  if (validator.Check(record)) return [];
  const [, errors] = validator.Errors(record);
  const faults: string[] = [];
  for (const error of errors) {
    const path = error.instancePath.slice(1).replaceAll('/', '.');
    if (error.keyword === 'additionalProperties') {
      for (const name of error.params.additionalProperties) {
        faults.push(`${path === '' ? name : `${path}.${name}`}: no such field`);
      }
    } else if (error.keyword !== 'boolean') faults.push(`${path || type}: ${error.message}`);
  }
  return faults;
}

function validatorOf(type: string): Validator | undefined {
  const known = validators.get(type);
  if (known !== undefined) return known;
  const schema = SCHEMAS.get(type);
  if (schema === undefined) return undefined;
  const made = Schema.Compile(schema);
  validators.set(type, made);
  return made;
}
