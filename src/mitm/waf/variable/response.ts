import { headerOf } from '../engine/transaction.ts';
import { collection, type Definition, names, single } from './define.ts';
import { flag } from './request.ts';

/** Variables of the answer. */
export const RESPONSE_VARIABLES: readonly Definition[] = [
  single('RESPONSE_STATUS', ({ response }) => response && String(response.status)),
  single('RESPONSE_PROTOCOL', ({ response }) => response?.protocol),
  single('STATUS_LINE', ({ response }) => response && `${response.protocol} ${response.status}`),
  collection('RESPONSE_HEADERS', ({ response }) => response?.headers ?? []),
  names('RESPONSE_HEADERS_NAMES', ({ response }) => response?.headers.map(([name]) => name) ?? []),
  single('RESPONSE_CONTENT_TYPE', ({ response }) =>
    response === undefined ? undefined : (headerOf(response.headers, 'content-type').split(';')[0] ?? ''),
  ),
  single('RESPONSE_CONTENT_LENGTH', ({ response, responseBody }) =>
    response === undefined ? undefined : String(responseBody.length),
  ),
  single('RESPONSE_BODY', ({ response, responseBody }) =>
    response === undefined ? undefined : responseBody,
  ),
  single('OUTBOUND_DATA_ERROR', ({ responseBodyTooLong }) => flag(responseBodyTooLong)),
];
