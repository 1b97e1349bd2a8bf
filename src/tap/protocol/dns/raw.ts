/** Renders DNS messages for EVE from their bytes alone, in whatever thread. */

import type { RawMessage } from '../../../event/index.ts';
import { dnsObject } from './eve.ts';
import { mdnsObject } from './mdns.ts';
import { readMessage } from './message.ts';

/** What the note of a raw message says: whether it is multicast DNS, whether it was taken for an answer. */
const MULTICAST = 1;
const RESPONSE = 2;
/** Above these bits stands the number of the message in its flow. */
const INDEX_SHIFT = 2;
const MOST_INDEX = 1 << 29;

/** A message as its bytes; undefined where its number does not fit. */
export function rawMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  multicast: boolean,
  response: boolean,
  index: number,
): RawMessage | undefined {
  if (index >= MOST_INDEX) return undefined;
  const note = (multicast ? MULTICAST : 0) | (response ? RESPONSE : 0) | (index << INDEX_SHIFT);
  return { module: import.meta.url, bytes, start, end, note };
}

/** The `dns` or `mdns` member, as JSON, of a message that could be read before. */
export function renderRaw(bytes: Uint8Array, start: number, end: number, note: number): string {
  const message = readMessage(bytes, start, end);
  if (message === undefined) return '{}';
  if ((note & MULTICAST) !== 0) return JSON.stringify({ mdns: mdnsObject(message) });
  return JSON.stringify({ dns: dnsObject(message, note >>> INDEX_SHIFT, (note & RESPONSE) !== 0) });
}
