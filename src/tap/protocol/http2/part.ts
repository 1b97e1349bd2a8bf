import { contentRange } from '../http1/index.ts';
import type { BodyStart } from './body.ts';
import type { Half, Http2Stream } from './stream.ts';

/** Which part of a larger object the content of a half is, by its Content-Range (RFC 9110 section 14.4). */
export function partOf(stream: Http2Stream, half: Half): BodyStart['part'] {
  let range: ReturnType<typeof contentRange>;
  for (const field of half.headers ?? []) {
    if ('name' in field && field.name === 'content-range') range = contentRange(field.value);
  }
  if (range?.start === undefined || range.end === undefined || range.size === undefined) return undefined;
  const host = (stream.host ?? stream.authority ?? '').toLowerCase().replace(/:\d*$/, '');
  return { start: range.start, end: range.end, object: `${host} ${stream.path ?? ''}`, size: range.size };
}
