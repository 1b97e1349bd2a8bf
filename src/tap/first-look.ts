import * as R from './flow/record.ts';
import type { Recogniser, Recognition, Recollection } from './protocol/signatures/index.ts';

// The first word: payloads shown to the signatures, matches in a row, 8 bits each, and the candidate << 16. The
// second: datagrams, and a mark. Few datagrams are looked at, so the numbers stay small.
const BYTE = 0xff;
const MATCHES_SHIFT = 8;
const CANDIDATE_SHIFT = 16;
const RECOGNISED = 1 << 8;

/**
 * What is known of a flow before anybody knows its protocol. Most flows of datagrams that nobody can name have no
 * more to them than this, and there may be very many: it can be kept in their records instead of in objects.
 */
export class FirstLook implements Recollection {
  /** Datagrams, or segments of a flow that is looked at again. */
  datagrams = 0;
  /** A signature has named the flow. */
  recognised = false;
  payloads = 0;
  candidate = 0;
  matches = 0;
  memory = 0;
  recognition: Recognition | undefined = undefined;

  /** Forgets everything. */
  clear(): void {
    this.datagrams = 0;
    this.recognised = false;
    this.payloads = 0;
    this.candidate = 0;
    this.matches = 0;
    this.memory = 0;
    this.recognition = undefined;
  }

  /** Sets everything down in the record that begins at word `w`. */
  write(words: Int32Array, doubles: Float64Array, w: number): void {
    words[w + R.LOOK] = this.payloads | (this.matches << MATCHES_SHIFT) | (this.candidate << CANDIDATE_SHIFT);
    words[w + R.LOOK + 1] = this.datagrams | (this.recognised ? RECOGNISED : 0);
    doubles[((w + R.LOOK) >> 1) + 1] = this.memory;
  }

  /** Reads back what {@link write} has set down. How the flow was named its record says elsewhere. */
  read(words: Int32Array, doubles: Float64Array, w: number, recogniser: Recogniser): void {
    const packed = words[w + R.LOOK]!;
    const marks = words[w + R.LOOK + 1]!;
    this.datagrams = marks & BYTE;
    this.recognised = (marks & RECOGNISED) !== 0;
    this.payloads = packed & BYTE;
    this.matches = (packed >>> MATCHES_SHIFT) & BYTE;
    this.candidate = packed >>> CANDIDATE_SHIFT;
    this.memory = doubles[((w + R.LOOK) >> 1) + 1]!;
    this.recognition = this.recognised ? recogniser.recognition(words[w + R.APPLICATION]! >>> 16) : undefined;
  }
}
