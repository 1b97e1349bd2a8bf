import Type, { type TProperties } from 'typebox';
import type { FieldOptions } from './field.ts';
import { nodeOf, ownPaths } from './field-paths.ts';

/**
 * The schema of a record type. Its description ends with the fields that are weir's own. `options` hold the mark of
 * a record type that Suricata does not have.
 */
export function record<P extends TProperties>(
  eventType: string,
  description: string,
  properties: P,
  options: FieldOptions = {},
) {
  return Type.Object(properties, {
    title: eventType,
    description: `${description} ${ownership(Type.Object(properties), options)}`,
    additionalProperties: false,
    ...options,
  });
}

function ownership(fields: ReturnType<typeof Type.Object>, options: FieldOptions): string {
  if (options['x-weir'] === true) return "The record type is weir's own.";
  const paths = ownPaths(nodeOf(fields));
  if (paths.length === 0) return "All fields are Suricata's.";
  return `weir's own fields: ${paths.map((path) => `\`${path}\``).join(', ')}.`;
}
