import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { FlowTables } from '../flow/tables.ts';
import { FlowView } from '../flow/view.ts';
import type { PayloadSink } from '../host.ts';
import { TCP } from '../packet/packet.ts';

/** Bytes of one direction that are gathered before they are written. */
const FLUSH_BYTES = 1 << 17;
/** Bytes that all conversations may hold together; beyond it all are written out. */
const TOTAL_BYTES = 48 << 20;

/** One direction of a conversation on its way to its file. */
interface Side {
  bytes: Buffer;
  used: number;
  /** Length of the stream up to `bytes[0]`: where in the file it goes. */
  at: number;
  opened: boolean;
}

interface Conversation {
  readonly name: string;
  readonly sides: readonly [Side, Side];
}

/**
 * Writes each direction of each conversation to a file of its own, named by start, number, protocol and the two
 * ends with the sender first. The folder exists. Bytes missing from the capture are a hole in the file, so that positions hold.
 */
export class ConversationWriter implements PayloadSink {
  private readonly folder: string;
  private readonly view: FlowView;
  private readonly open = new Map<number, Conversation>();
  private held = 0;
  /** Files and bytes written. */
  files = 0;
  bytes = 0;

  constructor(folder: string, tables: FlowTables) {
    this.folder = folder;
    this.view = new FlowView(tables);
  }

  payload(w: number, direction: 0 | 1, bytes: Uint8Array, start: number, end: number): void {
    const side = this.conversation(w).sides[direction];
    const length = end - start;
    if (side.used + length > side.bytes.length) this.grow(side, length);
    side.bytes.set(bytes.subarray(start, end), side.used);
    side.used += length;
    this.held += length;
    if (side.used >= FLUSH_BYTES) this.flush(this.conversation(w), direction);
    if (this.held > TOTAL_BYTES) this.flushAll();
  }

  missing(w: number, direction: 0 | 1, length: number): void {
    const conversation = this.conversation(w);
    this.flush(conversation, direction);
    conversation.sides[direction].at += length;
  }

  ended(w: number): void {
    const conversation = this.open.get(w);
    if (conversation === undefined) return;
    this.flush(conversation, 0);
    this.flush(conversation, 1);
    this.open.delete(w);
  }

  private conversation(w: number): Conversation {
    let conversation = this.open.get(w);
    if (conversation === undefined) {
      conversation = { name: this.name(w), sides: [newSide(), newSide()] };
      this.open.set(w, conversation);
    }
    return conversation;
  }

  private name(w: number): string {
    const flow = this.view.at(w);
    const protocol = flow.protocol === TCP ? 'tcp' : 'udp';
    const start = new Date(flow.startUs / 1000).toISOString().slice(0, 19).replaceAll(':', '.');
    const client = `${flow.clientAddress.replaceAll(':', '_')}.${flow.clientPort}`;
    const server = `${flow.serverAddress.replaceAll(':', '_')}.${flow.serverPort}`;
    return `${start}_${flow.id}_${protocol}_${client}-${server}`;
  }

  private path(conversation: Conversation, direction: 0 | 1): string {
    if (direction === 0) return join(this.folder, conversation.name);
    const [start, id, protocol, ...ends] = conversation.name.split('_');
    const [client, server] = ends.join('_').split('-');
    return join(this.folder, `${start}_${id}_${protocol}_${server}-${client}`);
  }

  private grow(side: Side, length: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(side.used + length, side.bytes.length * 2, 1024));
    side.bytes.copy(grown, 0, 0, side.used);
    side.bytes = grown;
  }

  private flush(conversation: Conversation, direction: 0 | 1): void {
    const side = conversation.sides[direction];
    if (side.used === 0) return;
    const fd = openSync(this.path(conversation, direction), side.opened ? 'r+' : 'w');
    try {
      let written = 0;
      while (written < side.used) {
        written += writeSync(fd, side.bytes, written, side.used - written, side.at + written);
      }
    } finally {
      closeSync(fd);
    }
    if (!side.opened) this.files++;
    side.opened = true;
    side.at += side.used;
    this.bytes += side.used;
    this.held -= side.used;
    side.used = 0;
  }

  private flushAll(): void {
    for (const conversation of this.open.values()) {
      this.flush(conversation, 0);
      this.flush(conversation, 1);
      for (const side of conversation.sides) side.bytes = EMPTY;
    }
  }
}

const EMPTY = Buffer.alloc(0);

function newSide(): Side {
  return { bytes: EMPTY, used: 0, at: 0, opened: false };
}
