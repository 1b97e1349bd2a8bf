/** Header fields of messages (RFC 5322) and the parameters of their values (RFC 2045, RFC 2231). */

/** A field as it was sent, unfolded. */
export interface HeaderField {
  /** In lower case. */
  readonly name: string;
  value: string;
}

/** Fields of one header block that are kept, and characters of one value; beyond it they are cut. */
export const MAXIMUM_FIELDS = 256;
export const MAXIMUM_VALUE = 16384;

/** The first field of that name (lower case). */
export function field(headers: readonly HeaderField[], name: string): string | undefined {
  for (const header of headers) if (header.name === name) return header.value;
  return undefined;
}

/** The values of all fields of that name, in order. */
export function fields(headers: readonly HeaderField[], name: string): string[] {
  return headers.filter((header) => header.name === name).map((header) => header.value);
}

/**
 * A parameter of a value such as `attachment; filename="a.txt"`. Sections (`filename*0`, `filename*1`) are put
 * together and extended values (`filename*=utf-8''a%20b`) decoded (RFC 2231). undefined when there is none.
 */
export function parameter(value: string, name: string): string | undefined {
  const found = parameters(value);
  const plain = found.get(name);
  if (plain !== undefined) return plain;
  const extended = found.get(`${name}*`);
  if (extended !== undefined) return decodeExtended(extended);
  let joined: string | undefined;
  for (let i = 0; i < MAXIMUM_PARAMETERS; i++) {
    const section = found.get(`${name}*${i}`) ?? found.get(`${name}*${i}*`);
    if (section === undefined) break;
    joined = (joined ?? '') + section;
  }
  if (joined === undefined) return undefined;
  return found.has(`${name}*0*`) ? decodeExtended(joined) : joined;
}

const MAXIMUM_PARAMETERS = 64;

function parameters(value: string): Map<string, string> {
  const found = new Map<string, string>();
  let i = value.indexOf(';');
  while (i >= 0 && i < value.length && found.size < MAXIMUM_PARAMETERS) {
    const equals = value.indexOf('=', i + 1);
    if (equals < 0) break;
    const semicolon = value.indexOf(';', i + 1);
    if (semicolon >= 0 && semicolon < equals) {
      i = semicolon;
      continue;
    }
    const name = value
      .slice(i + 1, equals)
      .trim()
      .toLowerCase();
    let at = equals + 1;
    while (at < value.length && (value[at] === ' ' || value[at] === '\t')) at++;
    let text = '';
    if (value[at] === '"') {
      let from = ++at;
      while (at < value.length && value[at] !== '"') {
        if (value[at] === '\\' && at + 1 < value.length) {
          text += value.slice(from, at);
          from = ++at;
        }
        at++;
      }
      text += value.slice(from, at);
      i = value.indexOf(';', at);
    } else {
      const stop = value.indexOf(';', at);
      text = value.slice(at, stop < 0 ? value.length : stop).trim();
      i = stop;
    }
    if (name !== '' && !found.has(name)) found.set(name, text);
  }
  return found;
}

function decodeExtended(value: string): string {
  const parts = value.split("'");
  const text = parts.length >= 3 ? parts.slice(2).join("'") : value;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The addresses of a list (`To`, `Cc`): split at commas outside of quotes, empty ones left out. */
export function addressList(value: string): string[] {
  const list: string[] = [];
  let from = 0;
  let inQuotes = false;
  for (let i = 0; i < value.length; i++) {
    const c = value.charCodeAt(i);
    if (c === 92 && inQuotes) i++;
    else if (c === 34) inQuotes = !inQuotes;
    else if (c === 44 && !inQuotes) {
      const one = value.slice(from, i).trim();
      if (one !== '') list.push(one);
      from = i + 1;
    }
  }
  const rest = value.slice(from).trim();
  if (rest !== '') list.push(rest);
  return list;
}
