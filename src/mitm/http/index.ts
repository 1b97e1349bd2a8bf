/** HTTP/1.1 as the built-in proxy reads and writes it: strictly (RFC 9112), so that nobody reads it in another way. */
export { authorityFault, originForm } from './authority.ts';
export { BodyReader, type OnData } from './body.ts';
export { isFieldValue, isTarget, isToken } from './character.ts';
export {
  checkPartialHead,
  DEFAULT_LIMITS,
  findHeadEnd,
  parseRequestHead,
  parseResponseHead,
} from './head.ts';
export { withoutHopByHop } from './hop-by-hop.ts';
export { checkHttp2Request } from './http2-fields.ts';
export {
  type Field,
  type Framing,
  type HeadLimits,
  HttpError,
  type RequestHead,
  type ResponseHead,
} from './message.ts';
export {
  chunkHead,
  LAST_CHUNK,
  lastChunk,
  reasonPhrase,
  writeRequestHead,
  writeResponseHead,
} from './write.ts';
