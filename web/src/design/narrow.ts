import { useSyncExternalStore } from 'react';

/** As in shell.css: where the bottom bar takes the place of the navigation. */
const NARROW = '(max-width: 760px)';

function onChange(changed: () => void): () => void {
  const query = matchMedia(NARROW);
  query.addEventListener('change', changed);
  return () => query.removeEventListener('change', changed);
}

/** True on phones: for columns that are left out there. */
export function useNarrow(): boolean {
  return useSyncExternalStore(onChange, () => matchMedia(NARROW).matches);
}
