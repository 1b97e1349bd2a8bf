import { useCallback, useState } from 'react';

const texts = new Map<string, string>();

/** A text that is being written, kept under a name while the console is open: who looks something up loses nothing. */
export function useKeptText(name: string, first: string): readonly [string, (text: string) => void] {
  const [text, setText] = useState(() => texts.get(name) ?? first);
  const keep = useCallback(
    (changed: string) => {
      texts.set(name, changed);
      setText(changed);
    },
    [name],
  );
  return [text, keep];
}

/** Puts a text where {@link useKeptText} finds it, for a page that is not there yet. */
export function keepText(name: string, text: string): void {
  texts.set(name, text);
}
