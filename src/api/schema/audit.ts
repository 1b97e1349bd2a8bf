import Type from 'typebox';
import { pageOf } from './page.ts';
import { RoleSchema } from './session.ts';

const texts = (description: string) => Type.Record(Type.String(), Type.String(), { description });

/** A change that somebody made, or a login that failed. */
export const AuditEntrySchema = Type.Object({
  id: Type.Integer(),
  timeUs: Type.Integer(),
  name: Type.String({ description: 'Who; empty where nobody was known.' }),
  role: Type.Optional(RoleSchema),
  by: Type.Enum(['socket', 'token', 'session', 'anonymous', 'nobody']),
  address: Type.String({ description: 'Where from; empty at the socket.' }),
  method: Type.String(),
  route: Type.String(),
  params: texts('Parameters of the route.'),
  status: Type.Integer(),
  sent: texts('What was sent, shortened, without secrets.'),
  left: Type.Optional(
    Type.Integer({ description: 'Failed logins before this one that were too many to be recorded each.' }),
  ),
});

/** A page of the record of changes. */
export const AuditSchema = pageOf(AuditEntrySchema);
