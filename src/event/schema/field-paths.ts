import type { TSchema } from 'typebox';

/** A schema as plain JSON, as far as weir's schemas use it. */
export interface SchemaNode {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly 'x-weir'?: true;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | SchemaNode;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

/** One field of a record. */
export interface Field {
  /** Names from the record's root on, joined by dots; a list adds none: `dns.answers.rrname`. */
  readonly path: string;
  readonly node: SchemaNode;
  /** False where the field may be absent from the object that it belongs to. */
  readonly required: boolean;
  /** True where Suricata writes no such field: it is marked so, or lies within one that is. */
  readonly own: boolean;
}

/** The schema as the JSON that it is. */
export function nodeOf(schema: TSchema): SchemaNode {
  return schema as SchemaNode;
}

/** What a list holds, however deep; anything else as it is. */
export function elementOf(node: SchemaNode): SchemaNode {
  let element = node;
  while (element.items !== undefined) element = element.items;
  return element;
}

/** The objects that a field's value may be: one, several where there is a choice, or none. */
export function objectsOf(node: SchemaNode): readonly SchemaNode[] {
  const element = elementOf(node);
  if (element.properties !== undefined) return [element];
  return (element.anyOf ?? []).flatMap(objectsOf);
}

/** The fields directly in an object, under `path` (empty for a record's root). */
export function fieldsOf(node: SchemaNode, path: string, own: boolean): Field[] {
  const fields: Field[] = [];
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    fields.push({
      path: path === '' ? name : `${path}.${name}`,
      node: field,
      required: node.required?.includes(name) ?? false,
      own: own || field['x-weir'] === true,
    });
  }
  return fields;
}

/** All fields of a schema, each before those within it. */
export function allFields(node: SchemaNode, path = '', own = node['x-weir'] === true): Field[] {
  return fieldsOf(node, path, own).flatMap((field) => [
    field,
    ...objectsOf(field.node).flatMap((inner) => allFields(inner, field.path, field.own)),
  ]);
}

/** Paths of the fields that are weir's own; those within one of them are not named again. */
export function ownPaths(node: SchemaNode): string[] {
  const paths: string[] = [];
  for (const { path, own } of allFields(node)) {
    if (own && !paths.some((outer) => path === outer || path.startsWith(`${outer}.`))) paths.push(path);
  }
  return paths;
}
