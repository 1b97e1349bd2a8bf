/** One end that is waited for. */
interface End {
  readonly untilMs: number;
  readonly id: string;
}

/**
 * What ends when: a binary heap, so that one timer serves all decisions. What goes before its end is not looked for in
 * the heap; it is passed over when its time comes, and the heap is made anew when more than half of it is of that kind.
 */
export class ExpiryHeap {
  private heap: End[] = [];
  /** What is waited for, by id: only ends that it has count. */
  private readonly live: ReadonlyMap<string, { readonly untilMs: number }>;

  constructor(live: ReadonlyMap<string, { readonly untilMs: number }>) {
    this.live = live;
  }

  /** Waits for an end, in milliseconds since 1970. */
  add(id: string, untilMs: number): void {
    this.heap.push({ id, untilMs });
    this.up(this.heap.length - 1);
    if (this.heap.length > 64 && this.heap.length > 2 * this.live.size) this.rebuild();
  }

  /** The soonest end; undefined when nothing is waited for. */
  next(): number | undefined {
    for (;;) {
      const top = this.heap[0];
      if (top === undefined || this.isLive(top)) return top?.untilMs;
      this.pop();
    }
  }

  /** Takes out one whose end is at this time or before; undefined when there is none. */
  due(nowMs: number): string | undefined {
    const next = this.next();
    if (next === undefined || next > nowMs) return undefined;
    return this.pop()?.id;
  }

  private isLive(end: End): boolean {
    return this.live.get(end.id)?.untilMs === end.untilMs;
  }

  private pop(): End | undefined {
    const top = this.heap[0];
    const last = this.heap.pop();
    if (last !== undefined && this.heap.length > 0) {
      this.heap[0] = last;
      this.down(0);
    }
    return top;
  }

  private rebuild(): void {
    this.heap = Array.from(this.live, ([id, { untilMs }]) => ({ id, untilMs }));
    for (let at = (this.heap.length >> 1) - 1; at >= 0; at--) this.down(at);
  }

  private up(from: number): void {
    const end = this.heap[from]!;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.heap[parent]!.untilMs <= end.untilMs) break;
      this.heap[at] = this.heap[parent]!;
      at = parent;
    }
    this.heap[at] = end;
  }

  private down(from: number): void {
    const end = this.heap[from]!;
    const { length } = this.heap;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && this.heap[child + 1]!.untilMs < this.heap[child]!.untilMs) child++;
      if (this.heap[child]!.untilMs >= end.untilMs) break;
      this.heap[at] = this.heap[child]!;
      at = child;
    }
    this.heap[at] = end;
  }
}
