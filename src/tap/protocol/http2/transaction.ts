import type { Transaction } from '../../../event/index.ts';
import { dnsObject } from '../dns/index.ts';
import { errorName } from './frame.ts';
import type { HeaderField } from './hpack.ts';
import type { Half, Http2Stream } from './stream.ts';

/** One stream, or one frame of the whole connection; with DNS in it where it carried that. */
export class Http2Transaction implements Transaction {
  readonly stream: Http2Stream;

  constructor(stream: Http2Stream) {
    this.stream = stream;
  }

  /** Suricata writes DNS over HTTP/2 as `dns`, with `http` beside it. */
  get type(): string {
    return this.dns === undefined ? 'http' : 'dns';
  }

  eve(): Record<string, unknown> {
    const { dns } = this;
    const http = httpObject(this.stream);
    if (dns === undefined) return { http };
    return { http, dns: dnsObject(dns, 0, this.stream.dnsResponse !== undefined) };
  }

  private get dns() {
    return this.stream.dnsResponse ?? this.stream.dnsRequest;
  }
}

/** The `http` object of a stream as in Suricata 8. */
export function httpObject(stream: Http2Stream): Record<string, unknown> {
  const [request, response] = stream.halves;
  const http: Record<string, unknown> = { version: '2' };
  if (request.headers !== undefined) http.request_headers = request.headers.map(fieldObject);
  if (response.headers !== undefined) http.response_headers = response.headers.map(fieldObject);
  const hostname = stream.host ?? stream.authority;
  if (hostname !== undefined) http.hostname = hostname;
  if (stream.method !== undefined) http.http_method = stream.method;
  if (stream.path !== undefined) http.url = stream.path;
  if (stream.userAgent !== undefined) http.http_user_agent = stream.userAgent;
  if (stream.status !== undefined && /^\d{1,9}$/.test(stream.status)) http.status = Number(stream.status);
  const length = response.length ?? request.length;
  if (length !== undefined) http.length = length;
  http.http2 = { stream_id: stream.id, request: halfObject(request), response: halfObject(response) };
  return http;
}

function fieldObject(field: HeaderField): Record<string, unknown> {
  if ('name' in field) return { name: field.name, value: field.value };
  return 'error' in field ? { error: field.error } : { table_size_update: field.tableSize };
}

function halfObject(half: Half): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  if (half.settings !== undefined) {
    object.settings = half.settings.map(({ name, value }) => ({ settings_id: name, settings_value: value }));
  }
  if (half.errorCode !== undefined) object.error_code = errorName(half.errorCode);
  if (half.priority !== undefined) object.priority = half.priority;
  if (half.multiple !== undefined) object.has_multiple = half.multiple;
  return object;
}
