/** DNS queries and answers for the small-flows capture (RFC 1035). */

import { Random } from './random.ts';

const DOMAINS = [
  'example.com',
  'example.net',
  'www.google.com',
  'api.github.com',
  'static.cdn.example.org',
  'mail.example.edu',
  'wikipedia.org',
  's3.amazonaws.com',
  'teams.microsoft.com',
  'updates.example.info',
].map((name) => name.split('.').map((label) => Buffer.from(label)));

const A = 1;
const AAAA = 28;
const NAME_ERROR = 3;

/** A lookup: its query and its answer are functions of `seed` alone. */
export class Lookup {
  private readonly id: number;
  private readonly host: Buffer;
  private readonly domain: readonly Buffer[];
  private readonly type: number;
  private readonly code: number;
  private readonly answers: number;
  private readonly address: number;

  constructor(seed: number) {
    const random = new Random(seed);
    this.id = random.below(0x10000);
    this.host = Buffer.from(`h${random.below(40_000).toString(36)}`);
    this.domain = DOMAINS[random.below(DOMAINS.length)]!;
    this.type = random.share() < 0.6 ? A : AAAA;
    this.code = random.share() < 0.08 ? NAME_ERROR : 0;
    this.answers = this.code === 0 ? 1 + random.below(3) : 0;
    this.address = random.next();
  }

  /** Writes the query at `start`; returns its end. */
  query(bytes: Uint8Array, start: number): number {
    return this.header(bytes, start, 0x0100, 0);
  }

  /** Writes the answer at `start`; returns its end. */
  answer(bytes: Uint8Array, start: number): number {
    let at = this.header(bytes, start, 0x8180 | this.code, this.answers);
    const length = this.type === A ? 4 : 16;
    for (let i = 0; i < this.answers; i++) {
      // A pointer to the name of the question, type, class, 300 s.
      bytes.set([0xc0, 12, 0, this.type, 0, 1, 0, 0, 1, 44, 0, length], at);
      at += 12;
      bytes.fill(0, at, at + length);
      if (length === 16) bytes.set([0x20, 0x01, 0x0d, 0xb8], at);
      at += length;
      const host = this.address + i;
      bytes.set([198, (host >>> 16) & 0xff, (host >>> 8) & 0xff, host & 0xff], at - 4);
    }
    return at;
  }

  private header(bytes: Uint8Array, start: number, flags: number, answers: number): number {
    bytes.set(
      [this.id >>> 8, this.id & 0xff, flags >>> 8, flags & 0xff, 0, 1, 0, answers, 0, 0, 0, 0],
      start,
    );
    let at = label(bytes, start + 12, this.host);
    for (const part of this.domain) at = label(bytes, at, part);
    bytes.set([0, 0, this.type, 0, 1], at);
    return at + 5;
  }
}

function label(bytes: Uint8Array, at: number, text: Buffer): number {
  bytes[at] = text.length;
  bytes.set(text, at + 1);
  return at + 1 + text.length;
}
