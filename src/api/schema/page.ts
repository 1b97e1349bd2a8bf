import Type, { type TSchema } from 'typebox';

/** A page of a list; without `next` it is the last. */
export function pageOf<T extends TSchema>(item: T) {
  return Type.Object({
    items: Type.Array(item),
    next: Type.Optional(Type.String({ description: 'Cursor of the following page.' })),
  });
}

/** Which part of a list is wanted. */
export const PageQuery = Type.Object({
  limit: Type.Integer({ default: 100, minimum: 1, maximum: 1000, description: 'Most items.' }),
  cursor: Type.Optional(Type.String({ maxLength: 256, description: '`next` of the page before.' })),
});
