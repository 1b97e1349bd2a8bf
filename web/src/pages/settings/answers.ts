import type { Static } from 'typebox';
import type { AuditEntrySchema } from '../../../../src/api/schema/audit.ts';
import type {
  ConfigurationChangeSchema,
  ConfigurationTextSchema,
  ConfigurationVersionsSchema,
  MirrorSchema,
  VersionTextSchema,
} from '../../../../src/api/schema/configuration.ts';
import type { StatusSchema } from '../../../../src/api/schema/status.ts';
import type { NewTokenSchema, TokenSchema } from '../../../../src/api/schema/token.ts';

/** `GET /configuration`. */
export type ConfigurationText = Static<typeof ConfigurationTextSchema>;
/** What another configuration would change, or has changed. */
export type ConfigurationChange = Static<typeof ConfigurationChangeSchema>;
/** An earlier configuration. */
export type Version = Static<typeof ConfigurationVersionsSchema>['items'][number];
/** `GET /configuration/versions/N`. */
export type VersionText = Static<typeof VersionTextSchema>;
/** `GET /mirror`. */
export type Mirrors = Static<typeof MirrorSchema>;
/** A token, without its secret. */
export type Token = Static<typeof TokenSchema>;
/** A token that was just made, with it. */
export type NewToken = Static<typeof NewTokenSchema>;
/** A line of the record of changes. */
export type AuditEntry = Static<typeof AuditEntrySchema>;
/** `GET /status`. */
export type SystemStatus = Static<typeof StatusSchema>;
