/** Elements of nf_tables sets as netlink messages (linux/netfilter/nf_tables.h). */
import { formatAddress, parseAddress } from '../../net/index.ts';
import { type ElementSet, type Elements, type SetChange, timeoutOf } from './element-set.ts';
import { FLAG, INET, MessageReader, MessageWriter, MOST_NESTED, SUBSYSTEM } from './netlink-message.ts';
import { writeLookup, writeSet } from './netlink-rules.ts';
import type { Lookup } from './ruleset.ts';

const BATCH = { begin: 0x10, end: 0x11, generation: 1 } as const;
const MESSAGE = {
  newElement: 12,
  getElements: 13,
  deleteElement: 14,
  newGeneration: 15,
  getGeneration: 16,
} as const;
const LIST = { table: 1, set: 2, elements: 3, element: 1 } as const;
const ELEMENT = { key: 1, timeout: 4, expiration: 5 } as const;
const DATA_VALUE = 1;
const GENERATION_ID = 1;
/** More than the longest element takes: an IPv6 address and its time. */
const ROOM = 80;

const typeOf = (message: number): number => (SUBSYSTEM.nftables << 8) | message;

/**
 * One batch with all changes of sets of a table: removals, then additions, each of which must be new. In front of them
 * sets that are made, and the rules that ask those.
 */
export function writeChanges(
  changes: readonly SetChange[],
  table: string,
  nowMs: number,
  generation: number | undefined,
  lookups: readonly Lookup[] = [],
): MessageWriter {
  const writer = new MessageWriter();
  writer.begin(BATCH.begin, 0, 0, SUBSYSTEM.nftables);
  if (generation !== undefined) writer.u32(BATCH.generation, generation);
  writer.end();
  for (const [index, set] of [...new Set(lookups.map((lookup) => lookup.set))].entries()) {
    writeSet(writer, table, set, index + 1);
  }
  for (const lookup of lookups) writeLookup(writer, table, lookup);
  for (const { set, remove } of changes) {
    const start = (): number => begin(writer, MESSAGE.deleteElement, 0, set, table);
    writeList(writer, start, remove, (element) => writeElement(writer, set, element, undefined));
  }
  for (const { set, add } of changes) {
    const start = (): number => begin(writer, MESSAGE.newElement, FLAG.create | FLAG.exclusive, set, table);
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
        let untilMs = Number.POSITIVE_INFINITY;
        while (element.next()) {
          if (element.type === ELEMENT.expiration) untilMs = nowMs + element.u64();
          else if (element.type === ELEMENT.key) {
            key.overAttributes(element.from, element.to);
            while (key.next()) if (key.type === DATA_VALUE && key.to - key.from === size) at = key.from;
          }
        }
        if (at === -1) continue;
        found.set(formatAddress(set.version, ...wordsAt(element.view, at, set.version)), untilMs);
      }
    }
  }
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

function writeElement(
  writer: MessageWriter,
  { version }: ElementSet,
  text: string,
  timeoutMs: number | undefined,
): void {
  const address = parseAddress(text);
  if (address === undefined) throw new TypeError(`${text} is not an address`);
  const element = writer.open(LIST.element);
  const key = writer.open(ELEMENT.key);
  writer.address(DATA_VALUE, version, address.words);
  writer.close(key);
  if (timeoutMs !== undefined) writer.u64(ELEMENT.timeout, timeoutMs);
  writer.close(element);
}
