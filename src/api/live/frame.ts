/** Server-sent events as the HTML standard writes them (9.2.6). */

import type { LiveRecord } from './feed.ts';

/** Why records did not reach a reader. */
export type MissedReason =
  /** It did not take them as fast as they came. */
  | 'slow'
  /** It asked for fewer in a second than there were. */
  | 'sampled'
  /** It came back so late that they are no longer kept; counted whether its filter wanted them or not. */
  | 'gone'
  /** The API was started anew meanwhile: what came in between nobody can count. */
  | 'restarted';

/** Tells how many records a reader missed. */
export function missedFrame(count: number, why: MissedReason): Buffer {
  return Buffer.from(`event: missed\ndata: ${JSON.stringify({ count, why })}\n\n`);
}

/** The event of a record. */
export function recordFrame(epoch: string, { id, line, record }: LiveRecord): Buffer {
  // A line break would end the field: it is allowed between the values of JSON, though no record of ours has one.
  const data = /[\r\n]/.test(line) ? JSON.stringify(record) : line;
  return Buffer.from(`id: ${epoch}-${id}\nevent: record\ndata: ${data}\n\n`);
}

/** An event of one line of JSON, up to which record it stands; a reader that comes back begins there. */
export function statusFrame(epoch: string, newest: number, json: string): Buffer {
  return Buffer.from(`id: ${epoch}-${newest}\nevent: status\ndata: ${json}\n\n`);
}

/** Tells a reader when to come back after the connection broke; the first that it gets. */
export const FIRST_FRAME: Buffer = Buffer.from('retry: 2000\n\n');
/** Keeps the connection alive where nothing happens. */
export const HEARTBEAT: Buffer = Buffer.from(': alive\n\n');

/** A place among the records. */
export interface Position {
  readonly epoch: string;
  readonly id: number;
}

/** Reads the identifier of an event; undefined where the text is none. */
export function parsePosition(text: string): Position | undefined {
  const [, epoch, id] = /^([0-9a-z]{1,16})-(\d{1,15})$/.exec(text) ?? [];
  return epoch === undefined || id === undefined ? undefined : { epoch, id: Number(id) };
}
