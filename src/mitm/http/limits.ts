import type { HeadLimits } from './message.ts';

/** What common servers allow: 64 KiB of head, 16 KiB of target, 128 fields. */
export const DEFAULT_LIMITS: HeadLimits = { headBytes: 65_536, targetBytes: 16_384, fields: 128 };

/** Methods are short; one longer than this is none that any server has (RFC 9112, 3: 501). */
export const MOST_METHOD = 64;
