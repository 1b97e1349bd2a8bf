import { queryClient } from '../../data/queries.ts';

const SHOWN = ['/incidents', '/correlations', '/addresses', '/reputations', '/threats'] as const;

/** Asks again for what the timeline shows. */
export function refreshTimeline(): void {
  void queryClient.invalidateQueries({
    predicate: ({ queryKey: [kind, path] }) =>
      kind === 'api' && typeof path === 'string' && SHOWN.some((one) => path.startsWith(one)),
  });
}
