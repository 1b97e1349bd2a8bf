import { CLASSES, TOKEN, VALUE } from './character.ts';

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Behind a semicolon: the name must begin. */
export const EXTENSION_BEGINS = 0;
const NAME = 1;
const VALUE_BEGINS = 2;
const VALUE_TOKEN = 3;
const QUOTED = 4;
const ESCAPED = 5;
const QUOTE_CLOSED = 6;
/** What no extension can go on with. */
export const EXTENSION_FAULT = 7;

/**
 * The next state of a chunk extension (RFC 9112, 7.1.1: `;name`, `;name=token`, `;name="quoted"`), without the white
 * space that the RFC tolerates and nobody writes. Begins with {@link EXTENSION_BEGINS}.
 */
export function extensionState(state: number, byte: number): number {
  const classes = CLASSES[byte]!;
  switch (state) {
    case EXTENSION_BEGINS:
      return (classes & TOKEN) === 0 ? EXTENSION_FAULT : NAME;
    case NAME:
      if ((classes & TOKEN) !== 0) return NAME;
      if (byte === EQUALS) return VALUE_BEGINS;
      return byte === SEMICOLON ? EXTENSION_BEGINS : EXTENSION_FAULT;
    case VALUE_BEGINS:
      if (byte === QUOTE) return QUOTED;
      return (classes & TOKEN) === 0 ? EXTENSION_FAULT : VALUE_TOKEN;
    case VALUE_TOKEN:
      if ((classes & TOKEN) !== 0) return VALUE_TOKEN;
      return byte === SEMICOLON ? EXTENSION_BEGINS : EXTENSION_FAULT;
    case QUOTED:
      if (byte === QUOTE) return QUOTE_CLOSED;
      if (byte === BACKSLASH) return ESCAPED;
      return (classes & VALUE) === 0 ? EXTENSION_FAULT : QUOTED;
    case ESCAPED:
      return (classes & VALUE) === 0 ? EXTENSION_FAULT : QUOTED;
    case QUOTE_CLOSED:
      return byte === SEMICOLON ? EXTENSION_BEGINS : EXTENSION_FAULT;
    default:
      return EXTENSION_FAULT;
  }
}

/** Whether an extension may end in this state. */
export function extensionMayEnd(state: number): boolean {
  return state === NAME || state === VALUE_TOKEN || state === QUOTE_CLOSED;
}
