import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Static } from 'typebox';
import type { ConversationPayloadSchema } from '../../../src/api/schema/conversations.ts';
import { ApiError } from '../data/api-error.ts';
import { api } from '../data/client.ts';

/** A part of what was said, as the API tells it. */
export type Payload = Static<typeof ConversationPayloadSchema>;
/** What one side said before the other did. */
export type Segment = Payload['segments'][number];
/** A request with its answer, decoded. */
export type Exchange = Payload['exchanges'][number];
/** Whose words are wanted. */
export type Side = 'both' | 'client' | 'server';

/** Bytes of one answer. */
const PART = 32_768;
/** Bytes that a page holds at most; the packets can be saved for the rest. */
const MOST = 4 << 20;

/** What `usePayload` gives. */
export interface PayloadParts {
  /** The first part, with the figures of the whole; undefined while it is asked for. */
  readonly first: Payload | undefined;
  readonly segments: readonly Segment[];
  readonly exchanges: readonly Exchange[];
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  readonly loadingMore: boolean;
  /** Asks for the part that follows; undefined where there is none. */
  readonly loadMore: (() => void) | undefined;
  /** There is more than a page holds. */
  readonly isFull: boolean;
  readonly reload: () => void;
}

interface Place {
  readonly offset: number;
  readonly exchange: number;
}

/** What was said in a flow, part by part. */
export function usePayload(id: string, side: Side, enabled: boolean): PayloadParts {
  const query = useInfiniteQuery({
    queryKey: ['api', '/conversations', id, side],
    queryFn: ({ pageParam, signal }) =>
      api<Payload>(`/conversations/${encodeURIComponent(id)}`, {
        params: { side, offset: pageParam.offset, exchange: pageParam.exchange, limit: PART },
        signal,
      }),
    initialPageParam: { offset: 0, exchange: 0 } as Place,
    getNextPageParam: (last: Payload, _pages, before): Place | undefined => {
      if (last.next === undefined && last.nextExchange === undefined) return undefined;
      if ((last.next ?? 0) > MOST) return undefined;
      return {
        offset: last.next ?? last.total,
        exchange: last.nextExchange ?? before.exchange + last.exchanges.length,
      };
    },
    enabled,
    staleTime: 30_000,
  });
  const pages = query.data?.pages;
  const { segments, exchanges } = useMemo(() => {
    const all = pages ?? [];
    const byIndex = new Map(all.flatMap((page) => page.exchanges).map((one) => [one.index, one]));
    return { segments: all.flatMap((page) => page.segments), exchanges: [...byIndex.values()] };
  }, [pages]);
  const last = pages?.at(-1);
  return {
    first: pages?.[0],
    segments,
    exchanges,
    error: query.error instanceof ApiError ? query.error : undefined,
    loading: query.isPending && enabled,
    loadingMore: query.isFetchingNextPage,
    loadMore: query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined,
    isFull: !query.hasNextPage && last?.next !== undefined,
    reload: () => void query.refetch(),
  };
}
