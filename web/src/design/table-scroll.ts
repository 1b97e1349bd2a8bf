import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** The height that the tokens give a row, which differs where a finger points. */
export function useRowHeight(place: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(30);
  useLayoutEffect(() => {
    if (place.current === null) return;
    const told = Number.parseInt(getComputedStyle(place.current).getPropertyValue('--row'), 10);
    if (Number.isFinite(told)) setHeight(told);
  }, [place]);
  return height;
}

/** Keeps what is read where it is when rows come in above; at the very top new rows simply appear. */
export function useSteadyScroll(
  place: RefObject<HTMLElement | null>,
  rows: readonly { readonly id: string }[],
  rowHeight: number,
): void {
  const first = useRef<{ id: string; index: number } | undefined>(undefined);
  // Kept by the event: asking the element in the middle of a rendering makes the browser lay everything out at once.
  const top = useRef(0);
  const remember = useCallback(() => {
    const index = Math.floor(top.current / rowHeight);
    const id = rows[index]?.id;
    first.current = top.current < rowHeight || id === undefined ? undefined : { id, index };
  }, [rows, rowHeight]);
  useLayoutEffect(() => {
    const before = first.current;
    if (before !== undefined && place.current !== null && rows[before.index]?.id !== before.id) {
      const index = rows.findIndex((row) => row.id === before.id);
      if (index >= 0) {
        top.current += (index - before.index) * rowHeight;
        place.current.scrollTop = top.current;
      }
    }
    remember();
  }, [rows, rowHeight, place, remember]);
  useEffect(() => {
    const element = place.current;
    const onScroll = () => {
      top.current = element?.scrollTop ?? 0;
      remember();
    };
    element?.addEventListener('scroll', onScroll, { passive: true });
    return () => element?.removeEventListener('scroll', onScroll);
  }, [place, remember]);
}
