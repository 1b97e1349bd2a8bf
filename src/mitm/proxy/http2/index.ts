/** HTTP/2 to clients: streams become requests, which go the way of those of HTTP/1. */
export { isHttp2Preface } from './preface.ts';
export type { Http2Handler, Http2Request, Http2Response } from './request.ts';
export {
  HTTP2_LIMITS,
  type Http2Connection,
  type Http2Limits,
  type Http2ServerOptions,
  type Http2Statistics,
  http2Statistics,
  serveHttp2,
} from './server.ts';
export { type Http1Server, throughHttp1 } from './through-http1.ts';
