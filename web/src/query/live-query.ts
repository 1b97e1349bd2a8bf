import { useEffect, useRef, useState } from 'react';
import { apiUrl } from '../data/client.ts';
import { LiveConnection, type LiveState } from '../data/live-connection.ts';
import { checkSession } from '../data/session.ts';
import type { LiveRecord } from '../data/types.ts';

/** The longest question that the live stream takes. */
const LONGEST = 512;

/** What `useLiveQuery` gives. */
export interface LiveQuery {
  readonly state: LiveState;
  /** Records that did not come because this reader was too slow. */
  readonly missed: number;
  /** Why there is no stream; undefined while there may be one. */
  readonly problem: string | undefined;
}

/**
 * A stream of its own with the records that a question finds: the server looks through them, not the browser. `take` gets
 * them at most four times a second, the oldest first; a new question begins with the newest that are kept.
 */
export function useLiveQuery(
  types: readonly string[],
  query: string,
  enabled: boolean,
  begin: number,
  take: (records: readonly LiveRecord[]) => void,
): LiveQuery {
  const [state, setState] = useState<LiveState>('off');
  const [missed, setMissed] = useState(0);
  const latest = useRef(take);
  latest.current = take;
  const key = types.join();
  const tooLong = query.length > LONGEST;
  useEffect(() => {
    setMissed(0);
    if (!enabled || tooLong) return;
    const connection = new LiveConnection((wanted, after) =>
      apiUrl('/live', {
        types: wanted.join(),
        q: query,
        after,
        status: false,
        ...(after === undefined ? { limit: begin } : {}),
      }),
    );
    connection.whenRefused(() => void checkSession());
    const stopState = connection.onState(() => setState(connection.state));
    const stop = connection.listen({
      types: key.split(','),
      records: (records) => latest.current(records),
      missed: (count) => setMissed((before) => before + count),
    });
    return () => {
      stop();
      stopState();
      connection.end();
      setState('off');
    };
  }, [key, query, enabled, tooLong, begin]);
  return {
    state,
    missed,
    problem: tooLong ? `A live question has at most ${LONGEST} characters.` : undefined,
  };
}
