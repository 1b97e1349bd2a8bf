/** Elements of nf_tables sets as netlink messages (linux/netfilter/nf_tables.h). */
import { type Address, formatAddress, parseAddress } from '../../net/index.ts';
import {
  type ElementSet,
  type Elements,
  intervalText,
  lastAddress,
  numberOf,
  type SetChange,
  timeoutOf,
  wordsOf,
} from './element-set.ts';
import { FLAG, MessageReader, MessageWriter, MOST_NESTED, SUBSYSTEM } from './netlink-message.ts';

const BATCH = { begin: 0x10, end: 0x11, generation: 1 } as const;
const MESSAGE = {
  newElement: 12,
  getElements: 13,
  deleteElement: 14,
  newGeneration: 15,
  getGeneration: 16,
} as const;
const LIST = { table: 1, set: 2, elements: 3, element: 1 } as const;
const ELEMENT = { key: 1, flags: 3, timeout: 4, expiration: 5 } as const;
const DATA_VALUE = 1;
const GENERATION_ID = 1;
const INTERVAL_END = 1;
/** The family of tables for IPv4 and IPv6 (NFPROTO_INET). */
const INET = 1;
/** More than the longest element takes: both ends of an IPv6 range. */
const ROOM = 160;

const typeOf = (message: number): number => (SUBSYSTEM.nftables << 8) | message;

/** How the sets of a table are found: the name of the table in the kernel. */
export type TableName = (set: ElementSet) => string;

/** One batch with all changes: removals, then additions, each of which must be new. */
export function writeChanges(
  changes: readonly SetChange[],
  tableOf: TableName,
  nowMs: number,
  generation: number | undefined,
): MessageWriter {
  const writer = new MessageWriter();
  writer.begin(BATCH.begin, 0, 0, SUBSYSTEM.nftables);
  if (generation !== undefined) writer.u32(BATCH.generation, generation);
  writer.end();
  for (const { set, remove } of changes) {
    const start = (): number => begin(writer, MESSAGE.deleteElement, 0, set, tableOf(set));
    writeList(writer, start, remove, (element) => writeElement(writer, set, element, undefined));
  }
  for (const { set, add } of changes) {
    const start = (): number =>
      begin(writer, MESSAGE.newElement, FLAG.create | FLAG.exclusive, set, tableOf(set));
    writeList(writer, start, add, ([element, untilMs]) =>
      writeElement(writer, set, element, timeoutOf(untilMs, nowMs)),
    );
  }
  writer.begin(BATCH.end, 0, 0, SUBSYSTEM.nftables);
  writer.end();
  return writer;
}

/** Asks for all elements of a set. */
export function writeRead(set: ElementSet, table: string): MessageWriter {
  const writer = new MessageWriter();
  writer.begin(typeOf(MESSAGE.getElements), FLAG.dump, INET);
  writer.text(LIST.table, table);
  writer.text(LIST.set, set.name);
  writer.end();
  return writer;
}

/** Asks for the generation of the rule set. */
export function writeGeneration(): MessageWriter {
  const writer = new MessageWriter();
  writer.begin(typeOf(MESSAGE.getGeneration), FLAG.ack, 0);
  writer.end();
  return writer;
}

/** The generation that an answer tells; undefined where it does not. */
export function readGeneration(replies: Uint8Array): number | undefined {
  const reader = new MessageReader(replies).overMessages();
  while (reader.next()) {
    if (reader.type !== typeOf(MESSAGE.newGeneration)) continue;
    const attributes = new MessageReader(replies).overAttributes(reader.from, reader.to);
    while (attributes.next()) if (attributes.type === GENERATION_ID) return attributes.u32();
  }
  return undefined;
}

