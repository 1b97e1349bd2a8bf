import { CONFIGURATION_SCHEMA, type Configuration, changes, socketOf } from '../config/index.ts';

/** What the schema of a setting or of a section says here. */
interface Shape {
  readonly 'x-form'?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

/** Settings that name users and groups of the system: others of that form are names elsewhere. */
const USERS = ['privileges.user', 'web.haproxy.group'];

/** Settings that name files, folders or sockets, or whom processes become: root makes, opens and gives away what they say. */
export const GUARDED: ReadonlySet<string> = new Set([
  ...pathsIn(CONFIGURATION_SCHEMA as unknown as Shape, ''),
  ...USERS,
]);

/**
 * Names of changed settings by which root could be made to create, read or give away any file of the system. The process
 * of the API has no rights, and whoever took it over, or has an administrator's token, is to get none of root's.
 */
export function guardedChanges(before: Configuration, after: Configuration): readonly string[] {
  const isSocket = socketOf(before.api.listen) !== undefined || socketOf(after.api.listen) !== undefined;
  return changes(before, after)
    .map(({ name }) => name)
    .filter((name) => GUARDED.has(name) || (name === 'api.listen' && isSocket));
}

function pathsIn({ properties, items, 'x-form': form }: Shape, name: string): readonly string[] {
  if (properties === undefined) return (form ?? items?.['x-form']) === 'path' ? [name] : [];
  return Object.entries(properties).flatMap(([key, shape]) =>
    pathsIn(shape, name === '' ? key : `${name}.${key}`),
  );
}
