import { type Changes, Text } from './value.ts';

/** Longer texts are looked at anew each time: they rarely come again. */
const LONGEST = 2048;
/** Bytes of texts and of what is known of them, about. When there are more, all is forgotten. */
const MOST_BYTES = 4 << 20;
/** Of a text beside its characters and its bits: what its transformations gave, and what does not match it. */
const OVERHEAD = 400;
/** Texts that can be known, and as many of which is noted that they came. */
const PLACES = 1 << 14;
/** Texts whose bits are allocated together. */
const TOGETHER = 64;

/**
 * Texts that came with more than one request, with all that was found out about them: clients send the same fields and
 * many of the same arguments with each request, and what no pattern matched once none will match again.
 *
 * The first time a text comes only that is noted, by a hash of some of its bytes: most texts never come again. Each hash
 * has one place, which the last text holds that came with two requests.
 */
export class KnownTexts {
  private readonly words: number;
  private readonly places: (Text | undefined)[] = new Array(PLACES).fill(undefined);
  private readonly noted = new Int32Array(PLACES);
  /** The request with which a text came that is noted. */
  private readonly notedOf = new Int32Array(PLACES);
  private spent = 0;
  private room = new Uint32Array(0);
  private used = 0;

  /** `words`: that the bits of a text take. */
  constructor(words: number) {
    this.words = words;
  }

  /** Bytes that are in use, about. */
  get bytes(): number {
    return this.spent;
  }

  /** The text with these bytes where it is known or becomes so with this request; undefined for any other. */
  find(text: string, bytes: Uint8Array, request: number, changes: Changes): Text | undefined {
    const { length } = text;
    if (length > LONGEST) return undefined;
    const hash = hashOf(bytes, length);
    const place = hash & (PLACES - 1);
    const known = this.places[place];
    if (known !== undefined && known.text === text) return known;
    if (this.noted[place] !== hash) {
      this.noted[place] = hash;
      this.notedOf[place] = request;
      return undefined;
    }
    // A text that comes twice with one request need never come again.
    if (this.notedOf[place] === request) return undefined;
    const added = this.derived(text, changes.of(bytes, length));
    this.places[place] = added;
    return added;
  }

  /** A text that came of a known one: it lives as long as that one. */
  derived(text: string, changeable: number): Text {
    const size = text.length + 4 * this.words + OVERHEAD;
    this.spent += size;
    if (this.spent > MOST_BYTES) {
      this.spent = size;
      this.places.fill(undefined);
    }
    // A part of a longer text would keep the whole of it in memory.
    return new Text(Buffer.from(text, 'latin1').toString('latin1'), changeable, true);
  }

  /** Gives a known text room for its bits. */
  allot(text: Text): void {
    if (this.used + this.words > this.room.length) {
      this.room = new Uint32Array(TOGETHER * this.words);
      this.used = 0;
    }
    text.bits = this.room;
    text.at = this.used;
    this.used += this.words;
  }
}

/** Of the length and of some bytes from the ends and between (as FNV-1a). */
function hashOf(bytes: Uint8Array, length: number): number {
  let hash = length ^ 0x811c9dc5;
  const step = 1 + (length >>> 4);
  for (let i = 0; i < length; i += step) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  for (let i = Math.max(0, length - 8); i < length; i++) {
    hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  }
  return hash ^ (hash >>> 15);
}
