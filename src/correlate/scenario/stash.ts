import type { Stash } from './expression/index.ts';

const MOST_TEXTS = 10_000;
const LONGEST = 4096;

/** Texts that expressions keep (`SetInStash`), until their time; the oldest goes when there are too many. */
export class TextStash implements Stash {
  private readonly texts = new Map<string, { readonly value: string; readonly untilUs: number }>();

  set(name: string, key: string, value: string, untilUs: number): void {
    const full = `${name}\n${key}`;
    if (full.length > LONGEST || value.length > LONGEST) return;
    this.texts.delete(full);
    if (this.texts.size >= MOST_TEXTS) {
      const oldest = this.texts.keys().next().value;
      if (oldest !== undefined) this.texts.delete(oldest);
    }
    this.texts.set(full, { value, untilUs });
  }

  get(name: string, key: string, nowUs: number): string {
    const found = this.texts.get(`${name}\n${key}`);
    return found === undefined || found.untilUs < nowUs ? '' : found.value;
  }
}
