import { useSyncExternalStore } from 'react';

/** Which theme was chosen; `system` follows what the system prefers. */
export type Theme = 'system' | 'light' | 'dark';

/** Also read by public/theme.js, before the first paint. */
const KEY = 'weir.theme';

const listeners = new Set<() => void>();

function stored(): Theme {
  const theme = document.documentElement.dataset.theme;
  return theme === 'light' || theme === 'dark' ? theme : 'system';
}

/** Chooses a theme and keeps the choice in this browser. */
export function setTheme(theme: Theme): void {
  if (theme === 'system') {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(KEY, theme);
  }
  for (const listener of listeners) listener();
}

function onTheme(changed: () => void): () => void {
  const preference = matchMedia('(prefers-color-scheme: dark)');
  listeners.add(changed);
  preference.addEventListener('change', changed);
  return () => {
    listeners.delete(changed);
    preference.removeEventListener('change', changed);
  };
}

/** The chosen theme. */
export function useTheme(): Theme {
  return useSyncExternalStore(onTheme, stored);
}

/** Which of the two is seen: what was chosen, or what the system prefers. */
export function useColourScheme(): 'light' | 'dark' {
  return useSyncExternalStore(onTheme, seen);
}

function seen(): 'light' | 'dark' {
  const theme = stored();
  if (theme !== 'system') return theme;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}
