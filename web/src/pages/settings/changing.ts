import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ApiError } from '../../data/api-error.ts';
import { api } from '../../data/client.ts';
import { useApiChange } from '../../data/queries.ts';
import { toast } from '../../design/index.ts';
import type { ConfigurationChange } from './answers.ts';

/** A text, or settings that are put into the one that is there. */
export interface Wish {
  readonly text?: string;
  readonly set?: Readonly<Record<string, unknown>>;
}

/** Asked again when the configuration has changed. */
const CHANGED_PATHS = ['/configuration', '/configuration/versions', '/configuration/plan', '/status'];

/** What a wish would change; nothing is asked without one. While the next is asked for, the answer before stays. */
export function usePlan(wish: Wish | undefined) {
  return useQuery<ConfigurationChange, ApiError>({
    queryKey: ['api', '/configuration/plan', wish],
    queryFn: ({ signal }) =>
      api<ConfigurationChange>('/configuration/plan', { method: 'POST', body: wish, signal }),
    enabled: wish !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
  });
}

/** Applies a wish; a toast tells of it and lets it be taken back. `apply` gives true where it was applied. */
export function useApply() {
  const rollback = useRollback();
  const change = useApiChange<Wish & { readonly basis: string; readonly note: string }, ConfigurationChange>(
    (body) => ({ method: 'PUT', path: '/configuration', body }),
    CHANGED_PATHS,
  );
  const apply = async (wish: Parameters<typeof change.mutateAsync>[0]): Promise<boolean> => {
    try {
      const { applied, changes, version, mistakes } = await change.mutateAsync(wish);
      if (mistakes.length > 0) {
        toast({ title: 'Not applied', text: mistakes[0]?.message ?? '', tone: 'danger' });
        return false;
      }
      const waiting = changes.filter(({ live }) => !live).length;
      toast({
        title: applied ? 'Settings applied' : 'Nothing to change',
        text: waiting === 0 ? 'They are in force.' : `${waiting} of them with a new start of weir.`,
        tone: waiting === 0 ? 'good' : 'warning',
        ...(applied && version > 0 ? { undo: () => void rollback.back(version) } : {}),
      });
      return true;
    } catch (error) {
      toast({ title: 'Not applied', text: wordsOfError(error), tone: 'danger' });
      return false;
    }
  };
  return { apply, busy: change.isPending };
}

/** Applies an earlier version again; what was in force becomes a version itself. */
export function useRollback() {
  const change = useApiChange<number, ConfigurationChange>(
    (version) => ({ method: 'POST', path: `/configuration/versions/${version}/rollback` }),
    CHANGED_PATHS,
  );
  const back = async (version: number): Promise<void> => {
    try {
      const { mistakes } = await change.mutateAsync(version);
      const [first] = mistakes;
      if (first === undefined) toast({ title: `Version ${version} is in force again`, tone: 'good' });
      else toast({ title: `Version ${version} has mistakes`, text: first.message, tone: 'danger' });
    } catch (error) {
      toast({ title: 'Not taken back', text: wordsOfError(error), tone: 'danger' });
    }
  };
  return { back, busy: change.isPending };
}

function wordsOfError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
