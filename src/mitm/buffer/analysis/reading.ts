import type { WebTransaction } from '../../transaction.ts';
import { urlDecode } from '../../waf/transformation/url-decode.ts';
import { clientKey } from './client-key.ts';
import { fieldOf, type Parameter, parametersOf } from './parameters.ts';
import { hashOf, shapeOf, type ValueShape } from './value-shape.ts';

/** A piece of a path. */
export interface Segment {
  /** Decoded once, cut. */
  readonly text: string;
  readonly shape: ValueShape;
}

/** What the analysers see of a transaction: read once for all of them, without what the values say. */
export interface Reading {
  /** See {@link clientKey}. */
  readonly client: string;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** In lower case, without its port. */
  readonly host: string;
  readonly method: string;
  /** Decoded once, cut to 1,024 characters. */
  readonly path: string;
  readonly segments: readonly Segment[];
  readonly parameters: readonly Parameter[];
  /** Header fields and cookies, `header user-agent`, `cookie theme`. */
  readonly fields: readonly Parameter[];
  /** Of the body, in lower case; empty without. */
  readonly mediaType: string;
  /** -1 where nobody knows. */
  readonly bodyBytes: number;
  /** Hash of the session's token; 0 without. */
  readonly session: number;
  readonly userAgent: number;
  /** Of the server's answer; 0 where none is known. */
  readonly status: number;
  /** The answer has a Set-Cookie field. */
  readonly setsCookie: boolean;
  /** Of the answer, in lower case. */
  readonly answerType: string;
  /** Path where the answer leads; empty otherwise. */
  readonly location: string;
  /** The live path did not let it through. */
  readonly blocked: boolean;
}

const LONGEST_PATH = 1024;
const LONGEST_HOST = 255;
/** Segments that are told apart; what follows them counts as one. */
const MOST_SEGMENTS = 8;
const MOST_FIELDS = 48;
const MOST_COOKIES = 32;
const SHORTEST_TOKEN = 12;

/** Fields whose values say nothing about the client, or are read elsewhere. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'date',
  'host',
  'keep-alive',
  'transfer-encoding',
]);
const SESSION_NAME = /sess|^sid$|[._-]sid$|auth|token|^jwt$/i;
const NO_SESSION_NAME = /csrf|xsrf/i;

/** Reads a transaction. Everything is bounded: parameters, fields, segments, and what is looked at of each. */
export function read({ request, response, judgement }: WebTransaction, salt: number): Reading {
  const { path: rawPath, query } = splitTarget(request.target);
  const path = urlDecode.apply(rawPath.slice(0, LONGEST_PATH));
  const { headers } = request;
  const mediaType = mediaTypeOf(fieldOf(headers, 'content-type'));
  const { fields, session } = readFields(headers, salt);
  const answer = response?.headers ?? [];
  return {
    client: clientKey(request.connection.client.address),
    timeMs: request.timeUs / 1000,
    host: hostOf(fieldOf(headers, 'host')),
    method: request.method.slice(0, 24),
    path,
    segments: segmentsOf(rawPath, salt),
    parameters: parametersOf(query, request, mediaType, salt),
    fields,
    mediaType,
    bodyBytes: request.bodyBytes,
    session,
    userAgent: hashOf(fieldOf(headers, 'user-agent'), salt),
    status: response?.status ?? 0,
    setsCookie: fieldOf(answer, 'set-cookie') !== '',
    answerType: mediaTypeOf(fieldOf(answer, 'content-type')),
    location: splitTarget(fieldOf(answer, 'location')).path,
    blocked: judgement.action !== 'pass',
  };
}

/** Path and query of a target in any of its forms (RFC 9112, 3.2). */
function splitTarget(target: string): { readonly path: string; readonly query: string } {
  let start = 0;
  if (target.charCodeAt(0) !== 0x2f) {
    const scheme = target.slice(0, 16).indexOf('://');
    if (scheme > 0) {
      start = target.indexOf('/', scheme + 3);
      if (start < 0) return { path: '/', query: '' };
    }
  }
  const question = target.indexOf('?', start);
  const end = question < 0 ? target.length : question;
  return { path: target.slice(start, end), query: question < 0 ? '' : target.slice(question + 1) };
}

function segmentsOf(path: string, salt: number): Segment[] {
  const segments: Segment[] = [];
  let start = path.charCodeAt(0) === 0x2f ? 1 : 0;
  while (start < path.length) {
    const slash = segments.length === MOST_SEGMENTS - 1 ? -1 : path.indexOf('/', start);
    const end = slash < 0 ? path.length : slash;
    const text = urlDecode.apply(path.slice(start, end));
    segments.push({ text: text.slice(0, LONGEST_PATH), shape: shapeOf(text, salt) });
    start = end + 1;
  }
  return segments;
}

function readFields(
  headers: WebTransaction['request']['headers'],
  salt: number,
): { readonly fields: Parameter[]; readonly session: number } {
  const fields: Parameter[] = [];
  let session = 0;
  for (const [field, value] of headers) {
    const name = field.toLowerCase();
    if (name === 'cookie') {
      session ||= readCookies(value, fields, salt);
      continue;
    }
    if (name === 'authorization' && value.length >= SHORTEST_TOKEN) session ||= hashOf(value, salt);
    if (LEFT_OUT.has(name) || fields.length >= MOST_FIELDS) continue;
    fields.push({ name: `header ${name.slice(0, 64)}`, shape: shapeOf(value, salt) });
  }
  return { fields, session };
}

/** Adds the cookies, and gives the hash of the one that looks like a session's; 0 without. */
function readCookies(text: string, fields: Parameter[], salt: number): number {
  let session = 0;
  let start = 0;
  for (let count = 0; count < MOST_COOKIES && start < text.length; count++) {
    const semicolon = text.indexOf(';', start);
    const end = semicolon < 0 ? text.length : semicolon;
    const equals = text.indexOf('=', start);
    const split = equals < 0 || equals > end ? end : equals;
    const name = text.slice(start, split).trim();
    const value = text.slice(split + 1, end).trim();
    if (fields.length < MOST_FIELDS) {
      fields.push({ name: `cookie ${name.slice(0, 64)}`, shape: shapeOf(value, salt) });
    }
    if (
      session === 0 &&
      value.length >= SHORTEST_TOKEN &&
      SESSION_NAME.test(name.slice(0, 64)) &&
      !NO_SESSION_NAME.test(name.slice(0, 64))
    ) {
      session = hashOf(value, salt);
    }
    start = end + 1;
  }
  return session;
}

function hostOf(host: string): string {
  return host
    .slice(0, LONGEST_HOST)
    .toLowerCase()
    .replace(/:\d{1,5}$/, '');
}

function mediaTypeOf(value: string): string {
  const semicolon = value.indexOf(';');
  return (semicolon < 0 ? value : value.slice(0, semicolon)).trim().toLowerCase().slice(0, 80);
}
