import { userInfo } from 'node:os';
import { parseDuration } from '../config/quantity.ts';
import type { DecisionWish } from '../control/index.ts';
import { DECISION_TYPES } from '../event/index.ts';
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from '../net/index.ts';
import { parseChoice, UsageError } from './usage.ts';

/** By a cookie, with the first 16 hexadecimal digits of the SHA-256 of its value, or by the JA4 of the client. */
const SESSION = /^(?:cookie:[^:\s]{1,128}:[0-9a-f]{16}|ja4:t\d{2}[a-z0-9]{7}_[0-9a-f]{12}_[0-9a-f]{12})$/;
const LONGEST_MS = 10 * 366 * 86_400_000;

/** Options of commands that make a decision. */
export const WISH_OPTIONS = {
  for: { type: 'string' },
  type: { type: 'string' },
  reason: { type: 'string' },
} as const;

/** Their description. */
export const WISH_HELP = `  --for TIME           how long: 30m, 4h (the default), 7d
  --type TYPE          ban (the default), throttle, redirect, captcha, allow
  --reason TEXT        why; the record of the decision has it`;

/** What the options and the operand mean. */
export function decisionWish(
  operand: string,
  values: {
    readonly for?: string | undefined;
    readonly type?: string | undefined;
    readonly reason?: string | undefined;
  },
): DecisionWish {
  const durationMs = parseDuration(values.for ?? '4h');
  if (Number.isNaN(durationMs) || durationMs < 1000 || durationMs > LONGEST_MS) {
    throw new UsageError(
      `--for takes a time from 1s to 10 years, such as 30m, 4h or 7d, not '${values.for}'`,
    );
  }
  return {
    ...subjectOf(operand),
    type: parseChoice('--type', values.type ?? 'ban', DECISION_TYPES),
    reason: values.reason ?? '',
    author: author(),
    durationMs,
  };
}

/** What an operand is about. */
export function subjectOf(operand: string): Pick<DecisionWish, 'scope' | 'value'> {
  const address = parseAddress(operand);
  if (address !== undefined) {
    return { scope: 'address', value: formatAddress(address.version, ...address.words) };
  }
  const prefix = parsePrefix(operand);
  if (prefix !== undefined) return { scope: 'range', value: formatPrefix(prefix) };
  if (SESSION.test(operand)) return { scope: 'session', value: operand };
  throw new UsageError(
    `'${operand.slice(0, 60)}' is no address such as 203.0.113.9, no network such as 203.0.113.0/24 and no session such as cookie:NAME:DIGITS (the first 16 hexadecimal digits of the SHA-256 of its value) or ja4:FINGERPRINT`,
  );
}

/** Who asks: the user behind sudo, where there is one. */
export function author(): string {
  const behind = process.env.SUDO_USER ?? '';
  if (behind !== '') return behind.slice(0, 64);
  try {
    return userInfo().username;
  } catch (error) {
    // A user without an entry in the system's list.
    if (error instanceof Error && 'syscall' in error) return String(process.getuid?.() ?? '');
    throw error;
  }
}
