import { parseAddress } from '../../../net/index.ts';

/** Where a data channel will be opened to. */
export interface Endpoint {
  /** undefined: the address of the side that said it. */
  readonly address: string | undefined;
  readonly port: number;
}

const SIX_NUMBERS = /(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})/;

/** The six numbers of `PORT` and of the reply to `PASV` (RFC 959 section 4.1.2), anywhere in the text. */
export function sixNumbers(text: string): Endpoint | undefined {
  const found = SIX_NUMBERS.exec(text.slice(0, 512));
  if (!found) return undefined;
  const numbers = found.slice(1).map(Number);
  if (numbers.some((n) => n > 255)) return undefined;
  const port = ((numbers[4] as number) << 8) | (numbers[5] as number);
  return port === 0 ? undefined : { address: numbers.slice(0, 4).join('.'), port };
}

/** `|1|192.0.2.1|6275|` of `EPRT` (RFC 2428 section 2). The delimiter is whatever character comes first. */
export function extendedPort(text: string): Endpoint | undefined {
  const parts = text.slice(0, 256).split(text[0] ?? '|');
  const address = parseAddress(parts[2] ?? '');
  const port = portOf(parts[3]);
  if (!address || port === undefined || (parts[1] !== '1' && parts[1] !== '2')) return undefined;
  return { address: parts[2], port };
}

const EXTENDED_PASSIVE = /\(([!-~])\1\1(\d{1,5})\1\)/;

/** `(|||6446|)` of the reply to `EPSV` (RFC 2428 section 3). */
export function extendedPassive(text: string): Endpoint | undefined {
  const port = portOf(EXTENDED_PASSIVE.exec(text.slice(0, 512))?.[2]);
  return port === undefined ? undefined : { address: undefined, port };
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port > 0 && port < 65536 ? port : undefined;
}
