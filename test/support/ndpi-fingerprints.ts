import { parseAddress } from '../../src/net/index.ts';

/** What a flow's records say of its hellos. */
export class FlowFingerprints {
  readonly ja3 = new Set<string>();
  readonly ja3s = new Set<string>();
  readonly clients: ClientPrint[] = [];

  /** Takes the `tls` or `quic` object of a record. */
  add(object: Readonly<Record<string, unknown>>): void {
    const { ja3, ja3s, ja4, sni } = object;
    const hash = hashOf(ja3);
    if (hash !== undefined) this.ja3.add(hash);
    const serverHash = hashOf(ja3s);
    if (serverHash !== undefined) this.ja3s.add(serverHash);
    if (typeof ja4 !== 'string') return;
    const name = typeof sni === 'string' ? sni : '';
    this.clients.push({
      ja4,
      sni: name,
      named: extensionsOf(object).includes(SERVER_NAME),
      alpns: alpnsOf(object),
    });
  }
}

/** A client's JA4, and what it was made of where nDPI departs from its definition. */
export interface ClientPrint {
  readonly ja4: string;
  readonly sni: string;
  /** Whether the hello has the extension of the server's name. */
  readonly named: boolean;
  readonly alpns: readonly string[];
}

/** The fingerprints of one line of ndpiReader. */
export interface WantedFingerprints {
  readonly ja3: string | undefined;
  readonly ja3s: string | undefined;
  readonly ja4: string | undefined;
}

/** Reads `[JA3C: ...][JA3S: ...][JA4: ...]`. */
export function fingerprintsOf(line: string): WantedFingerprints {
  const value = (name: string): string | undefined => new RegExp(`\\[${name}: ([0-9a-z_]+)`).exec(line)?.[1];
  return { ja3: value('JA3C'), ja3s: value('JA3S'), ja4: value('JA4') };
}

/**
 * Whether the letter for the name and the two characters for ALPN are those of FoxIO's definition (technical details,
 * "SNI" and "ALPN Extension Value"): the other parts are compared with nDPI's as they are.
 */
export function followsDefinition({ ja4, named, alpns }: ClientPrint): boolean {
  return ja4[3] === (named ? 'd' : 'i') && ja4.slice(8, 10) === alpnMark(alpns[0] ?? '');
}

function alpnMark(name: string): string {
  const hex = Buffer.from(name, 'latin1').toString('hex');
  const text = /^[0-9A-Za-z]/.test(name) && /[0-9A-Za-z]$/.test(name) ? name : hex;
  return name === '' ? '00' : `${text[0]}${text.at(-1)}`;
}

/** Where nDPI of October 2024 departs from FoxIO's definition of JA4. */
export const DEPARTURES = {
  name: 'without a server name it says d, and i only where the name is an address; FoxIO: d if there is the extension',
  alpn: 'it takes the first two characters of the list of ALPN, less the last of the list; FoxIO: first and last character of the first',
  empty: 'it hashes no text where no extension is left; FoxIO: zeros',
  version: 'it takes the version of DTLS before its standard, 0x0100, for SSL 3; FoxIO: unknown, 00',
} as const;

/** Kind of departure. */
export type Departure = keyof typeof DEPARTURES;

/** First twelve digits of the SHA-256 of nothing. */
const HASH_OF_NOTHING = 'e3b0c44298fc';
const ZEROS = '000000000000';

/**
 * Which departures lead from our JA4 of a client to the one that nDPI gives it: none where both are the same,
 * undefined where these rules give another value than nDPI's.
 */
export function departuresTo(wanted: string, { ja4, sni, alpns }: ClientPrint): Departure[] | undefined {
  const departures: Departure[] = [];
  let expected = ja4;
  const put = (from: number, text: string, departure: Departure): void => {
    if (expected.slice(from, from + text.length) === text) return;
    expected = expected.slice(0, from) + text + expected.slice(from + text.length);
    departures.push(departure);
  };
  put(3, parseAddress(sni) === undefined ? 'd' : 'i', 'name');
  const list = alpns.join(',').slice(0, -1);
  put(8, list.slice(0, 2).padEnd(2, '0'), 'alpn');
  if (expected.endsWith(ZEROS)) put(expected.length - ZEROS.length, HASH_OF_NOTHING, 'empty');
  if (expected.startsWith('d00')) put(1, 's3', 'version');
  return expected === wanted ? departures : undefined;
}

function hashOf(fingerprint: unknown): string | undefined {
  if (typeof fingerprint !== 'object' || fingerprint === null) return undefined;
  const { hash } = fingerprint as { readonly hash?: unknown };
  return typeof hash === 'string' ? hash : undefined;
}

/** Types of the client's extensions. */
function extensionsOf(object: Readonly<Record<string, unknown>>): readonly number[] {
  const handshake = object.client_handshake as { readonly exts?: readonly number[] } | undefined;
  if (handshake !== undefined) return handshake.exts ?? [];
  return Array.isArray(object.extensions)
    ? (object.extensions as readonly { readonly type: number }[]).map(({ type }) => type)
    : [];
}

/** The client's list: `client_alpns` of `tls`, the values of an extension of `quic`. */
function alpnsOf(object: Readonly<Record<string, unknown>>): readonly string[] {
  if (Array.isArray(object.client_alpns)) return object.client_alpns as readonly string[];
  if (!Array.isArray(object.extensions)) return [];
  const extensions = object.extensions as readonly { readonly type: number; readonly values?: unknown }[];
  const values = extensions.find(({ type }) => type === ALPN)?.values;
  return Array.isArray(values) ? (values as readonly string[]) : [];
}

const SERVER_NAME = 0;
const ALPN = 16;
