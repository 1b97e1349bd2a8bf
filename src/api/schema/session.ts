import Type from 'typebox';
import { ROLES } from '../access.ts';

/** A role; each may what those before it may. */
export const RoleSchema = Type.Enum([...ROLES], {
  description: 'A viewer reads, an operator decides about addresses, an admin changes weir itself.',
});

/** Who asks. */
export const PrincipalSchema = Type.Object({
  name: Type.String(),
  role: RoleSchema,
  by: Type.Enum(['socket', 'token', 'session', 'anonymous']),
});

/** How one may log in. */
export const LoginWaysSchema = Type.Object({
  token: Type.Literal(true),
  oidc: Type.Optional(Type.Object({ name: Type.String({ description: 'What the button says.' }) })),
});

/** Who is logged in. */
export const SessionSchema = Type.Object({
  principal: PrincipalSchema,
  csrf: Type.String({
    description: 'Value of the header x-csrf-token, which changes need; empty where they need none.',
  }),
  loginWays: LoginWaysSchema,
  version: Type.String({ description: 'Of weir.' }),
});

/** Nobody is logged in: a problem that says how to. */
export const NoSessionSchema = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  loginWays: LoginWaysSchema,
});

const secret = (description: string) => Type.String({ minLength: 1, maxLength: 256, description });

/** What one logs in with: one of the two. */
export const LoginSchema = Type.Object(
  {
    token: Type.Optional(secret('A token of `weir token create`.')),
    code: Type.Optional(secret('The code of a link of `weir token login`; it counts once.')),
  },
  { additionalProperties: false, minProperties: 1, maxProperties: 1 },
);

/** What the provider has a browser say; what else it says is passed on to be checked. */
export const OpenIdAnswerQuery = Type.Object({
  code: Type.Optional(Type.String({ maxLength: 4096 })),
  state: Type.Optional(Type.String({ maxLength: 1024 })),
  iss: Type.Optional(Type.String({ maxLength: 1024 })),
  error: Type.Optional(Type.String({ maxLength: 256 })),
});
