import Type from 'typebox';
import { RoleSchema } from './session.ts';

/** Of letters, digits and `_ . @ -`. */
export const TokenName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$',
  maxLength: 64,
  description: 'What the record of changes calls who uses it.',
});

/** A token, without its secret. */
export const TokenSchema = Type.Object({
  name: Type.String(),
  role: RoleSchema,
  madeUs: Type.Integer(),
  madeBy: Type.String(),
  expiresUs: Type.Optional(Type.Integer({ description: 'Without it it counts until it is revoked.' })),
  lastUsedUs: Type.Optional(Type.Integer({ description: 'To the hour.' })),
});

/** All tokens; there are few, so they come at once. */
export const TokensSchema = Type.Object({ items: Type.Array(TokenSchema) });

/** What a token is to be. */
export const TokenWishSchema = Type.Object(
  {
    name: TokenName,
    role: RoleSchema,
    expires: Type.Optional(
      Type.String({
        maxLength: 16,
        description: 'How long it counts, such as 90d; without it, until it is revoked.',
      }),
    ),
  },
  { additionalProperties: false },
);

/** A token that was made. */
export const NewTokenSchema = Type.Object({
  token: Type.String({ description: 'The token itself: it is told this once.' }),
  ...TokenSchema.properties,
});

/** Whom a link lets in. */
export const LoginLinkWishSchema = Type.Object(
  { role: Type.Optional(RoleSchema) },
  { additionalProperties: false },
);

/** A link that logs in once. */
export const LoginLinkSchema = Type.Object({
  url: Type.String(),
  role: RoleSchema,
  expiresUs: Type.Integer(),
});
