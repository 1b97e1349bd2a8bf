import { fields, flag, list, number, text } from './shape.ts';

/** A mistake in a text; line and column are from 1. */
export interface TextMistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** The configuration as it stands. */
export interface ConfigurationText {
  /** Path of the file; empty: weir runs by its defaults, and the next start would find none. */
  readonly file: string;
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal. */
  readonly digest: string;
  /** Why it cannot be changed here; empty where it can. */
  readonly closed: string;
  /** Settings of the file that take effect only when weir is started again. */
  readonly pending: readonly string[];
}

/** What another text would change, or has changed. */
export interface ConfigurationChange {
  /** With mistakes nothing changes. */
  readonly mistakes: readonly TextMistake[];
  /** Settings that differ; `live`: at once, else with a new start. */
  readonly changes: readonly { readonly name: string; readonly live: boolean }[];
  /** What weir does by the text, in sentences. */
  readonly plan: readonly string[];
  readonly applied: boolean;
  /** Number of the version that the text before it is kept as; 0 for none. */
  readonly version: number;
  /** Digest of the text that is in force now. */
  readonly digest: string;
}

/** An earlier text. */
export interface ConfigurationVersion {
  readonly version: number;
  /** When it was replaced, by whom, and what they said. Microseconds since 1970. */
  readonly replacedUs: number;
  readonly author: string;
  readonly note: string;
  readonly bytes: number;
}

/** What of an interface is mirrored. */
export interface MirrorView {
  readonly source: string;
  readonly mode: string;
  /** Where the copies can be captured. */
  readonly capture: string;
  /** Whether both directions are there. */
  readonly whole: boolean;
  readonly packets: number;
}

/** What a start or a stop of a mirror did. */
export interface MirrorOutcome {
  readonly mirrors: readonly MirrorView[];
  readonly notes: readonly string[];
}

const mistake = fields<TextMistake>({ line: number, column: number, message: text });

export const isConfigurationText = fields<ConfigurationText>({
  file: text,
  text,
  digest: text,
  closed: text,
  pending: list(text),
});
export const isConfigurationChange = fields<ConfigurationChange>({
  mistakes: list(mistake),
  changes: list(fields<ConfigurationChange['changes'][number]>({ name: text, live: flag })),
  plan: list(text),
  applied: flag,
  version: number,
  digest: text,
});
export const isVersionList = list(
  fields<ConfigurationVersion>({
    version: number,
    replacedUs: number,
    author: text,
    note: text,
    bytes: number,
  }),
);
export const isVersionText = fields<{ text: string }>({ text });
export const isMirrorOutcome = fields<MirrorOutcome>({
  mirrors: list(
    fields<MirrorView>({ source: text, mode: text, capture: text, whole: flag, packets: number }),
  ),
  notes: list(text),
});
