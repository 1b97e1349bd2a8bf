export { checkPartialHead, findHeadEnd } from './head-end.ts';
export { DEFAULT_LIMITS } from './limits.ts';
export { parseRequestHead } from './request-head.ts';
export { parseResponseHead } from './response-head.ts';
