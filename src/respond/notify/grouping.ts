import type { Notification } from './notification.ts';

/** Several notifications of the same address and event. */
export interface Group {
  /** The worst of them, with the time of the last one. */
  readonly notification: Notification;
  readonly firstMs: number;
  readonly count: number;
}

interface Window {
  readonly endsMs: number;
  group: Group | undefined;
}

/**
 * Puts notifications of the same address and event together: the first is told at once, those that follow within the
 * window in one message at its end.
 */
export class Grouping {
  private readonly windowMs: number;
  private readonly limit: number;
  private readonly windows = new Map<string, Window>();
  private grouped = 0;

  /** `windowMs`: how long is gathered; `limit`: address and event pairs at most, beyond which nothing is gathered. */
  constructor(windowMs: number, limit: number) {
    this.windowMs = windowMs;
    this.limit = limit;
  }

  /** Notifications that were put together with others. */
  get gathered(): number {
    return this.grouped;
  }

  /** Takes one in; the group to tell now, or undefined when it waits. */
  take(notification: Notification, nowMs: number): Group | undefined {
    const alone = { notification, firstMs: notification.timeMs, count: 1 };
    const key = `${notification.event} ${notification.address}`;
    const window = this.windows.get(key);
    if (window === undefined || window.endsMs <= nowMs) {
      // A window whose end was not looked at yet gives what it gathered to the new message.
      const late = window?.group;
      this.windows.delete(key);
      if (this.windows.size < this.limit) {
        this.windows.set(key, { endsMs: nowMs + this.windowMs, group: undefined });
      }
      return late === undefined ? alone : joined(late, notification);
    }
    this.grouped++;
    window.group = window.group === undefined ? alone : joined(window.group, notification);
    return undefined;
  }

  /** Groups whose window is over; `all`: the others too. */
  due(nowMs: number, all = false): Group[] {
    const groups: Group[] = [];
    for (const [key, { endsMs, group }] of this.windows) {
      // Windows are all equally long, so they end in the order in which they began.
      if (endsMs > nowMs && !all) break;
      this.windows.delete(key);
      if (group === undefined) continue;
      groups.push(group);
      // Somebody who goes on is told of once in each window.
      if (!all) this.windows.set(key, { endsMs: nowMs + this.windowMs, group: undefined });
    }
    return groups;
  }
}

function joined(group: Group, next: Notification): Group {
  const worst = next.score >= group.notification.score ? next : group.notification;
  return {
    notification: { ...worst, timeMs: Math.max(group.notification.timeMs, next.timeMs) },
    firstMs: Math.min(group.firstMs, next.timeMs),
    count: group.count + 1,
  };
}
