/**
 * Runs work that Ctrl-C, SIGTERM and a closed terminal end in good order: they abort the signal that the work is
 * given. Further ones are ignored until the work has ended: what cleans up is not cut off.
 */
export async function withInterrupt<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const abort = (): void => stop.abort(new Error('interrupted'));
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, abort);
  try {
    return await work(stop.signal);
  } finally {
    for (const name of names) process.off(name, abort);
  }
}
