import { HttpError, type ResponseHead, withoutHopByHop, writeResponseHead } from '../http/index.ts';
import type { Exchange } from './exchange.ts';

/**
 * Passes on that the server switches to another protocol (RFC 9110, 7.8), with the bytes behind its head. Throws
 * HttpError where nobody asked for that protocol.
 */
export function passSwitch(
  exchange: Exchange,
  head: ResponseHead,
  bytes: Buffer,
  at: number,
  end: number,
): void {
  const { context, session } = exchange;
  const asked = exchange.head.upgrade;
  const [granted = ''] = head.upgrade.split(',');
  if (asked === '' || !context.upgrades.has(asked) || granted.trim() !== asked || !exchange.requestDone) {
    throw new HttpError(502, 'a switch to a protocol that was not asked for');
  }
  const text = writeResponseHead({ ...head, fields: withoutHopByHop(head.fields, true) });
  context.counters.answered(101);
  session.send(text);
  if (at < end) session.send(Buffer.copyBytesFrom(bytes, at, end - at));
}
