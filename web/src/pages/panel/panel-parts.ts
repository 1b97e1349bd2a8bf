/** A part of the panel. */
export type PanelPart = 'buffer' | 'protocols' | 'flows';

const ALL: readonly PanelPart[] = ['buffer', 'flows', 'protocols'];

/** The parts that a word of the page's address names, separated by commas, in their order; all where it names none. */
export function partsOf(word: string | undefined): readonly PanelPart[] {
  const named = new Set((word ?? '').split(','));
  const parts = ALL.filter((part) => named.has(part));
  return parts.length === 0 ? ALL : parts;
}

/** The theme that a word of the page's address names; undefined: the one that the console has. */
export function themeOf(word: string | undefined): 'dark' | 'light' | undefined {
  return word === 'dark' || word === 'light' ? word : undefined;
}
