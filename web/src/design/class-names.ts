/** Joins the names of classes that apply. */
export function classNames(...names: readonly (string | false | undefined)[]): string {
  return names.filter((name) => name !== false && name !== undefined && name !== '').join(' ');
}

/** What a colour means. */
export type Tone = 'neutral' | 'accent' | 'good' | 'notice' | 'warning' | 'danger';
