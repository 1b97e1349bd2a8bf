/** HTTP/2 to clients: streams become requests, which are judged and sent on by HTTP/1.1. */
export { type ForwardHttp2Options, forwardHttp2 } from './forward.ts';
export { type Page, type PageMaker, plainPage } from './page.ts';
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
export type { Http2Upstream } from './upstream-request.ts';
