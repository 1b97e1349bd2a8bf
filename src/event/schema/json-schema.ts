import { RECORDS } from './records.ts';

/** JSON Schema (2020-12) of an EVE record: a definition for each type, of which a record is exactly one. */
export function jsonSchema(): Record<string, unknown> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'weir EVE record',
    description:
      'One line of what `weir read --eve` writes. Fields have the names and forms of Suricata 8; `x-weir` marks what is not in Suricata.',
    oneOf: Object.keys(RECORDS).map((type) => ({ $ref: `#/$defs/${type}` })),
    $defs: RECORDS,
  };
}
