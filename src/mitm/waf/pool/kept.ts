import { PassingMap } from '../../passing-map.ts';
import type { Inspection } from '../engine/waf.ts';
import type { KeptBounds, KeptCounts } from './messages.ts';

interface Entry {
  readonly inspection: Inspection;
  readonly bytes: number;
  readonly sinceMs: number;
}

/** Requests that wait for their answers, bounded in number, size and time: the oldest are forgotten first. */
export class KeptInspections {
  private readonly entries = new PassingMap<number, Entry>();
  private readonly bounds: KeptBounds;
  private bytes = 0;
  private dropped = 0;

  constructor(bounds: KeptBounds) {
    this.bounds = bounds;
  }

  get counts(): KeptCounts {
    return { now: this.entries.size, dropped: this.dropped };
  }

  /** Keeps an inspection whose request takes so many bytes. */
  keep(id: number, inspection: Inspection, bytes: number, nowMs: number): void {
    this.entries.add(id, { inspection, bytes, sinceMs: nowMs });
    this.bytes += bytes;
    for (const [oldest] of this.entries) {
      if (this.entries.size <= this.bounds.most && this.bytes <= this.bounds.bytes) break;
      this.take(oldest);
      this.dropped++;
    }
  }

  /** Gives an inspection back and forgets it; undefined where it is not kept. */
  take(id: number): Inspection | undefined {
    const entry = this.entries.take(id);
    if (entry === undefined) return undefined;
    this.bytes -= entry.bytes;
    return entry.inspection;
  }

  /** Forgets what has waited too long. */
  expire(nowMs: number): void {
    for (const [id, { sinceMs }] of this.entries) {
      if (nowMs - sinceMs < this.bounds.timeoutMs) return;
      this.take(id);
      this.dropped++;
    }
  }
}
