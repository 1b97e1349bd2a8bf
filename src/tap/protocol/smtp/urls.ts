import { latin1, utf8 } from '../../../net/index.ts';

/** Schemes that are looked for, in the order in which one line is searched. */
const SCHEMES: readonly string[] = ['http://', 'https://', 'ftp://'];

/** Characters that end a URL in running text. */
const END = /[\s"'<>\]]/;

const MAXIMUM_URLS = 512;
const MAXIMUM_LINE = 8192;

/**
 * Finds URLs in the text of a message, line by line. Within a line those of one scheme come before those of the
 * next, and the list is read from its end, as in Suricata's `email.url`.
 */
export class UrlFinder {
  private readonly found: string[] = [];
  private line = '';

  /** Decoded text; lines may be split anywhere. */
  text(bytes: Uint8Array, start: number, end: number): void {
    let from = start;
    for (let i = start; i < end; i++) {
      if (bytes[i] !== 10) continue;
      this.take(bytes, from, i);
      this.flush();
      from = i + 1;
    }
    this.take(bytes, from, end);
  }

  /** The end of a part: no line goes on behind it. */
  flush(): void {
    if (this.line !== '') this.search(this.line);
    this.line = '';
  }

  /** All that was found, the last first. */
  list(): string[] {
    return this.found.map((url) => utf8(Buffer.from(url, 'latin1'), 0, url.length)).reverse();
  }

  private take(bytes: Uint8Array, from: number, to: number): void {
    if (to > from && this.line.length < MAXIMUM_LINE) this.line += latin1(bytes, from, to);
  }

  private search(line: string): void {
    if (!line.includes('://')) return;
    const lower = line.toLowerCase();
    for (const scheme of SCHEMES) {
      for (let at = lower.indexOf(scheme); at >= 0; at = lower.indexOf(scheme, at + scheme.length)) {
        if (this.found.length >= MAXIMUM_URLS) return;
        const rest = line.slice(at, at + MAXIMUM_LINE);
        const stop = rest.search(END);
        this.found.push(stop < 0 ? rest : rest.slice(0, stop));
      }
    }
  }
}
