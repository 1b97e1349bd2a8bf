/** Something took more time than its size explains. */
export class NotLinear extends Error {
  override name = 'NotLinear';
}

/** CPU time from which on an input is run again at twice its size. */
const NOTICED_MS = 40;
/** How much longer twice the size may take. */
const MOST_TIMES = 3.2;
/** What is shorter is not slow for its length. */
const LEAST_LENGTH = 64;

/**
 * Runs an input; one that takes long is run at twice its length, which may take twice as long and no more. Throws
 * {@link NotLinear} where it takes longer, and what `run` throws.
 */
export function linear<T extends { readonly length: number }>(
  input: T,
  doubled: (input: T) => T,
  run: (input: T) => void,
): void {
  const once = cpuMs(() => run(input));
  if (once < NOTICED_MS || input.length < LEAST_LENGTH) return;
  const half = Math.min(
    cpuMs(() => run(input)),
    once,
  );
  if (half < NOTICED_MS) return;
  const long = doubled(input);
  const twice = Math.min(
    cpuMs(() => run(long)),
    cpuMs(() => run(long)),
  );
  if (twice > half * MOST_TIMES) {
    const sizes = `${input.length} bytes took ${Math.round(half)} ms, twice as many ${Math.round(twice)} ms`;
    throw new NotLinear(sizes);
  }
}

function cpuMs(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
