/** The built-in proxy: connections, forwarding, servers. */
export type { ProxyStatistics, Refusal, UpstreamFault } from './counters.ts';
export { fileLimitProblem } from './file-limit.ts';
export type { ForwardedMode, ForwardingOptions } from './forwarding.ts';
export type { Destination, OriginalDestination, ProxyAnswers, ProxyFailure, Takeover } from './hooks.ts';
export { DEFAULT_LIMITS, type ProxyLimits } from './limits.ts';
export type { ForwardOptions, ListenerOptions, ProxyOptions, UpstreamTlsOptions } from './options.ts';
export { type Origin, parseOrigin } from './origin.ts';
export type {
  BodyRewrite,
  LocalAnswer,
  RequestRewrite,
  ResponseRewrite,
  RewriteContext,
  Rewriter,
} from './rewriting.ts';
export { type RouteOptions, Routes } from './routes.ts';
export { HttpProxy } from './server.ts';