/** The elements that an answer to {@link writeRead} holds. What is not whole is passed over. */
export function readElements(set: ElementSet, replies: Uint8Array, nowMs: number): Elements {
  const found = new Map<string, number>();
  const edges: Edge[] = [];
  const size = set.version === 4 ? 4 : 16;
  const messages = new MessageReader(replies).overMessages();
  const attributes = new MessageReader(replies);
  const list = new MessageReader(replies);
  const element = new MessageReader(replies);
  const key = new MessageReader(replies);
  while (messages.next()) {
    if (messages.type !== typeOf(MESSAGE.newElement)) continue;
    attributes.overAttributes(messages.from, messages.to);
    while (attributes.next()) {
      if (attributes.type !== LIST.elements) continue;
      list.overAttributes(attributes.from, attributes.to);
      while (list.next()) {
        element.overAttributes(list.from, list.to);
        let at = -1;
        let flags = 0;
        let untilMs = Number.POSITIVE_INFINITY;
        while (element.next()) {
          if (element.type === ELEMENT.flags) flags = element.u32();
          else if (element.type === ELEMENT.expiration) untilMs = nowMs + element.u64();
          else if (element.type === ELEMENT.key) {
            key.overAttributes(element.from, element.to);
            while (key.next()) if (key.type === DATA_VALUE && key.to - key.from === size) at = key.from;
          }
        }
        if (at === -1) continue;
        const words = wordsAt(element.view, at, set.version);
        if (!set.interval) found.set(formatAddress(set.version, ...words), untilMs);
        else {
          const number = numberOf({ version: set.version, words });
          edges.push({ number, end: (flags & INTERVAL_END) !== 0, untilMs });
        }
      }
    }
  }
  return set.interval ? pairEdges(set, edges) : found;
}

/** An end of a range; the end itself lies behind the last address. */
interface Edge {
  readonly number: bigint;
  readonly end: boolean;
  readonly untilMs: number;
}

function pairEdges({ version }: ElementSet, edges: Edge[]): Elements {
  const found = new Map<string, number>();
  edges.sort((a, b) => (a.number < b.number ? -1 : a.number > b.number ? 1 : Number(b.end) - Number(a.end)));
  let open: Edge | undefined;
  const close = (last: bigint): void => {
    if (open !== undefined) found.set(intervalText(version, open.number, last), open.untilMs);
    open = undefined;
  };
  for (const edge of edges) {
    close(edge.number - 1n);
    if (!edge.end) open = edge;
  }
  close(lastAddress(version));
  return found;
}

function wordsAt(view: DataView, at: number, version: 4 | 6): [number, number, number, number] {
  if (version === 4) return [view.getInt32(at), 0, 0, 0];
  return [view.getInt32(at), view.getInt32(at + 4), view.getInt32(at + 8), view.getInt32(at + 12)];
}

function begin(
  writer: MessageWriter,
  message: number,
  flags: number,
  set: ElementSet,
  table: string,
): number {
  writer.begin(typeOf(message), flags | FLAG.ack, INET);
  writer.text(LIST.table, table);
  writer.text(LIST.set, set.name);
  return writer.open(LIST.elements);
}

/** Elements in as few messages as hold them. */
function writeList<T>(
  writer: MessageWriter,
  start: () => number,
  elements: readonly T[],
  write: (element: T) => void,
): void {
  let list = -1;
  for (const element of elements) {
    if (list !== -1 && writer.length - list > MOST_NESTED - ROOM) {
      writer.close(list);
      writer.end();
      list = -1;
    }
    if (list === -1) list = start();
    write(element);
  }
  if (list === -1) return;
  writer.close(list);
  writer.end();
}

/** An element: of a range, its first address and, as an element of its own, the address behind its last. */
function writeElement(
  writer: MessageWriter,
  set: ElementSet,
  text: string,
  timeoutMs: number | undefined,
): void {
  const { version } = set;
  const dash = set.interval ? text.indexOf('-') : -1;
  writeKey(writer, version, addressOf(dash === -1 ? text : text.slice(0, dash)).words, 0, timeoutMs);
  if (dash === -1) return;
  const last = numberOf(addressOf(text.slice(dash + 1)));
  // Behind the last address of all there is none: such a range has no end.
  if (last < lastAddress(version)) {
    writeKey(writer, version, wordsOf(version, last + 1n), INTERVAL_END, undefined);
  }
}

function writeKey(
  writer: MessageWriter,
  version: 4 | 6,
  words: readonly number[],
  flags: number,
  timeoutMs: number | undefined,
): void {
  const element = writer.open(LIST.element);
  const key = writer.open(ELEMENT.key);
  writer.address(DATA_VALUE, version, words);
  writer.close(key);
  if (flags !== 0) writer.u32(ELEMENT.flags, flags);
  if (timeoutMs !== undefined) writer.u64(ELEMENT.timeout, timeoutMs);
  writer.close(element);
}

function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError(`${text} is not an address`);
  return address;
}
