import { authorityFault } from './authority.ts';
import { CLASSES, COLON, CR, HTAB, LF, SP, TOKEN, VALUE } from './character.ts';
import { nameFault, valueFault } from './field-fault.ts';
import { checkTransferEncoding, contentLengthOf, trimmed } from './framing-fields.ts';
import { type Field, HttpError } from './message.ts';

/**
 * The fields of a head (RFC 9112, 5), read strictly in one pass, with what the few fields say that decide how the
 * message is read: its framing, its host, the connection. Used for one head.
 */
export class FieldSection {
  readonly fields: Field[] = [];
  /** What Content-Length says; -1 without one. */
  contentLength = -1;
  /** A Transfer-Encoding that is exactly `chunked` was there. */
  chunked = false;
  /** Of the Host field; undefined without one. */
  host: string | undefined = undefined;
  /** What Connection says. */
  close = false;
  keepAlive = false;
  namesUpgrade = false;
  /** The values of Upgrade in lower case. */
  upgrade = '';
  expectsContinue = false;

  readonly #bytes: Uint8Array;
  /** The bytes as latin1, from `#origin` on: pieces of it cost no call into the runtime. */
  readonly #text: string;
  readonly #origin: number;
  /** 400 for requests, 502 for answers. */
  readonly #status: 400 | 502;
  readonly #most: number;
  /** Of trailers: names in lower case that must not be there, while none that may has a meaning here. */
  readonly #refused: ReadonlySet<string> | undefined;

  constructor(
    bytes: Uint8Array,
    text: string,
    origin: number,
    status: 400 | 502,
    most: number,
    refused?: ReadonlySet<string>,
  ) {
    this.#bytes = bytes;
    this.#text = text;
    this.#origin = origin;
    this.#status = status;
    this.#most = most;
    this.#refused = refused;
  }

  /** Reads lines from `start` to the empty line; returns the offset behind it, -1 where `end` comes first. */
  read(start: number, end: number): number {
    const bytes = this.#bytes;
    const text = this.#text;
    const origin = this.#origin;
    let at = start;
    while (at < end) {
      const nameStart = at;
      while (at < end && (CLASSES[bytes[at]!]! & TOKEN) !== 0) at++;
      if (at === end) return -1;
      if (bytes[at] !== COLON || at === nameStart) {
        if (at !== nameStart || bytes[at] !== CR) throw this.#fault(nameFault(bytes[at]!, at === nameStart));
        if (at + 1 === end) return -1;
        if (bytes[at + 1] !== LF) throw this.#fault('a bare CR where the empty line is to be');
        return at + 2;
      }
      const nameEnd = at++;
      while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
      const valueStart = at;
      while (at < end && (CLASSES[bytes[at]!]! & VALUE) !== 0) at++;
      if (at + 1 >= end) return -1;
      if (bytes[at] !== CR || bytes[at + 1] !== LF) throw this.#fault(valueFault(bytes[at]!));
      const lineEnd = at;
      let valueEnd = at;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB))
        valueEnd--;
      at += 2;
      if (this.fields.length === this.#most) {
        throw new HttpError(this.#status === 400 ? 431 : this.#status, 'too many fields');
      }
      const name = text.substring(nameStart - origin, nameEnd - origin);
      const value = text.substring(valueStart - origin, valueEnd - origin);
      this.fields.push([name, value]);
      if (this.#refused === undefined) this.#note(name, value, nameEnd, lineEnd);
      else if (this.#refused.has(name.toLowerCase())) throw this.#fault('a field that no trailer can be');
    }
    return -1;
  }

  /** What a field means for the message. Only names of a length that matters are looked at. */
  #note(name: string, value: string, nameEnd: number, lineEnd: number): void {
    switch (name.length) {
      case 4:
        if (name !== 'Host' && name.toLowerCase() !== 'host') return;
        this.#refuseTabs(nameEnd, lineEnd);
        this.#noteHost(value);
        return;
      case 6:
        if (name.toLowerCase() === 'expect') this.#noteExpect(value);
        return;
      case 7:
        if (name.toLowerCase() === 'upgrade') this.#noteUpgrade(value);
        return;
      case 10:
        if (name === 'Connection' || name.toLowerCase() === 'connection') this.#noteConnection(value);
        return;
      case 14: {
        const lower = name.toLowerCase();
        if (lower === 'content_length') throw this.#fault('Content-Length written with an underscore');
        if (lower !== 'content-length') return;
        this.#refuseTabs(nameEnd, lineEnd);
        this.#noteContentLength(value);
        return;
      }
      case 17: {
        const lower = name.toLowerCase();
        if (lower === 'transfer_encoding') throw this.#fault('Transfer-Encoding written with an underscore');
        if (lower !== 'transfer-encoding') return;
        this.#refuseTabs(nameEnd, lineEnd);
        this.#noteTransferEncoding(value);
        return;
      }
    }
  }

