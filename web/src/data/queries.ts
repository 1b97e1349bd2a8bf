import {
  QueryClient,
  type UseMutationResult,
  type UseQueryResult,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useMemo } from 'react';
import { ApiError } from './api-error.ts';
import { type ApiRequest, api, type Params } from './client.ts';
import type { ListPage } from './types.ts';

/** Milliseconds for which an answer is shown without asking again. */
const FRESH_MS = 5_000;
/** Rows that an unbounded list holds at most; beyond it, a narrower question helps more than another page. */
const MOST_ROWS = 50_000;

/** The cache of all answers. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MS,
      // What the server refused, it refuses again; what did not reach it may.
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && [0, 429, 503].includes(error.status),
    },
  },
});

/** The key under which an answer is kept; a path alone stands for all its parameters when answers are made stale. */
export function apiKey(path: string, params?: Params): readonly unknown[] {
  return params === undefined ? ['api', path] : ['api', path, params];
}

/** How a question is asked. */
export interface ApiOptions {
  /** False: do not ask yet. */
  readonly enabled?: boolean;
  /** Milliseconds between two questions while the page is seen; without it, it is asked once. */
  readonly everyMs?: number;
  /** True: while new parameters are asked, the answer to the old ones stays. */
  readonly keepPrevious?: boolean;
}

/** Asks the API for `path`, e.g. `useApi<Flow>('/flows/7')`. Cached by path and parameters, aborted when not needed. */
export function useApi<Answer>(
  path: string,
  params: Params = {},
  options: ApiOptions = {},
): UseQueryResult<Answer, ApiError> {
  return useQuery<Answer, ApiError>({
    queryKey: apiKey(path, params),
    queryFn: ({ signal }) => api<Answer>(path, { params, signal }),
    enabled: options.enabled ?? true,
    ...(options.everyMs === undefined ? {} : { refetchInterval: options.everyMs }),
    ...(options.keepPrevious === true
      ? { placeholderData: (previous: Answer | undefined) => previous as never }
      : {}),
  });
}

/** A list that grows page by page. */
export interface ApiList<Item> {
  /** All rows so far. */
  readonly items: readonly Item[];
  /** True until the first page is there. */
  readonly loading: boolean;
  readonly loadingMore: boolean;
  readonly error: ApiError | undefined;
  /** Fetches the next page; undefined where there is none. */
  readonly loadMore: (() => void) | undefined;
  /** Asks again from the first page. */
  readonly reload: () => void;
}

const NO_ITEMS: readonly never[] = [];

/** Asks for a list by cursor: `items` and `next`. Give its `loadMore` to DataTable's `onEnd`. */
export function useApiList<Item>(path: string, params: Params = {}, options: ApiOptions = {}): ApiList<Item> {
  const query = useInfiniteQuery({
    queryKey: ['api', path, params, 'pages'],
    queryFn: ({ pageParam, signal }) =>
      api<ListPage<Item>>(path, { params: { limit: 200, ...params, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: ListPage<Item>, pages) =>
      pages.reduce((rows, page) => rows + page.items.length, 0) < MOST_ROWS ? last.next : undefined,
    enabled: options.enabled ?? true,
    // Whoever comes back to the window would have all pages asked again, one after the other.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    ...(options.everyMs === undefined ? {} : { refetchInterval: options.everyMs }),
  });
  const pages = query.data?.pages;
  const items = useMemo(() => pages?.flatMap((page) => page.items) ?? NO_ITEMS, [pages]);
  const fetchNextPage = query.fetchNextPage;
  const refetch = query.refetch;
  return {
    items,
    loading: query.isPending && (options.enabled ?? true),
    loadingMore: query.isFetchingNextPage,
    error: query.error instanceof ApiError ? query.error : undefined,
    loadMore: query.hasNextPage && !query.isFetchingNextPage ? () => void fetchNextPage() : undefined,
    reload: () => void refetch(),
  };
}

/** A change asked of the API. */
export interface ApiChange {
  readonly path: string;
  readonly method: NonNullable<ApiRequest['method']>;
  readonly body?: unknown;
  readonly params?: Params;
}

/**
 * Changes something: `const ban = useApiChange((address: string) => ({ method: 'POST', path: '/decisions', body: { address } }),
 * ['/decisions'])`, then `ban.mutate('192.0.2.1')`. The answers of the named paths are asked again afterwards.
 */
export function useApiChange<Input = void, Answer = unknown>(
  change: (input: Input) => ApiChange,
  invalidates: readonly string[] = [],
): UseMutationResult<Answer, ApiError, Input> {
  const client = useQueryClient();
  return useMutation<Answer, ApiError, Input>({
    mutationFn: (input) => {
      const { path, ...request } = change(input);
      return api<Answer>(path, request);
    },
    onSettled: () =>
      Promise.all(invalidates.map((path) => client.invalidateQueries({ queryKey: apiKey(path) }))),
  });
}
