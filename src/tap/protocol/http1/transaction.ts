import type { Highlight, Transaction, ZeekLog, ZeekRow, ZeekValue } from '../../../event/index.ts';
import { fieldString } from './characters.ts';
import { contentRange } from './disposition.ts';
import { type Exchange, type Fields, type HeaderField, UNSEEN_PATH } from './exchange.ts';
import { PROXY_FIELDS } from './field-name.ts';
import { hostPort, unescapeUri } from './uri.ts';
import { zeekRequest } from './zeek-request.ts';

/** Zeek's http.log (scripts/base/protocols/http). */
export const HTTP_LOG: ZeekLog = {
  path: 'http',
  connection: true,
  columns: [
    ['trans_depth', 'count'],
    ['method', 'string'],
    ['host', 'string'],
    ['uri', 'string'],
    ['referrer', 'string'],
    ['version', 'string'],
    ['user_agent', 'string'],
    ['origin', 'string'],
    ['request_body_len', 'count'],
    ['response_body_len', 'count'],
    ['status_code', 'count'],
    ['status_msg', 'string'],
    ['info_code', 'count'],
    ['info_msg', 'string'],
    ['tags', 'set[enum]'],
    ['username', 'string'],
    ['password', 'string'],
    ['proxied', 'set[string]'],
    ['orig_fuids', 'vector[string]'],
    ['orig_filenames', 'vector[string]'],
    ['orig_mime_types', 'vector[string]'],
    ['resp_fuids', 'vector[string]'],
    ['resp_filenames', 'vector[string]'],
    ['resp_mime_types', 'vector[string]'],
  ],
};

/** Files of one message that Zeek names in http.log. */
const LOGGED_FILES = 15;

/** What Suricata writes of a header field. */
const NAME_LENGTH = 255;
const VALUE_LENGTH = 2047;

/** The `http` object of EVE for an exchange as far as it is known. */
export function eveHttp(exchange: Exchange): Record<string, unknown> {
  const { requestLine, request, response, statusLine } = exchange;
  const http: Record<string, unknown> = {};
  const authority = authorityOf(exchange);
  if (authority !== undefined) {
    http.hostname = authority.host;
    if (authority.port !== undefined) http.http_port = authority.port;
  }
  if (requestLine === undefined) http.url = UNSEEN_PATH;
  else if (requestLine.uri !== undefined) http.url = requestLine.uri;
  const agent = request?.get('user-agent');
  if (agent !== undefined) http.http_user_agent = agent;
  const forwarded = request?.get('x-forwarded-for');
  if (forwarded !== undefined) http.xff = forwarded;
  const type = response?.get('content-type');
  if (type !== undefined) http.http_content_type = type.split(';', 1)[0];
  const range = response?.get('content-range');
  if (range !== undefined) http.content_range = eveRange(range);
  const referer = request?.get('referer');
  if (referer !== undefined) http.http_refer = referer;
  if (requestLine !== undefined && requestLine.method !== '') http.http_method = requestLine.method;
  if (requestLine?.protocol !== undefined) http.protocol = requestLine.protocol;
  if (statusLine?.status !== undefined) http.status = statusLine.status;
  else if (statusLine?.statusText !== undefined) http.status_string = statusLine.statusText;
  const location = response?.get('location');
  if (location !== undefined) http.redirect = location;
  http.length = exchange.responseLength;
  if (request?.all !== undefined && request.all.length > 0) http.request_headers = eveHeaders(request.all);
  if (response?.all !== undefined && response.all.length > 0)
    http.response_headers = eveHeaders(response.all);
  return http;
}

function eveHeaders(all: readonly HeaderField[]): HeaderField[] {
  return all.map(({ name, value }) => ({
    name: name.slice(0, NAME_LENGTH),
    value: value.slice(0, VALUE_LENGTH),
  }));
}

function eveRange(raw: string): Record<string, unknown> {
  const parsed = contentRange(raw);
  const range: Record<string, unknown> = { raw };
  if (parsed?.start !== undefined) range.start = parsed.start;
  if (parsed?.end !== undefined) range.end = parsed.end;
  if (parsed?.size !== undefined) range.size = parsed.size;
  return range;
}

/** Host and port of the request: of its target, else of its Host field. */
function authorityOf(exchange: Exchange): { host: string; port: number | undefined } | undefined {
  const target = exchange.target?.authority;
  if (target !== undefined && target.host !== '') return target;
  const host = exchange.request?.get('host');
  if (host === undefined || host === '') return undefined;
  return hostPort(host);
}

/** The record of one request and its answer. */
export class Http1Transaction implements Transaction {
  readonly type = 'http';
  private readonly exchange: Exchange;
  private readonly extraDepth: number;

  /** `extraDepth`: depth of a row of its own for the end of a short request that Zeek sees last; 0 for none. */
  constructor(exchange: Exchange, extraDepth: number) {
    this.exchange = exchange;
    this.extraDepth = extraDepth;
  }

  eve(): Record<string, unknown> {
    return { tx_id: this.exchange.id, http: eveHttp(this.exchange) };
  }