  /** A tab is white space as a space is (RFC 9110, 5.6.3), but not to all programs; nobody puts one here in good faith. */
  #refuseTabs(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      if (this.#bytes[at] === HTAB) throw this.#fault('a tab in a field that decides how a message is read');
    }
  }

  /** RFC 9112, 3.2: exactly one, and a valid one. */
  #noteHost(value: string): void {
    if (this.#status !== 400) return;
    if (this.host !== undefined) throw this.#fault('more than one Host field');
    this.host = value;
    if (value === '') return;
    const fault = authorityFault(value, false);
    if (fault !== undefined) throw this.#fault(`Host has ${fault}`);
  }

  /** RFC 9110, 8.6: a repeated one is refused even where it says the same. */
  #noteContentLength(value: string): void {
    if (this.contentLength >= 0) throw this.#fault('more than one Content-Length field');
    this.contentLength = contentLengthOf(value, this.#status);
  }

  /** RFC 9112, 6.1. */
  #noteTransferEncoding(value: string): void {
    if (this.chunked) throw this.#fault('more than one Transfer-Encoding field');
    checkTransferEncoding(value, this.#status);
    this.chunked = true;
  }

  /** RFC 9110, 7.6.1. */
  #noteConnection(value: string): void {
    if (value === 'keep-alive') {
      this.keepAlive = true;
      return;
    }
    for (const part of value.toLowerCase().split(',')) {
      const option = trimmed(part);
      if (option === 'close') this.close = true;
      else if (option === 'keep-alive') this.keepAlive = true;
      else if (option === 'upgrade') this.namesUpgrade = true;
      else this.#checkToken(option, 'Connection');
    }
  }

  /** RFC 9110, 7.8: protocols, each a name and perhaps a version. */
  #noteUpgrade(value: string): void {
    const lower = value.toLowerCase();
    for (const part of lower.split(',')) {
      const protocol = trimmed(part);
      const slash = protocol.indexOf('/');
      this.#checkToken(slash < 0 ? protocol : protocol.slice(0, slash), 'Upgrade');
      if (slash >= 0) this.#checkToken(protocol.slice(slash + 1), 'Upgrade');
    }
    this.upgrade = this.upgrade === '' ? lower : `${this.upgrade}, ${lower}`;
  }

  /** RFC 9110, 10.1.1: there is one expectation. */
  #noteExpect(value: string): void {
    if (this.#status !== 400) return;
    if (value.toLowerCase() !== '100-continue')
      throw new HttpError(417, 'an expectation other than 100-continue');
    this.expectsContinue = true;
  }

  /** Empty elements of lists are read over (RFC 9110, 5.6.1.2). */
  #checkToken(text: string, where: string): void {
    for (let at = 0; at < text.length; at++) {
      if ((CLASSES[text.charCodeAt(at)]! & TOKEN) === 0) throw this.#fault(`a malformed ${where} field`);
    }
  }

  #fault(reason: string): HttpError {
    return new HttpError(this.#status, reason);
  }
}
