import { hex, latin1, utf8 } from '../../../../net/index.ts';
import {
  BMP_STRING,
  type Element,
  expectElement,
  IA5_STRING,
  NUMERIC_STRING,
  OBJECT_IDENTIFIER,
  objectIdentifier,
  PRINTABLE_STRING,
  readElement,
  SEQUENCE,
  SET,
  TELETEX_STRING,
  UNIVERSAL_STRING,
  UTF8_STRING,
  VISIBLE_STRING,
} from './der.ts';
import { attributeEveName, attributeShortName } from './object-names.ts';

const MAX_ATTRIBUTES = 128;

/** One attribute of a distinguished name. */
export interface Attribute {
  /** Object identifier of the type, dotted. */
  readonly type: string;
  /** The value's text; undefined where it is not of a string type. */
  readonly text: string | undefined;
  /** The value's whole DER element, and its content, in hexadecimal; only for what is not text or not known. */
  readonly elementHex: string;
  readonly contentHex: string;
}

/** A distinguished name: relative names in the certificate's order, each of one attribute or several. */
export type Name = readonly (readonly Attribute[])[];

/** Reads a Name (RFC 5280 section 4.1.2.4) from the element of its SEQUENCE; undefined when it is malformed. */
export function parseName(bytes: Uint8Array, sequence: Element): Name | undefined {
  const name: Attribute[][] = [];
  let count = 0;
  let at = sequence.start;
  while (at < sequence.end) {
    const set = expectElement(bytes, at, sequence.end, SET);
    if (set === undefined) return undefined;
    const attributes: Attribute[] = [];
    for (let inner = set.start; inner < set.end; ) {
      const pair = expectElement(bytes, inner, set.end, SEQUENCE);
      if (pair === undefined || ++count > MAX_ATTRIBUTES) return undefined;
      const attribute = parseAttribute(bytes, pair);
      if (attribute === undefined) return undefined;
      attributes.push(attribute);
      inner = pair.end;
    }
    name.push(attributes);
    at = set.end;
  }
  return name;
}

function parseAttribute(bytes: Uint8Array, pair: Element): Attribute | undefined {
  const oid = expectElement(bytes, pair.start, pair.end, OBJECT_IDENTIFIER);
  if (oid === undefined) return undefined;
  const type = objectIdentifier(bytes, oid.start, oid.end);
  const value = readElement(bytes, oid.end, pair.end);
  if (type === undefined || value === undefined) return undefined;
  const text = stringText(bytes, value);
  if (text !== undefined && attributeShortName(type) !== undefined)
    return { type, text, elementHex: '', contentHex: '' };
  return {
    type,
    text,
    elementHex: hex(bytes, value.offset, value.end).toUpperCase(),
    contentHex: hex(bytes, value.start, value.end).toUpperCase(),
  };
}

/** Text of an element of one of the string types. */
export function stringText(bytes: Uint8Array, element: Element): string | undefined {
  switch (element.tag) {
    case UTF8_STRING:
      return utf8(bytes, element.start, element.end);
    case NUMERIC_STRING:
    case PRINTABLE_STRING:
    case TELETEX_STRING:
    case IA5_STRING:
    case VISIBLE_STRING:
      return latin1(bytes, element.start, element.end);
    case BMP_STRING:
      return wideText(bytes, element, 2);
    case UNIVERSAL_STRING:
      return wideText(bytes, element, 4);
    default:
      return undefined;
  }
}

function wideText(bytes: Uint8Array, element: Element, width: 2 | 4): string {
  let text = '';
  for (let at = element.start; at + width <= element.end; at += width) {
    let code = 0;
    for (let i = 0; i < width; i++) code = code * 256 + (bytes[at + i] as number);
    text += code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code);
  }
  return text;
}

/** The name as Suricata writes it: `C=US, O=Example, CN=www.example.com`, in the certificate's order, unescaped. */
export function eveName(name: Name): string {
  return name
    .map((attributes) =>
      attributes.map((a) => `${attributeEveName(a.type)}=${a.text ?? a.contentHex}`).join(' + '),
    )
    .join(', ');
}

/** The name as Zeek writes it: by RFC 2253, `CN=www.example.com,O=Example,C=US`, non-ASCII bytes in hexadecimal. */
export function zeekName(name: Name): string {
  return [...name]
    .reverse()
    .map((attributes) => [...attributes].reverse().map(rfc2253Attribute).join('+'))
    .join(',');
}

function rfc2253Attribute(attribute: Attribute): string {
  const short = attributeShortName(attribute.type);
  if (short === undefined || attribute.text === undefined)
    return `${short ?? attribute.type}=#${attribute.elementHex}`;
  return `${short}=${escape2253(attribute.text)}`;
}

/** RFC 2253 section 2.4, control and non-ASCII characters as the hexadecimal of their UTF-8. */
function escape2253(text: string): string {
  if (/^[A-Za-z0-9*.\-_:/@'()&=?][A-Za-z0-9 *.\-_:/@'()&=?]*$/.test(text) && !text.endsWith(' ')) return text;
  const bytes = Buffer.from(text, 'utf8');
  let escaped = '';
  for (let i = 0; i < bytes.length; i++) {
    const code = bytes[i] as number;
    const character = String.fromCharCode(code);
    const edge =
      (i === 0 && (character === ' ' || character === '#')) || (i === bytes.length - 1 && character === ' ');
    if (code < 0x20 || code >= 0x7f) escaped += `\\${code.toString(16).toUpperCase().padStart(2, '0')}`;
    else if (edge || ',+"\\<>;'.includes(character)) escaped += `\\${character}`;
    else escaped += character;
  }
  return escaped;
}

/** The last common name of a name, the one that names the holder. */
export function commonName(name: Name): string | undefined {
  for (let i = name.length - 1; i >= 0; i--)
    for (const attribute of name[i] as readonly Attribute[])
      if (attribute.type === '2.5.4.3') return attribute.text;
  return undefined;
}
