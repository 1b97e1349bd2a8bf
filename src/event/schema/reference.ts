import { elementOf, type Field, fieldsOf, nodeOf, objectsOf, type SchemaNode } from './field-paths.ts';
import { type EventType, RECORDS } from './records.ts';

const INTRODUCTION = `# Records

What \`weir read --eve FILE\` and \`weir up\` write: one JSON object a line, with the names and forms of Suricata 8, so
that whatever reads Suricata's \`eve.json\` reads these. \`docs/eve.schema.json\` says the same as JSON Schema. Both files
are made from \`src/event/schema\` by \`make docs\`.

- A name with \`?\` is not in every record; the description says when it is there, or it is left out where there is nothing to say.
- *Own* marks what Suricata does not have.
- Fields that are not listed do not occur, except where the type says *any name*.
- Example lines come from \`demo/captures\`; what only a live sensor, the active stream or the
  correlation of \`weir up\` writes has none.
`;

/** The record whose envelope is that of all parsers' records. */
const USUAL: EventType = 'http';
/** An object with fewer fields is shown again rather than referred to. */
const WORTH_A_REFERENCE = 4;

/** The reference page in Markdown. `examples` hold a line of EVE by record type. */
export function recordReference(examples: ReadonlyMap<string, string>): string {
  return new Reference(examples).text();
}

class Reference {
  private readonly examples: ReadonlyMap<string, string>;
  /** Objects that were shown, with where; keyed by what is in them. */
  private readonly shown = new Map<string, string>();
  private readonly envelope: readonly Field[] = envelopeOf(USUAL);

  constructor(examples: ReadonlyMap<string, string>) {
    this.examples = examples;
  }

  text(): string {
    const types = Object.keys(RECORDS) as EventType[];
    return [
      INTRODUCTION,
      `Record types: ${types.map((type) => `[\`${type}\`](#${type})`).join(', ')}.\n`,
      '## Envelope\n',
      'What the records of one packet or flow have in common. Each section says what its type leaves out.\n',
      `${this.table(this.envelope, '')}\n`,
      ...types.map((type) => this.section(type)),
    ].join('\n');
  }

  private section(type: EventType): string {
    const root = nodeOf(RECORDS[type]);
    const fields = fieldsOf(root, '', false);
    const names = new Set(fields.map((field) => field.path));
    const without = this.envelope.filter((field) => !names.has(field.path)).map(({ path }) => `\`${path}\``);
    const parts = [`## ${type}\n`, `${root.description ?? ''}\n`];
    parts.push(
      without.length === 0
        ? 'With the whole [envelope](#envelope).\n'
        : `With the [envelope](#envelope), but without ${without.join(', ')}.\n`,
    );
    parts.push(
      `${this.table(
        fields.filter((field) => !this.isUsual(field)),
        type,
      )}\n`,
    );
    const example = this.examples.get(type);
    if (example !== undefined) parts.push(`\`\`\`json\n${example}\n\`\`\`\n`);
    return parts.join('\n');
  }

  /** True for what the table of the envelope has said already. */
  private isUsual(field: Field): boolean {
    if (field.path === 'event_type') return true;
    const usual = this.envelope.find((other) => other.path === field.path);
    return usual?.required === field.required && usual.node.description === field.node.description;
  }

  private table(fields: readonly Field[], section: string): string {
    return ['| field | type | description |', '| --- | --- | --- |', ...this.rows(fields, section)].join(
      '\n',
    );
  }

  private rows(fields: readonly Field[], section: string): string[] {
    const rows: string[] = [];
    for (const field of fields) {
      const objects = objectsOf(field.node);
      const reference = objects.length === 0 ? undefined : this.refer(field, section);
      rows.push(row(field, reference));
      if (reference !== undefined) continue;
      // Of a choice between objects none of their fields is sure to be there.
      const sure = objects.length === 1;
      for (const inner of objects) {
        const below = fieldsOf(inner, field.path, field.own);
        rows.push(
          ...this.rows(
            below.map((one) => (sure ? one : { ...one, required: false })),
            section,
          ),
        );
      }
    }
    return rows;
  }

  /** Where an object was shown before; undefined when it is to be shown here. */
  private refer(field: Field, section: string): string | undefined {
    const objects = objectsOf(field.node);
    const names = objects.flatMap((inner) => Object.keys(inner.properties ?? {}));
    if (names.length < WORTH_A_REFERENCE) return undefined;
    const key = JSON.stringify(objects.map((inner) => inner.properties));
    const where = this.shown.get(key);
    if (where === undefined) this.shown.set(key, `[\`${field.path}\`](#${section})`);
    return where;
  }
}

/** What a record has beside the object named like its type; `event_type` without the type's own name. */
function envelopeOf(type: EventType): Field[] {
  const fields = fieldsOf(nodeOf(RECORDS[type]), '', false).filter((field) => field.path !== type);
  return fields.map((field) => {
    if (field.path !== 'event_type') return field;
    const { const: _, ...node } = field.node;
    return { ...field, node: { ...node, type: 'string' } };
  });
}

function row(field: Field, reference: string | undefined): string {
  const own = field.own ? '*Own.* ' : '';
  const further = reference === undefined ? '' : ` Fields as in ${reference}.`;
  const description = `${own}${field.node.description ?? ''}${further}`.replaceAll('|', '\\|');
  return `| \`${field.path}\`${field.required ? '' : '?'} | ${typeName(field.node)} | ${description} |`;
}

function typeName(node: SchemaNode): string {
  if (node.items !== undefined) return `list of ${typeName(elementOf(node))}`;
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeName))].join(' or ');
  if (node.patternProperties !== undefined || typeof node.additionalProperties === 'object')
    return 'object, any name';
  return node.type ?? '';
}
