import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { nearMiss } from '../../waf/seclang/near-miss.ts';

const MOST_BYTES = 256 * 1024;
/** Braces that hold anything else, as those of style sheets do, stand for themselves. */
const PLACES = /\{(reference|status|reason|contact)\}/g;
const NAMES = ['reference', 'status', 'reason', 'contact'];

/** What the places of a page are filled with; it is escaped. */
export interface PageContent {
  readonly reference: string;
  readonly status: string;
  /** What happened, in words for people. */
  readonly reason: string;
  readonly contact: string;
}

/** A page that an operator wrote, with `{reference}`, `{status}`, `{reason}` and `{contact}`. */
export class PageTemplate {
  readonly #text: string;

  /** Throws an `Error` that says what is wrong: a page without its reference, or with places that nobody knows. */
  constructor(text: string) {
    if (!text.includes('{reference}'))
      throw new Error('the page has no {reference}: nobody could find out why somebody saw it');
    for (const [, name = ''] of text.matchAll(/\{([A-Za-z]{1,64})\}/g)) {
      const near = NAMES.includes(name) ? '' : nearMiss(name, NAMES);
      if (near !== '') throw new Error(`{${name}} is unknown${near}`);
    }
    this.#text = text;
  }

  /** The page in UTF-8. */
  fill(content: PageContent): string {
    return this.#text.replace(PLACES, (_, name: keyof PageContent) => escapeHtml(content[name]));
  }
}

/** Reads a page from a file of up to 256 KiB. Throws an `Error` that names the file. */
export function readPageTemplate(path: string): PageTemplate {
  const file = openSync(path, 'r');
  try {
    if (!fstatSync(file).isFile()) throw new Error(`${path}: is no file`);
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(file, bytes, length, bytes.length - length, null);
    if (length > MOST_BYTES) throw new Error(`${path}: is larger than ${MOST_BYTES} bytes`);
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length));
    } catch (error) {
      throw new Error(`${path}: is not UTF-8`, { cause: error });
    }
    try {
      return new PageTemplate(text);
    } catch (error) {
      throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  } finally {
    closeSync(file);
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** A text that is nothing but text between tags and within quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');
}