  highlight(): Highlight | undefined {
    const { requestLine, startUs, answeredUs } = this.exchange;
    if (requestLine === undefined || answeredUs === undefined) return undefined;
    return {
      kind: 'answer',
      waitUs: answeredUs - startUs,
      request: () => `${requestLine.method} ${requestLine.uri ?? ''}`,
    };
  }

  zeek(): readonly ZeekRow[] {
    const row = { log: HTTP_LOG, values: zeekValues(this.exchange), timeUs: this.exchange.startUs };
    if (this.extraDepth === 0) return [row];
    const values: ZeekValue[] = new Array<ZeekValue>(HTTP_LOG.columns.length).fill(undefined);
    values[0] = this.extraDepth;
    values[8] = 0;
    values[9] = 0;
    values[14] = [];
    return [row, { log: HTTP_LOG, values }];
  }
}

function zeekValues(exchange: Exchange): readonly ZeekValue[] {
  const line = exchange.requestLine === undefined ? undefined : zeekRequest(exchange.requestLine.raw);
  const request = line === undefined ? undefined : exchange.request;
  const status = exchange.statusLine;
  // Without a version Zeek expects raw content, even where a whole response comes.
  const short = line?.version === '0.9' && exchange.responseStarted;
  const code = status === undefined || short ? undefined : status.firstDigits;
  return [
    exchange.depth,
    line?.method,
    request?.get('host'),
    line === undefined ? undefined : zeekText(unescapeUri(line.uri)),
    request?.get('referer'),
    short ? '0.9' : status === undefined ? undefined : zeekVersion(status.protocol),
    request?.get('user-agent'),
    request?.get('origin'),
    exchange.requestDecoded,
    short
      ? exchange.responseHeadLength + exchange.responseLength
      : status === undefined
        ? 0
        : Math.max(0, exchange.responseDecoded - plainTrailing(exchange)),
    short ? 0 : code,
    short ? '<empty>' : status === undefined ? undefined : (status.reason ?? '<empty>'),
    exchange.interim?.firstDigits,
    exchange.interim === undefined ? undefined : (exchange.interim.reason ?? '<empty>'),
    [],
    username(request),
    undefined,
    proxied(request),
    ids(exchange.requestFiles),
    exchange.requestNames?.slice(0, LOGGED_FILES),
    mimes(exchange.requestFiles),
    status === undefined && !short ? undefined : ids(exchange.responseFiles),
    exchange.responseNames?.slice(0, LOGGED_FILES),
    short && status !== undefined
      ? ['text/plain']
      : status === undefined && !short
        ? undefined
        : responseMimes(exchange),
  ];
}

/** Latin-1 text as Zeek's logs take it: Unicode where the bytes are UTF-8, otherwise one character a byte. */
function zeekText(held: string): string {
  const text = Buffer.from(held, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? held : text;
}

/** Bytes behind an answer are no part of its body to Zeek. */
function plainTrailing(exchange: Exchange): number {
  return exchange.response?.get('content-encoding') === undefined ? exchange.responseTrailing : 0;
}

/** Bytes that Zeek gathers before it tells the type of a file that does not end. */
const ZEEK_SNIFF = 4096;

/** Types of the answer's files as Zeek knows them; part of a file may go on elsewhere and has none until enough came. */
function responseMimes(exchange: Exchange): readonly string[] | undefined {
  if (exchange.statusLine?.firstDigits === 206) {
    const range = contentRange(exchange.response?.get('content-range') ?? '');
    const sized = range?.start !== undefined || exchange.response?.get('content-length') !== undefined;
    const begins = range?.start === undefined || range.start === 0;
    const whole = sized && (range?.size === undefined || range.size <= exchange.responseDecoded);
    if (!begins || !(whole || exchange.responseDecoded >= ZEEK_SNIFF)) return undefined;
  }
  return mimes(exchange.responseFiles);
}

function zeekVersion(protocol: string): string {
  return /^HTTP\/(\d\.\d)/.exec(protocol)?.[1] ?? '0.0';
}

function ids(files: readonly { readonly id: string }[] | undefined): readonly string[] | undefined {
  return files?.slice(0, LOGGED_FILES).map((file) => file.id);
}

function mimes(
  files: readonly { readonly mime: string | undefined }[] | undefined,
): readonly string[] | undefined {
  const known: string[] = [];
  for (const { mime } of files?.slice(0, LOGGED_FILES) ?? []) if (mime !== undefined) known.push(mime);
  return known.length === 0 ? undefined : known;
}

function proxied(request: Fields | undefined): readonly string[] | undefined {
  if (request === undefined) return undefined;
  const found: string[] = [];
  for (const [name, value] of request.known) {
    if (PROXY_FIELDS.has(name)) found.push(`${name.toUpperCase()} -> ${value}`);
  }
  return found.length === 0 ? undefined : found;
}

/** User of Basic authentication (RFC 7617). The password is not kept. */
function username(request: Fields | undefined): string | undefined {
  const value = request?.get('authorization') ?? request?.get('proxy-authorization');
  if (value === undefined || !/^basic\s/i.test(value)) return undefined;
  const plain = Buffer.from(value.slice(6).trim(), 'base64').toString('latin1');
  const colon = plain.indexOf(':');
  return colon < 0 ? `<problem-decoding> (${value})` : fieldString(plain.slice(0, colon));
}
