/** Texts and views whose bits find room in one piece. */
const TOGETHER = 64;
/** Pieces that wait for the next request. */
const MOST_WAITING = 64;

/** Room for the bits of the texts and views of requests, which goes from one request to the next. */
export class Rooms {
  private readonly length: number;
  private readonly waiting: Uint32Array[] = [];

  /** `words`: that the bits of one text take. */
  constructor(words: number) {
    this.length = TOGETHER * words;
  }

  /** Room with whatever was in it before. */
  take(): Uint32Array {
    return this.waiting.pop() ?? new Uint32Array(this.length);
  }

  giveBack(room: Uint32Array): void {
    if (this.waiting.length < MOST_WAITING) this.waiting.push(room);
  }
}
