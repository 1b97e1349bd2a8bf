import { kernelAddon } from '../../../native/index.ts';

/** When a process that has just begun is as it will stay, in milliseconds, and how often it is looked at again. */
const SETTLED_MS = 2000;
const AGAIN_MS = 10_000;

/**
 * Keeps the memory of a long-lived process at what its work needs: starting touches three times as much of Node's
 * program as capturing does, and leaves free memory behind. Nothing happens without the addon. Returns what ends it.
 */
export function keepMemorySmall(): () => void {
  const release = (): void => kernelAddon()?.releaseUnused();
  const first = setTimeout(release, SETTLED_MS).unref();
  const again = setInterval(release, AGAIN_MS).unref();
  return () => {
    clearTimeout(first);
    clearInterval(again);
  };
}
