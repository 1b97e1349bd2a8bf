import Type from 'typebox';

/** The configuration as it stands. */
export const ConfigurationTextSchema = Type.Object({
  file: Type.String({ description: 'Path; empty: weir runs by its defaults.' }),
  text: Type.String(),
  digest: Type.String({ description: 'SHA-256 of the text, in hexadecimal.' }),
  closed: Type.String({ description: 'Why it cannot be changed here; empty where it can.' }),
  pending: Type.Array(Type.String(), { description: 'Settings that take effect with a new start.' }),
  settings: Type.Unknown({ description: 'The settings as the file gives them, without defaults.' }),
});

/** What another text would change, or has changed. */
export const ConfigurationChangeSchema = Type.Object({
  mistakes: Type.Array(Type.Object({ line: Type.Integer(), column: Type.Integer(), message: Type.String() })),
  changes: Type.Array(
    Type.Object({
      name: Type.String(),
      live: Type.Boolean({ description: 'It takes effect at once; else with a new start.' }),
    }),
  ),
  plan: Type.Array(Type.String(), { description: 'What weir does by the text, in sentences.' }),
  applied: Type.Boolean(),
  version: Type.Integer({ description: 'The text before it is kept as this version; 0: as none.' }),
  digest: Type.String(),
  text: Type.String({ description: 'The text that was asked about.' }),
});

/** Earlier texts. */
export const ConfigurationVersionsSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      version: Type.Integer(),
      replacedUs: Type.Number(),
      author: Type.String(),
      note: Type.String(),
      bytes: Type.Integer(),
    }),
  ),
});

/** Longer ones are no configuration. */
const TEXT = Type.String({ maxLength: 512 << 10 });

/** A text, or settings that are put into the text that is there: its comments and order stay. */
export const ConfigurationWishSchema = Type.Object(
  {
    text: Type.Optional(TEXT),
    set: Type.Optional(
      Type.Record(Type.String({ maxLength: 128 }), Type.Unknown(), {
        description: 'Values by the names of settings, as `respond.autoBan.enabled`; null: the default.',
        maxProperties: 256,
      }),
    ),
    basis: Type.Optional(Type.String({ maxLength: 64, description: 'Digest of the text it was made from.' })),
    note: Type.Optional(Type.String({ maxLength: 256 })),
  },
  { additionalProperties: false },
);

/** Number of a version. */
export const VersionParams = Type.Object({ version: Type.Integer({ minimum: 1 }) });

/** One version. */
export const VersionTextSchema = Type.Object({ version: Type.Integer(), text: Type.String() });

/** What is mirrored. */
export const MirrorSchema = Type.Object({
  mirrors: Type.Array(
    Type.Object({
      source: Type.String(),
      mode: Type.String(),
      capture: Type.String({ description: 'Where the copies can be captured.' }),
      whole: Type.Boolean(),
      packets: Type.Number(),
    }),
  ),
  notes: Type.Array(Type.String()),
});

/** An interface; without one that of the default route, or all mirrors. */
export const MirrorWishSchema = Type.Object(
  { source: Type.Optional(Type.String({ minLength: 1, maxLength: 15 })) },
  { additionalProperties: false },
);
