import type { Argument, Transaction } from '../engine/transaction.ts';
import { collection, type Definition, names, single } from './define.ts';
import { flag } from './request.ts';

function pairs(transaction: Transaction, from?: Argument['from']): readonly (readonly [string, string])[] {
  return transaction.arguments
    .filter((argument) => from === undefined || argument.from === from)
    .map(({ name, value }) => [name, value] as const);
}

function* argumentNames(transaction: Transaction, from?: Argument['from']): Iterable<string> {
  for (const argument of transaction.arguments) {
    if (from === undefined || argument.from === from) yield argument.name;
  }
}

const MULTIPART_FLAGS = [
  'MULTIPART_BOUNDARY_QUOTED',
  'MULTIPART_BOUNDARY_WHITESPACE',
  'MULTIPART_CRLF_LF_LINES',
  'MULTIPART_DATA_AFTER',
  'MULTIPART_DATA_BEFORE',
  'MULTIPART_FILE_LIMIT_EXCEEDED',
  'MULTIPART_HEADER_FOLDING',
  'MULTIPART_INVALID_HEADER_FOLDING',
  'MULTIPART_INVALID_PART',
  'MULTIPART_INVALID_QUOTING',
  'MULTIPART_LF_LINE',
  'MULTIPART_MISSING_SEMICOLON',
  'MULTIPART_STRICT_ERROR',
  'MULTIPART_UNMATCHED_BOUNDARY',
] as const;

/** Arguments, and what was found in the body of the request. */
export const BODY_VARIABLES: readonly Definition[] = [
  collection('ARGS', (transaction) => pairs(transaction)),
  collection('ARGS_GET', (transaction) => pairs(transaction, 'query')),
  collection('ARGS_POST', (transaction) => pairs(transaction, 'body')),
  names('ARGS_NAMES', (transaction) => argumentNames(transaction)),
  names('ARGS_GET_NAMES', (transaction) => argumentNames(transaction, 'query')),
  names('ARGS_POST_NAMES', (transaction) => argumentNames(transaction, 'body')),
  single('ARGS_COMBINED_SIZE', (transaction) =>
    String(transaction.arguments.reduce((sum, { name, value }) => sum + name.length + value.length, 0)),
  ),
  single('URLENCODED_ERROR', ({ badEscapes }) => flag(badEscapes)),
  single('REQUEST_BODY', requestBody),
  single('REQUEST_BODY_LENGTH', ({ body }) => String(body.length)),
  single('FULL_REQUEST', (transaction) => fullRequest(transaction)),
  single('FULL_REQUEST_LENGTH', (transaction) => String(fullRequest(transaction).length)),
  single('REQBODY_PROCESSOR', ({ bodyProcessor }) => bodyProcessor),
  single('REQBODY_ERROR', ({ parts }) => flag(parts.error !== '')),
  single('REQBODY_ERROR_MSG', ({ parts }) => parts.error),
  single('REQBODY_PROCESSOR_ERROR', ({ parts }) => flag(parts.error !== '')),
  single('REQBODY_PROCESSOR_ERROR_MSG', ({ parts }) => parts.error),
  single('INBOUND_DATA_ERROR', ({ bodyTooLong }) => flag(bodyTooLong)),
  collection('FILES', ({ parts }) => parts.files.map(({ field, name }) => [field, name] as const)),
  names('FILES_NAMES', ({ parts }) => parts.files.map(({ field }) => field)),
  collection('FILES_SIZES', ({ parts }) =>
    parts.files.map(({ field, content }) => [field, String(content.length)] as const),
  ),
  collection('FILES_TMP_CONTENT', ({ parts }) =>
    parts.files.map(({ field, content }) => [field, content] as const),
  ),
  single('FILES_COMBINED_SIZE', ({ parts }) =>
    String(parts.files.reduce((sum, { content }) => sum + content.length, 0)),
  ),
  // Files are not written anywhere.
  collection('FILES_TMPNAMES', () => []),
  collection('MULTIPART_PART_HEADERS', ({ parts }) => parts.partHeaders),
  collection('MULTIPART_NAME', ({ parts }) => parts.partNames.map((name) => [name, name] as const)),
  collection('MULTIPART_FILENAME', ({ parts }) => parts.partFileNames.map((name) => [name, name] as const)),
  ...MULTIPART_FLAGS.map((name) => single(name, ({ parts }) => String(parts.flags.get(name) ?? 0))),
  {
    name: 'XML',
    members: (transaction) => {
      const { xml } = transaction.parts;
      if (xml === undefined) return [];
      return [
        ...xml.text.map((text) => transaction.value('XML', '/*', text)),
        ...xml.attributes.map((text) => transaction.value('XML', '//@*', text)),
      ];
    },
  },
];

/**
 * An XML or multipart body is not shown whole as well, unless a rule wants it: as ModSecurity 2 and Coraza do, and as the
 * Core Rule Set expects (ModSecurity 3 shows every body). One in JSON is: names of arrays' elements end with their
 * numbers, so that patterns for the ends of keys match in the text alone.
 */
function requestBody({ body, bodyProcessor, forceBodyVariable }: Transaction): string | undefined {
  if (body === '') return undefined;
  const whole = (bodyProcessor !== 'XML' && bodyProcessor !== 'MULTIPART') || forceBodyVariable;
  return whole ? body : undefined;
}

function fullRequest({ request, body }: Transaction): string {
  const headers = request.headers.map(([name, value]) => `${name}: ${value}\n`).join('');
  return `${headers}\n\n${body}`;
}
