import type { BusStatistics, RecordBatch } from './bus.ts';

/** What a member of the bus says to the relay. `id` is the member's own, and is in the answer. */
export type ToRelay =
  | {
      readonly bus: 'publish';
      readonly id: number;
      readonly topic: string;
      readonly batch: RecordBatch;
      readonly wait: boolean;
    }
  | {
      readonly bus: 'subscribe';
      readonly id: number;
      readonly topic: string;
      readonly name: string;
      readonly durable: boolean;
    }
  | { readonly bus: 'unsubscribe'; readonly id: number; readonly subscription: number }
  | { readonly bus: 'acknowledge'; readonly subscription: number; readonly entry: number }
  | { readonly bus: 'statistics'; readonly id: number };

/** What the relay says to a member. */
export type FromRelay =
  | { readonly bus: 'receipt'; readonly id: number; readonly accepted: number; readonly dropped: number }
  | { readonly bus: 'subscribed'; readonly id: number; readonly subscription: number }
  | { readonly bus: 'unsubscribed'; readonly id: number }
  | { readonly bus: 'refused'; readonly id: number; readonly reason: string }
  | { readonly bus: 'counted'; readonly id: number; readonly statistics: BusStatistics }
  | {
      readonly bus: 'deliver';
      readonly subscription: number;
      readonly entry: number;
      readonly topic: string;
      readonly batch: RecordBatch;
    };

/** Characters of a topic or name. */
const NAME = /^[\w.-]{1,64}$/;

/**
 * The message of a member, looked at: a member may have been taken over by what it reads. Undefined: it is not of the
 * bus, or not as it should be.
 */
export function memberMessage(value: unknown): ToRelay | undefined {
  if (typeof value !== 'object' || value === null || !('bus' in value)) return undefined;
  const message = value as { readonly [name: string]: unknown };
  const { bus, id, topic, name, batch, subscription, entry } = message;
  const whole = (number: unknown): boolean => Number.isSafeInteger(number);
  const named = (text: unknown): boolean => typeof text === 'string' && NAME.test(text);
  switch (bus) {
    case 'publish':
      return whole(id) &&
        named(topic) &&
        typeof message.wait === 'boolean' &&
        Array.isArray(batch) &&
        batch.every((line) => typeof line === 'string')
        ? (message as ToRelay)
        : undefined;
    case 'subscribe':
      return whole(id) && named(topic) && named(name) && typeof message.durable === 'boolean'
        ? (message as ToRelay)
        : undefined;
    case 'unsubscribe':
      return whole(id) && whole(subscription) ? (message as ToRelay) : undefined;
    case 'acknowledge':
      return whole(subscription) && whole(entry) ? (message as ToRelay) : undefined;
    case 'statistics':
      return whole(id) ? (message as ToRelay) : undefined;
    default:
      return undefined;
  }
}

/** True for a message of the relay; other messages share the channel. The relay is trusted. */
export function isFromRelay(value: unknown): value is FromRelay {
  return typeof value === 'object' && value !== null && 'bus' in value;
}
