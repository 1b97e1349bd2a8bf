import type { Subject } from './subject.ts';

/** Subjects by their key, and which of them has the least points: a binary heap over their potentials. */
export class SubjectTable {
  private readonly byKey = new Map<string, Subject>();
  private readonly heap: Subject[] = [];

  get size(): number {
    return this.heap.length;
  }

  get(key: string): Subject | undefined {
    return this.byKey.get(key);
  }

  /** In no order; the table may change meanwhile. */
  values(): MapIterator<Subject> {
    return this.byKey.values();
  }

  /** The subject with the least points. */
  least(): Subject | undefined {
    return this.heap[0];
  }

  /** Takes in a subject whose key is not there. */
  add(subject: Subject): void {
    this.byKey.set(subject.key, subject);
    subject.place = this.heap.length;
    this.heap.push(subject);
    this.rise(subject);
  }

  delete(subject: Subject): void {
    if (!this.byKey.delete(subject.key)) return;
    const last = this.heap.pop()!;
    if (last === subject) return;
    last.place = subject.place;
    this.heap[last.place] = last;
    this.moved(last);
  }

  clear(): void {
    this.byKey.clear();
    this.heap.length = 0;
  }

  /** Puts a subject in its place after its potential has changed. */
  moved(subject: Subject): void {
    this.rise(subject);
    this.sink(subject);
  }

  private rise(subject: Subject): void {
    const { heap } = this;
    while (subject.place > 0) {
      const parent = heap[(subject.place - 1) >> 1]!;
      if (parent.potential <= subject.potential) return;
      this.swap(parent, subject);
    }
  }

  private sink(subject: Subject): void {
    const { heap } = this;
    for (;;) {
      const left = heap[2 * subject.place + 1];
      const right = heap[2 * subject.place + 2];
      if (left === undefined) return;
      const child = right !== undefined && right.potential < left.potential ? right : left;
      if (child.potential >= subject.potential) return;
      this.swap(subject, child);
    }
  }

  private swap(upper: Subject, lower: Subject): void {
    const place = upper.place;
    upper.place = lower.place;
    lower.place = place;
    this.heap[upper.place] = upper;
    this.heap[lower.place] = lower;
  }
}
