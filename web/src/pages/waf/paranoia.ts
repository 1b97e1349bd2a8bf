import type { SelectOption } from '../../design/index.ts';

/** A level of the Core Rule Set; empty: the one in force. */
export type Paranoia = '' | '1' | '2' | '3' | '4';

/** The levels to choose from. */
export const PARANOIA: readonly SelectOption<Paranoia>[] = [
  { value: '', label: 'Paranoia as in force' },
  { value: '1', label: 'Paranoia 1' },
  { value: '2', label: 'Paranoia 2' },
  { value: '3', label: 'Paranoia 3' },
  { value: '4', label: 'Paranoia 4' },
];

/** The level as the API takes it. */
export function paranoiaOf(level: Paranoia): { readonly paranoia?: number } {
  return level === '' ? {} : { paranoia: Number(level) };
}
