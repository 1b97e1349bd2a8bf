import Type from 'typebox';
import { envelope } from './envelope.ts';
import { count, list, OWN, object, text, word } from './field.ts';
import { record } from './record.ts';
import { webEnvelope, webObject } from './web.ts';

const headerField = Type.Union(
  [
    object(
      { name: text('Name of the field, as it came.'), value: text('Value of the field, as it came.') },
      'A header field.',
    ),
    object(
      { table_size_update: count('New size of the header table in bytes.') },
      'HTTP/2: a change of the table.',
    ),
    object(
      { error: text("What is wrong with it, in Suricata's names.") },
      'HTTP/2: a field that cannot be decoded.',
    ),
  ],
  { description: 'A header field; with HTTP/2 also a change of the table or what could not be decoded.' },
);

const frameFields = {
  settings: Type.Optional(
    list(
      object(
        { settings_id: text('Name of the setting.'), settings_value: count('Its value.') },
        'A setting.',
      ),
      'Settings of a SETTINGS frame.',
    ),
  ),
  error_code: Type.Optional(text('Error of RST_STREAM or GOAWAY, by name; a number where it has none.')),
  priority: Type.Optional(count('Weight of the stream as sent: 0 stands for 1.', { maximum: 255 })),
  has_multiple: Type.Optional(
    word(['error_code', 'priority'], 'Which of them came more than once; the first is shown.'),
  ),
};

const contentRange = object(
  {
    raw: text('The field as it came.'),
    start: Type.Optional(count('First byte; when it can be read.')),
    end: Type.Optional(count('Last byte; when it can be read.')),
    size: Type.Optional(count('Size of the whole in bytes; when it is known.')),
  },
  'Content-Range of the response; when it has one.',
);

/** The `http` object, also beside `fileinfo` and beside `dns` over HTTP/2. */
export const httpObject = object(
  {
    hostname: Type.Optional(
      text("Host asked for: of the request's target, else of its Host field or `:authority`."),
    ),
    http_port: Type.Optional(count('Port in the host; when it has one.')),
    url: Type.Optional(
      text(
        'Target of the request as it came; `/libhtp::request_uri_not_seen` where only the response was seen.',
      ),
    ),
    http_user_agent: Type.Optional(text('User-Agent of the request.')),
    xff: Type.Optional(text('X-Forwarded-For of the request.')),
    http_content_type: Type.Optional(text('Content-Type of the response without its parameters.')),
    content_range: Type.Optional(contentRange),
    http_refer: Type.Optional(text('Referer of the request.')),
    http_method: Type.Optional(text('Method of the request.')),
    protocol: Type.Optional(text('Version in the request line (`HTTP/1.1`).')),
    status: Type.Optional(count('Status of the response.')),
    status_string: Type.Optional(text('Status of the response where it is not a number.')),
    redirect: Type.Optional(text('Location of the response.')),
    length: Type.Optional(
      count(
        "Bytes of the response's body as transferred; with HTTP/2, the Content-Length of the response or else of the request.",
      ),
    ),
    request_headers: Type.Optional(
      list(
        headerField,
        'Header fields of the request in their order; names and values are cut at 255 and 2047 characters.',
        {
          minItems: 0,
        },
      ),
    ),
    response_headers: Type.Optional(
      list(headerField, 'Header fields of the response, likewise.', { minItems: 0 }),
    ),
    version: Type.Optional(Type.Literal('2', { description: 'Present for HTTP/2.' })),
    http2: Type.Optional(
      object(
        {
          stream_id: count('Number of the stream; 0 for frames of the connection.'),
          request: object(frameFields, 'Frames of the client.'),
          response: object(frameFields, 'Frames of the server.'),
        },
        'What only HTTP/2 has; present for it.',
      ),
    ),
  },
  'A request with its response, or a stream of HTTP/2.',
);

/** A request with its response. */
export const http = record(
  'http',
  'One request with its response (HTTP/1); one stream, or frames of the connection (HTTP/2 in clear).',
  { ...envelope('http'), http: httpObject },
);

/** The same as the active stream tells it. */
export const webHttp = record(
  'web_http',
  'One request with its answer as the active stream tells it, under `event_type` `http`; the passive stream may tell of the same request, where it can read it.',
  { ...webEnvelope('http'), http: httpObject, web: webObject },
  OWN,
);
