/** Longest segment that is taken for a name. */
const LONGEST_WORD = 48;
const NUMBER = /^[+-]?\d+(?:\.\d+)?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}-\d{2}(?:-\d{2}(?:[T ][\d:.Z+-]{0,24})?)?$/;
const HEX = /^(?=[a-f]*\d)(?:0x)?[0-9a-f]{8,}$/i;
const TOKEN = /^[A-Za-z0-9_.=~-]{20,}$/;

/**
 * What stands for a text that differs from request to request: `{n}`, `{uuid}`, `{date}`, `{hex}`, `{token}`;
 * undefined for what may be a name. Linear in the text.
 */
export function placeholderOf(text: string): string | undefined {
  const { length } = text;
  if (length > LONGEST_WORD) return /^[\w.=~-]+$/.test(text) ? '{token}' : undefined;
  const first = text.charCodeAt(0);
  const isDigit = first >= 0x30 && first <= 0x39;
  if ((isDigit || first === 0x2d || first === 0x2b) && NUMBER.test(text)) return '{n}';
  if (length === 36 && UUID.test(text)) return '{uuid}';
  if (isDigit && DATE.test(text)) return '{date}';
  if (length >= 8 && HEX.test(text)) return '{hex}';
  return length >= 20 && TOKEN.test(text) && looksRandom(text) ? '{token}' : undefined;
}

/** Digits among letters, in several places: words with a year behind them are none. */
function looksRandom(text: string): boolean {
  let changes = 0;
  let last = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const digit = code >= 0x30 && code <= 0x39;
    if (at > 0 && digit !== last) changes++;
    last = digit;
  }
  return changes >= 4;
}
