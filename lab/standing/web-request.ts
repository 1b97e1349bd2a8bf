import { join } from 'node:path';
import { PROGRAMS_FOLDER } from '../programs.ts';
import { ADDRESS } from '../topology.ts';
import { APPLICATION } from '../web-application.ts';
import { curl } from './services.ts';

/** What requests to the web application come over. */
export type Over = 'http' | 'https' | 'h2';

/** Requests of one kind to the web application behind weir, by one run of a real client. */
export interface WebRequest {
  /** What kind of request: `sql injection`, `a form`. */
  readonly kind: string;
  readonly from: string;
  readonly over: Over;
  /** What is sent, in words. */
  readonly sent: string;
  readonly command: readonly string[];
  /** The command ends within this, in milliseconds. */
  readonly bound: number;
}

/** Who asks, for what, and how. */
export interface CurlRequest {
  readonly kind: string;
  readonly from: string;
  readonly over: Over;
  readonly family?: 4 | 6;
  /** Paths with their queries; each is a request of its own over the same connection. */
  readonly paths: readonly string[];
  readonly sent: string;
  /** Further words for curl. */
  readonly words?: readonly string[];
}

/** A line of these for each answer: status, version, and the mark of the application when it answered itself. */
const WRITE_OUT = 'answered %{http_code} %{http_version} %header{x-application}\\n';
const CURL_MS = 8000;
/** curl has five seconds for each request; of many, for all of them. */
const MANY_MS = 30_000;
const RAW_SECONDS = 4;

const VERSIONS: Readonly<Record<Over, readonly string[]>> = {
  http: ['--http1.1'],
  https: ['--http1.1'],
  h2: ['--http2'],
};

/** Requests by curl. `folder` is the lab's own. */
export function byCurl(folder: string, request: CurlRequest): WebRequest {
  const { kind, from, over, family = 4, paths, sent, words = [] } = request;
  const port = over === 'http' ? 80 : 443;
  const address = family === 4 ? ADDRESS.gateway : `[${ADDRESS.gateway6}]`;
  const base = `${over === 'http' ? 'http' : 'https'}://${APPLICATION.name}`;
  const urls = paths.map((path) => `${base}${path}`);
  const own = ['--resolve', `${APPLICATION.name}:${port}:${address}`, '--globoff', ...VERSIONS[over]];
  const outputs = urls.slice(1).flatMap(() => ['-o', '/dev/null']);
  const many = paths.length > 20 ? ['--max-time', String(MANY_MS / 1000)] : [];
  const command = curl(folder, ...own, ...many, '-w', WRITE_OUT, ...words, ...outputs, ...urls);
  return { kind, from, over, sent, command, bound: many.length > 0 ? MANY_MS : CURL_MS };
}

/** Bytes as they are, from the attacker, in clear. */
export function byBytes(kind: string, sent: string, bytes: string): WebRequest {
  const payload = Buffer.from(bytes, 'latin1').toString('base64');
  const command = raw('send', String(RAW_SECONDS), payload);
  return { kind, from: 'attacker', over: 'http', sent, command, bound: 2 * RAW_SECONDS * 1000 };
}

/** Heads that never end. */
export function slowly(kind: string, connections: number, seconds: number): WebRequest {
  const command = raw('slow', String(seconds), String(connections));
  const sent = `${connections} heads that never end, for ${seconds} s`;
  return { kind, from: 'attacker', over: 'http', sent, command, bound: (seconds + 8) * 1000 };
}

function raw(how: 'send' | 'slow', seconds: string, what: string): string[] {
  return ['/usr/bin/python3', join(PROGRAMS_FOLDER, 'raw.py'), how, ADDRESS.gateway, '80', seconds, what];
}
