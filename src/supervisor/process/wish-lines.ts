import { jsonOf } from '../../control/index.ts';
import type { Wish } from '../../event/index.ts';

/** What comes on the topic of wishes. */
export type FromCorrelator =
  | { readonly wish: Wish }
  /** So many clients are active: guards count in shares of them. */
  | { readonly clients: number };

/** Who may ask over the bus: users and CrowdSec come to the responder itself, and go before some guards. */
const ORIGINS: ReadonlySet<unknown> = new Set(['scenario', 'reputation']);

/**
 * Reads a line; undefined for what is none. Members of the bus read what strangers send and may have been taken over: they
 * can ask for no exception, and in nobody else's name. The rest of a wish is the responder's to check.
 */
export function fromCorrelator(line: string): FromCorrelator | undefined {
  const value = jsonOf(line);
  if (typeof value !== 'object' || value === null) return undefined;
  const { wish, clients } = value as { readonly [name: string]: unknown };
  if (typeof wish === 'object' && wish !== null) {
    const { origin, type } = wish as { readonly [name: string]: unknown };
    return ORIGINS.has(origin) && type !== 'allow' ? { wish: wish as Wish } : undefined;
  }
  return typeof clients === 'number' && clients >= 0 ? { clients } : undefined;
}
