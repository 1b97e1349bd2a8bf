import { TextDigest } from '../../../../net/index.ts';
import type { ClientHello, Extension } from '../client-hello.ts';
import { isGrease } from '../grease.ts';

const md5 = new TextDigest('md5');

/** A JA3 or JA3S fingerprint: the text that is hashed, and its MD5 in hexadecimal. */
export interface Ja3 {
  readonly string: string;
  readonly hash: string;
}

/** JA3 of a client: version, cipher suites, extensions, groups and point formats, in decimal, without GREASE. */
export function ja3(hello: ClientHello): Ja3 {
  let extensions = '';
  for (const { type } of hello.extensions) extensions = join(extensions, type);
  return fingerprint(
    `${hello.version},${list(hello.cipherSuites)},${extensions},${list(hello.supportedGroups)},${hello.ecPointFormats.join('-')}`,
  );
}

/** What JA3S takes of a ServerHello. */
export interface ServerChoice {
  /** `legacy_version`. */
  readonly version: number;
  readonly cipherSuite: number;
  readonly extensions: readonly Extension[];
}

/** JA3S of a server: version, chosen cipher suite, extensions. */
export function ja3s(hello: ServerChoice): Ja3 {
  let extensions = '';
  for (const { type } of hello.extensions) extensions = join(extensions, type);
  return fingerprint(`${hello.version},${hello.cipherSuite},${extensions}`);
}

function fingerprint(string: string): Ja3 {
  return { string, hash: md5.of(string) };
}

function list(values: readonly number[]): string {
  let text = '';
  for (const value of values) text = join(text, value);
  return text;
}

function join(text: string, value: number): string {
  if (isGrease(value)) return text;
  return text === '' ? `${value}` : `${text}-${value}`;
}
