import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Change,
  type Configuration,
  ConfigurationError,
  changes,
  DEFAULT_PATH,
  parseConfiguration,
  plan,
  readConfigurationText,
} from '../config/index.ts';
import {
  type ConfigurationChange,
  type ConfigurationText,
  type ConfigurationVersion,
  QuestionError,
  type SystemQuestion,
} from '../control/index.ts';
import { isDpiDual } from '../secubox/index.ts';
import { ConfigurationVersions, writeDurably } from './configuration-versions.ts';
import { guardedChanges } from './guarded-settings.ts';

/** What the desk needs of the system whose configuration it changes. */
export interface ConfiguredSystem {
  /** Path of the configuration; undefined: weir runs by its defaults. */
  readonly file: () => string | undefined;
  readonly configuration: () => Configuration;
  /** Settings that are in the file and need a new start. */
  readonly pending: () => readonly string[];
  /** Whether it has rights that who asks may not get, as those of root: then files, folders and users are changed in the file alone. */
  readonly guarded: () => boolean;
  /** Takes over a file as a reload does. Rejects with what stands in the way; then nothing has changed. */
  readonly takeOver: (file: string) => Promise<void>;
}

type Asked = Extract<SystemQuestion, { readonly ask: 'configure' }>;

/** Reads and changes the configuration for those who may; one change at a time. */
export class ConfigurationDesk {
  private readonly system: ConfiguredSystem;
  private last: Promise<unknown> = Promise.resolve();

  constructor(system: ConfiguredSystem) {
    this.system = system;
  }

  /** The text that is there. Throws the system's error where it cannot be read. */
  read(): ConfigurationText {
    const file = this.system.file();
    const text = file === undefined ? '' : readConfigurationText(file);
    return {
      file: file ?? '',
      text,
      digest: digestOf(text),
      closed: this.closed(text),
      pending: this.system.pending(),
    };
  }

  versions(): readonly ConfigurationVersion[] {
    return this.kept().list();
  }

  /** Throws {@link QuestionError} where there is none such. */
  version(version: number): { readonly text: string } {
    const text = this.kept().text(version);
    if (text === undefined)
      throw new QuestionError(`there is no version ${version}; GET the list of versions`);
    return { text };
  }

  /** Applies a text, or says what it would change. Changes wait for each other. */
  change(asked: Asked): Promise<ConfigurationChange> {
    const turn = this.last.then(() => this.apply(asked));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async apply({ text, author, note, basis, dry }: Asked): Promise<ConfigurationChange> {
    const before = this.read();
    const unchanged = { changes: [], plan: [], applied: false, version: 0, digest: before.digest };
    const file = this.system.file() ?? DEFAULT_PATH;
    let next: Configuration;
    try {
      next = parseConfiguration(text, file);
    } catch (error) {
      if (error instanceof ConfigurationError) return { ...unchanged, mistakes: error.mistakes };
      throw error;
    }
    const found: readonly Change[] = changes(this.system.configuration(), next);
    const told = { ...unchanged, mistakes: [], changes: found, plan: plan(next) };
    const refusal = this.system.guarded() ? this.guardedRefusal(before.text, text, next, file) : '';
    if (dry) return refusal === '' ? told : { ...told, plan: [`Refused: ${refusal}.`, ...told.plan] };
    if (before.closed !== '') throw new QuestionError(before.closed);
    if (basis !== '' && basis !== before.digest) {
      throw new QuestionError(
        'the configuration has been changed by somebody else meanwhile: read it again, then change it',
      );
    }
    if (text === before.text) return told;
    if (refusal !== '') throw new QuestionError(refusal);
    mkdirSync(dirname(file), { recursive: true });
    const isNew = !existsSync(file);
    const version = isNew ? 0 : this.kept().keep(before.text, author, note, Date.now() * 1000);
    writeDurably(file, text, 0o644);
    try {
      await this.system.takeOver(file);
    } catch (error) {
      // What cannot be taken over would keep the next start from working, too.
      if (isNew) rmSync(file, { force: true });
      else writeDurably(file, before.text, 0o644);
      throw error;
    }
    return { ...told, applied: true, version, digest: digestOf(text) };
  }

  /** Why a text is refused that would have root act on other files, or as another user; empty where it is not. */
  private guardedRefusal(before: string, text: string, next: Configuration, file: string): string {
    // It would be read as another text than the one that was looked at.
    if (isDpiDual(text, file)) return 'the text is one of dpi-dual: write a weir.yaml';
    const names = guardedChanges(this.written(before, file), next);
    if (names.length === 0) return '';
    return `weir runs as root or lets everybody in, and ${names.join(', ')} ${names.length === 1 ? 'names' : 'name'} files, folders or users: change that in ${file} itself, then start weir again`;
  }

  /** What the file says now, where it says something: who may write it has decided about that. */
  private written(text: string, file: string): Configuration {
    try {
      return parseConfiguration(text, file);
    } catch (error) {
      if (error instanceof ConfigurationError) return this.system.configuration();
      throw error;
    }
  }

  private closed(text: string): string {
    if (!this.system.configuration().api.configure) return 'api.configure is false: change the file itself';
    const file = this.system.file();
    if (file !== undefined && isDpiDual(text, file)) {
      return `${file} is a file of dpi-dual: change it with uci, or write a weir.yaml`;
    }
    return '';
  }

  private kept(): ConfigurationVersions {
    return new ConfigurationVersions(this.system.file() ?? DEFAULT_PATH);
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
