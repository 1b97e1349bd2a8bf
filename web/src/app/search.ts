import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';

/** What a page keeps in its address: words by name. Links and the buttons back and forward keep working with it. */
export interface PageSearch {
  readonly [name: string]: string | undefined;
}

const MOST_NAMES = 32;
const MOST_CHARACTERS = 4_096;

/** Reads the query part of a URL; what is too much is left out. */
export function parseSearch(text: string): PageSearch {
  const search: Record<string, string> = {};
  let names = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    if (value.length > MOST_CHARACTERS || name.length > 64) continue;
    if (++names > MOST_NAMES) break;
    search[name] = value;
  }
  return search;
}

/** The query part of a URL, with its question mark; empty values are left out. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined && value !== null && value !== '') query.set(name, String(value));
  }
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** Changes some words of the page's address; undefined takes one away. With `replace` no step back is made. */
export type SetSearch = (change: PageSearch, options?: { readonly replace?: boolean }) => void;

/** The words in the page's address, and how to change them. Use it for filters, the open row, the chosen tab. */
export function usePageSearch(): readonly [PageSearch, SetSearch] {
  const search = useSearch({ strict: false }) as PageSearch;
  const navigate = useNavigate();
  const set = useCallback<SetSearch>(
    (change, options) =>
      void navigate({
        to: '.',
        search: (before: PageSearch) => ({ ...before, ...change }),
        replace: options?.replace ?? false,
      }),
    [navigate],
  );
  return [search, set];
}
