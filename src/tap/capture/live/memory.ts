import { getHeapStatistics } from 'node:v8';
import { kernelAddon } from '../../../native/index.ts';

/** When a process that has just begun is as it will stay, and how often it is looked at again. */
const TIMES = { settledMs: 2000, againMs: 10_000 };
/** Bytes that JavaScript's heap must take beyond what was alive the last time, for it to be collected. */
const WORTHWHILE = 4e6;
/**
 * A collection stops everything for some 3 ms for each megabyte that is alive. Where more than this was alive the last
 * time, or so much is in the heap that it may be, that is left to the engine, which does most of it on the side.
 */
const MOST_ALIVE = 20e6;
const MOST_USED = 40e6;

/**
 * Keeps the memory of a long-lived process at what its work needs: starting touches three times as much of Node's
 * program as capturing does, and leaves free memory behind; JavaScript's heap is collected late, and its free pages
 * are kept. Without the addon the one does not happen, and without Node's `--expose-gc` the other. `busy`: true while a
 * pause of some 40 ms would come at a bad time. Returns what ends it.
 */
export function keepMemorySmall(busy: () => boolean, { settledMs, againMs } = TIMES): () => void {
  const { gc } = globalThis;
  let alive = 0;
  const collect = (): void => {
    const { total_heap_size: size, used_heap_size: used } = getHeapStatistics();
    alive = Math.min(alive, used);
    const small = alive < MOST_ALIVE && used < MOST_USED;
    if (gc === undefined || size - alive < WORTHWHILE || !small || busy()) return;
    // Other kinds of collection keep the pages for later.
    gc({ type: 'major', flavor: 'last-resort' });
    alive = getHeapStatistics().used_heap_size;
  };
  const release = (): void => kernelAddon()?.releaseUnused();
  const first = setTimeout(release, settledMs).unref();
  const again = setInterval(() => {
    collect();
    release();
  }, againMs).unref();
  return () => {
    clearTimeout(first);
    clearInterval(again);
  };
}
