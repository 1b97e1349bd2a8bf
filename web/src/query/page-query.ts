import { useCallback, useEffect, useMemo } from 'react';
import { usePageSearch } from '../app/search.ts';
import { fromLinks } from './terms.ts';

/** The question in the page's address (`?q=`), and how to ask another one. Words that links brought become part of it. */
export function usePageQuery(): readonly [query: string, run: (query: string) => void] {
  const [search, setSearch] = usePageSearch();
  const linked = useMemo(() => fromLinks(search), [search]);
  useEffect(() => {
    if (linked === undefined) return;
    setSearch(
      { ...Object.fromEntries(linked.words.map((word) => [word, undefined])), q: linked.query },
      { replace: true },
    );
  }, [linked, setSearch]);
  const run = useCallback((query: string) => setSearch({ q: query === '' ? undefined : query }), [setSearch]);
  return [linked?.query ?? search.q ?? '', run];
}
