/** Longest file name that is kept. */
const NAME_LENGTH = 4096;

/** A parameter of a header field such as Content-Disposition (RFC 6266) or Content-Type; undefined when absent. */
export function parameter(value: string, name: string): string | undefined {
  let at = 0;
  while (at < value.length) {
    const semicolon = partEnd(value, at);
    const part = value.slice(at, semicolon).trimStart();
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trimEnd().toLowerCase() === name) {
      return unquote(part.slice(equals + 1).trim()).slice(0, NAME_LENGTH);
    }
    at = semicolon + 1;
  }
  return undefined;
}

/** Index of the semicolon that ends the part at `start`, outside of quotes, or the length. */
function partEnd(value: string, start: number): number {
  let quoted = false;
  for (let i = start; i < value.length; i++) {
    const c = value[i];
    if (c === '\\' && quoted) i++;
    else if (c === '"') quoted = !quoted;
    else if (c === ';' && !quoted) return i;
  }
  return value.length;
}

function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  const inner = text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text.slice(1);
  return inner.includes('\\') ? inner.replace(/\\(["\\])/g, '$1') : inner;
}

/** The file's name in a Content-Disposition: `filename`, else the extended `filename*` (RFC 8187). */
export function dispositionName(value: string): string | undefined {
  const plain = parameter(value, 'filename');
  if (plain !== undefined) return plain;
  const extended = parameter(value, 'filename*');
  if (extended === undefined) return undefined;
  const text = /^[\w-]{0,32}'[\w-]{0,32}'(.*)$/s.exec(extended)?.[1];
  if (text === undefined) return extended;
  const bytes = Buffer.from(
    text.replace(/%([\da-fA-F]{2})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    ),
    'latin1',
  );
  return bytes.toString(/^iso-8859-1/i.test(extended) ? 'latin1' : 'utf8');
}

/** Range of bytes that a Content-Range announces (RFC 9110, section 14.4); numbers that are `*` are undefined. */
export interface ContentRange {
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly size: number | undefined;
}

/** Reads a Content-Range; undefined when it is not one of bytes. */
export function contentRange(value: string): ContentRange | undefined {
  const found = /^\s{0,16}bytes[ =]\s{0,16}(?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)/i.exec(value);
  if (found === null) return undefined;
  const number = (text: string | undefined): number | undefined =>
    text === undefined || text === '*' ? undefined : Number(text);
  return { start: number(found[1]), end: number(found[2]), size: number(found[3]) };
}
