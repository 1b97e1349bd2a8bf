import { useEffect, useRef } from 'react';

/** A key that does something: a single key (`/`, `?`) or `g` and a letter. */
export interface Shortcut {
  readonly keys: string;
  readonly description: string;
  readonly run: () => void;
}

/** The newest stands last and comes first: a page's key goes before the shell's. */
const active: { readonly current: Shortcut }[] = [];

/** Milliseconds in which the letter after `g` must come. */
const SEQUENCE_MS = 1_200;

/** Makes a key work while the component is shown; `?` lists it. */
export function useShortcut(keys: string, description: string, run: () => void): void {
  const shortcut = useRef({ keys, description, run });
  shortcut.current = { keys, description, run };
  useEffect(() => {
    active.push(shortcut);
    return () => void active.splice(active.indexOf(shortcut), 1);
  }, []);
}

/** All keys that work now, each once, in the order in which they came. */
export function activeShortcuts(): readonly Shortcut[] {
  const byKeys = new Map<string, Shortcut>();
  for (const { current } of active) byKeys.set(current.keys, current);
  return [...byKeys.values()];
}

/** Listens for keys; once, in the shell. */
export function useShortcutKeys(): void {
  useEffect(() => {
    let prefix = '';
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKey = (event: KeyboardEvent) => {
      const withCtrl = event.ctrlKey || event.metaKey;
      if (event.defaultPrevented || event.altKey || (isTyping(event.target) && !withCtrl)) return;
      const key = withCtrl ? `Ctrl ${event.key.toLowerCase()}` : event.key;
      const keys = prefix === '' ? key : `${prefix} ${key}`;
      prefix = '';
      clearTimeout(timer);
      const found = active.findLast(({ current }) => current.keys === keys);
      if (found !== undefined) {
        event.preventDefault();
        found.current.run();
      } else if (active.some(({ current }) => current.keys.startsWith(`${keys} `))) {
        prefix = keys;
        timer = setTimeout(() => {
          prefix = '';
        }, SEQUENCE_MS);
      }
    };
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
      clearTimeout(timer);
    };
  }, []);
}

/** Keys belong to what is typed into, and to open dialogs and menus; `Ctrl k` works everywhere. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest(
      'input, textarea, select, [contenteditable="true"], [role="dialog"], [role="menu"], [role="listbox"]',
    ) !== null
  );
}
