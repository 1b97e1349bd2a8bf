import { useSyncExternalStore } from 'react';
import { type Option, valueIn } from './options.ts';

/** Edits that are not applied yet: values by the names of options; null: as the default is. */
export type Draft = Readonly<Record<string, unknown>>;

const NONE: Draft = {};

/** The draft with another value for an option. What the file says anyway is no edit. */
export function drafted(draft: Draft, settings: unknown, option: Option, value: unknown): Draft {
  const { [option.name]: _before, ...rest } = draft;
  const inFile = valueIn(settings, option.name);
  const wish = value === undefined || (inFile === undefined && isSame(value, option.standard)) ? null : value;
  return isSame(wish ?? undefined, inFile) ? rest : { ...rest, [option.name]: wish };
}

/** The value of an option as the draft has it, else the file, else by default. */
export function draftedValue(draft: Draft, settings: unknown, option: Option): unknown {
  if (!Object.hasOwn(draft, option.name)) return valueIn(settings, option.name) ?? option.standard;
  return draft[option.name] ?? option.standard;
}

/** Whether two values would stand the same in the file. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** The option that a mistake is about: the server begins with its name. */
export function optionNameOf(message: string): string {
  return /^([A-Za-z]\w*(?:\.\w+)+)/.exec(message)?.[1] ?? '';
}

/** A mistake without the name of its option, which stands beside it anyway. */
export function withoutName(message: string): string {
  const rest = message.slice(optionNameOf(message).length).replace(/^:\s*/, '').trim();
  return rest.charAt(0).toUpperCase() + rest.slice(1);
}

/** Edits of the options, kept while the console is open. */
export const useDraft = keeper<Draft>(NONE);

/** The text of the file as it is being written; undefined where it is not. Kept likewise. */
export const useDraftText = keeper<string | undefined>(undefined);

/** A value that is kept beside the page: who looks up an address meanwhile loses nothing. */
function keeper<Value>(first: Value): () => readonly [Value, (value: Value) => void] {
  let kept = first;
  const listeners = new Set<() => void>();
  const onChange = (changed: () => void) => {
    listeners.add(changed);
    return () => listeners.delete(changed);
  };
  const keep = (value: Value) => {
    kept = value;
    for (const changed of listeners) changed();
  };
  return () => [useSyncExternalStore(onChange, () => kept), keep];
}
